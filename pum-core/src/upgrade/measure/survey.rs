//! The tables before and after a run.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::footprint::Subject;
use super::survey_queries::{Column, FOREIGN_KEYS, TABLES, column_names, columns, count, sizes};
use super::values::{self, Identifiers, Target};
use super::{DroppedColumn, NewTable, TableChange};
use crate::connect::{SessionOn, quote_ident, rows};
use crate::upgrade::TableName;

/// The tables that were used.
#[derive(Default)]
pub(super) struct Touched {
    pub(super) all: BTreeSet<u32>,
    /// Those whose columns may have other values now.
    pub(super) written: BTreeSet<u32>,
    /// Those that may have more or fewer rows now.
    pub(super) resized: BTreeSet<u32>,
}

/// The tables and indexes that are there before a run.
pub(super) struct DataSurvey {
    pub(super) tables: BTreeMap<u32, Table>,
    /// The table of each index.
    pub(super) indexes: BTreeMap<u32, u32>,
    /// The tables by their own name.
    by_name: HashMap<String, Vec<u32>>,
    /// The tables of pum, which may be there or not.
    own: [TableName; 3],
}

/// A table before a run.
pub(super) struct Table {
    /// Both names for SQL.
    pub(super) name: String,
    pub(super) schema: String,
    pub(super) own_name: String,
    /// As in `pg_class.relkind`.
    kind: char,
    pub(super) rows: Option<u64>,
    /// Its size with its indexes, where it was read.
    bytes: Option<u64>,
    /// The same as `VACUUM` and `ANALYZE` saw it last.
    estimated_bytes: u64,
    /// Its indexes.
    index_names: Vec<String>,
    /// The tables at the other end of its foreign keys, with the columns of these keys there.
    related: Vec<(u32, Vec<String>)>,
    /// Its place on disk; a new one means that it was rewritten.
    pub(super) file: u32,
    /// Its columns by number.
    pub(super) columns: BTreeMap<i32, Column>,
    /// The columns of its primary key.
    pub(super) key: Vec<String>,
    /// It holds rows of its own, of which no policy hides one.
    pub(super) is_readable: bool,
}

/// Of so many tables the sizes are read whatever a run may do.
const FEW_TABLES: usize = 500;

/// Tables that `ANALYZE` reads whole with the default settings: it counts their rows.
const READ_WHOLE: u64 = 30_000;

impl DataSurvey {
    /// Looks at all tables but those of pum. `analyzed`: nothing has changed since an `ANALYZE`, and
    /// so what it counted is right. The values are read of what scripts with these words may drop.
    pub(super) fn read(
        session: &mut SessionOn<'_>,
        own: &TableName,
        analyzed: bool,
        words: &Identifiers,
    ) -> Result<Self, postgres::Error> {
        let own = own.all();
        let (mut tables, mut indexes) = (BTreeMap::<u32, Table>::new(), BTreeMap::new());
        let mut found_indexes = Vec::new();
        let answer = session.client().simple_query(TABLES)?;
        for row in rows(&answer) {
            let text = |at: usize| row.get(at).unwrap_or_default();
            let number = |at: usize| text(at).parse::<u64>().ok();
            let Ok(oid) = text(0).parse() else { continue };
            let estimated_bytes = number(8).unwrap_or_default();
            if let Ok(table) = text(7).parse() {
                indexes.insert(oid, table);
                found_indexes.push((table, text(2).to_owned(), estimated_bytes));
                continue;
            }
            if is_one_of(&own, text(1), text(2)) {
                continue;
            }
            let kind = text(3).chars().next().unwrap_or('r');
            let is_right = analyzed && number(6).is_some_and(|pages| pages < READ_WHOLE);
            let table = Table {
                name: text(4).to_owned(),
                schema: text(1).to_owned(),
                own_name: text(2).to_owned(),
                kind,
                rows: number(5).filter(|_| is_counted(kind) && is_right),
                bytes: None,
                estimated_bytes,
                index_names: Vec::new(),
                related: Vec::new(),
                file: text(9).parse().unwrap_or_default(),
                columns: BTreeMap::new(),
                key: Vec::new(),
                is_readable: kind == 'r' && text(10) == "f",
            };
            tables.insert(oid, table);
        }
        let mut by_name: HashMap<String, Vec<u32>> = HashMap::new();
        for (oid, table) in &tables {
            by_name.entry(table.own_name.clone()).or_default().push(*oid);
        }
        let mut survey = Self { tables, indexes, by_name, own };
        for (table, name, estimated_bytes) in found_indexes {
            if let Some(table) = survey.tables.get_mut(&table) {
                table.index_names.push(name);
                table.estimated_bytes += estimated_bytes;
            }
        }
        survey.read_sizes(session, words)?;
        for ((oid, number), column) in columns(session)? {
            if let Some(table) = survey.tables.get_mut(&oid) {
                table.key.extend(column.in_key.then(|| column.name.clone()));
                table.columns.insert(number, column);
            }
        }
        survey.read_foreign_keys(session)?;
        let uncounted = survey.tables.iter().filter(|(_, table)| table.rows.is_none());
        let uncounted = uncounted.filter(|(_, table)| is_counted(table.kind));
        let names: Vec<_> = uncounted.map(|(oid, table)| (*oid, table.name.clone())).collect();
        for (oid, rows) in count(session, &names)? {
            survey.tables.entry(oid).and_modify(|table| table.rows = Some(rows));
        }
        for table in survey.tables.values_mut() {
            table.read_values(session, words)?;
        }
        Ok(survey)
    }

    /// Reads how large the tables are: of many, those that a script names. The server opens a table
    /// and its indexes for that, which it then remembers in this session.
    fn read_sizes(
        &mut self,
        session: &mut SessionOn<'_>,
        words: &Identifiers,
    ) -> Result<(), postgres::Error> {
        let are_few = self.tables.len() <= FEW_TABLES;
        let wanted = |table: &Table| are_few || words.has(&table.own_name);
        let tables: Vec<u32> =
            self.tables.iter().filter(|(_, table)| wanted(table)).map(|(oid, _)| *oid).collect();
        for (oid, bytes) in sizes(session, &tables)? {
            self.tables.entry(oid).and_modify(|table| table.bytes = Some(bytes));
        }
        Ok(())
    }

    fn read_foreign_keys(&mut self, session: &mut SessionOn<'_>) -> Result<(), postgres::Error> {
        let answer = session.client().simple_query(FOREIGN_KEYS)?;
        for row in rows(&answer) {
            let oid = |at: usize| row.get(at).and_then(|text| text.parse::<u32>().ok());
            let (Some(table), Some(other), Some(number)) = (oid(0), oid(1), row.get(2)) else {
                continue;
            };
            let Ok(number) = number.parse::<i32>() else { continue };
            let column = self.tables.get(&other).and_then(|other| other.columns.get(&number));
            let Some(column) = column.map(|column| column.name.clone()) else { continue };
            let Some(table) = self.tables.get_mut(&table) else { continue };
            match table.related.iter_mut().find(|(known, _)| *known == other) {
                Some((_, columns)) => columns.push(column),
                None => table.related.push((other, vec![column])),
            }
        }
        Ok(())
    }

    /// The tables with this name, in any schema.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = u32> {
        self.by_name.get(name).into_iter().flatten().copied()
    }

    /// How statements can name a table or touch it.
    pub(super) fn subject(&self, table: u32) -> Subject<'_> {
        let Some(table) = self.tables.get(&table) else { return Subject::default() };
        let names = table.index_names.iter().chain([&table.own_name]).map(|name| &**name);
        let related = table
            .related
            .iter()
            .filter_map(|(oid, columns)| Some((&*self.tables.get(oid)?.own_name, &**columns)));
        Subject { names: names.collect(), related: related.collect() }
    }

    /// What is made later has a higher one, unless the server's counter wrapped around; no report is about
    /// what was not there before.
    pub(super) fn last_oid(&self) -> u32 {
        let [table, index] = [self.tables.keys().last(), self.indexes.keys().last()];
        table.max(index).copied().unwrap_or_default()
    }

    /// What became of the tables that were used, and which are new. Into those that were written
    /// values may have been moved.
    pub(super) fn changes(
        &self,
        session: &mut SessionOn<'_>,
        touched: &Touched,
    ) -> Result<(Vec<TableChange>, Vec<NewTable>), postgres::Error> {
        let now = Now::read(session)?;
        // A column that is as it was has no values of another one, even if they look alike.
        let may_have = |oid: u32, number: i32| match self.tables.get(&oid) {
            Some(table) => touched.written.contains(&oid) || !table.columns.contains_key(&number),
            None => true,
        };
        let mut search = Search { is_target: &may_have, targets: None };
        let used = touched.all.iter().filter_map(|oid| Some((*oid, self.tables.get(oid)?)));
        let used: Vec<_> =
            used.map(|(oid, table)| (oid, table, now.relation_of(oid, table))).collect();
        let is_as_before = |oid: u32, found: Option<(u32, &Relation)>| {
            !touched.resized.contains(&oid) && found.is_some_and(|(now, _)| now == oid)
        };
        let to_count = used.iter().filter(|(oid, table, found)| {
            is_counted(table.kind) && !(table.rows.is_some() && is_as_before(*oid, *found))
        });
        let names: Vec<_> = to_count
            .filter_map(|(_, _, found)| found.map(|(now, there)| (now, there.name.clone())))
            .collect();
        let counted = count(session, &names)?;
        let there: Vec<u32> =
            used.iter().filter_map(|(_, _, found)| found.map(|(now, _)| now)).collect();
        let sizes = sizes(session, &there)?;
        let mut changes = Vec::new();
        for (oid, table, found) in used {
            let rows_after = match found {
                Some((now, _)) if is_counted(table.kind) => match counted.get(&now) {
                    Some(rows) => Some(*rows),
                    None => table.rows.filter(|_| is_as_before(oid, found)),
                },
                _ => None,
            };
            let bytes_after =
                found.and_then(|(now, _)| sizes.get(&now)).copied().unwrap_or_default();
            let unread = if is_as_before(oid, found) { bytes_after } else { table.estimated_bytes };
            changes.push(TableChange {
                table: table.name.clone(),
                rows_before: table.rows,
                rows_after,
                bytes_before: table.bytes.unwrap_or(unread),
                bytes_after,
                dropped: found.is_none(),
                derived: table.kind == 'm',
                dropped_columns: table.dropped_columns(oid, found, session, &mut search)?,
            });
        }
        changes.sort_by(|a, b| a.table.cmp(&b.table));
        Ok((changes, self.new_tables(session, &now)?))
    }

    /// The tables that were not there before, under any identity.
    fn new_tables(
        &self,
        session: &mut SessionOn<'_>,
        now: &Now,
    ) -> Result<Vec<NewTable>, postgres::Error> {
        let known: HashSet<&str> = self.tables.values().map(|table| &*table.name).collect();
        let is_new = |(oid, there): &(&u32, &Relation)| {
            !self.tables.contains_key(oid)
                && !known.contains(&*there.name)
                && !is_one_of(&self.own, &there.schema, &there.own_name)
        };
        let new: Vec<_> = now.relations.iter().filter(is_new).collect();
        let oids: Vec<u32> = new.iter().map(|(oid, _)| **oid).collect();
        let sizes = sizes(session, &oids)?;
        let mut tables: Vec<NewTable> = new
            .into_iter()
            .map(|(oid, there)| {
                let bytes = sizes.get(oid).copied().unwrap_or_default();
                NewTable { table: there.name.clone(), bytes }
            })
            .collect();
        tables.sort_by(|a, b| a.table.cmp(&b.table));
        Ok(tables)
    }
}

/// Whether a table is one of those of pum.
fn is_one_of(own: &[TableName], schema: &str, name: &str) -> bool {
    own.iter().any(|own| own.schema() == schema && own.name() == name)
}

/// Where values that are gone may be.
struct Search<'a> {
    is_target: &'a dyn Fn(u32, i32) -> bool,
    /// Read when they are needed.
    targets: Option<Vec<Target>>,
}

impl Search<'_> {
    fn targets(&mut self, session: &mut SessionOn<'_>) -> Result<&[Target], postgres::Error> {
        if self.targets.is_none() {
            self.targets = Some(values::targets(session, self.is_target)?);
        }
        Ok(self.targets.as_deref().unwrap_or_default())
    }
}

impl Table {
    /// Reads the values of the columns that a run may drop.
    fn read_values(
        &mut self,
        session: &mut SessionOn<'_>,
        words: &Identifiers,
    ) -> Result<(), postgres::Error> {
        if !self.is_readable || self.rows == Some(0) {
            return Ok(());
        }
        let (schema, name) = (&self.schema, &self.own_name);
        let at_risk =
            |column: &&mut Column| !column.generated && words.may_drop(schema, name, &column.name);
        let columns: Vec<&mut Column> = self.columns.values_mut().filter(at_risk).collect();
        let names: Vec<&str> = columns.iter().map(|column| &*column.name).collect();
        let relation = format!("ONLY {}", self.name);
        if let Some(found) = values::values(session, &relation, &names, &self.key)? {
            for (column, values) in columns.into_iter().zip(found) {
                column.values = Some(values);
            }
        }
        Ok(())
    }

    /// Its columns that are gone; of a table that was re-created, those that lost their values.
    fn dropped_columns(
        &self,
        oid: u32,
        found: Option<(u32, &Relation)>,
        session: &mut SessionOn<'_>,
        search: &mut Search<'_>,
    ) -> Result<Vec<DroppedColumn>, postgres::Error> {
        let itself = found.filter(|(now, _)| *now == oid).map(|(_, there)| there);
        let mut dropped_columns = Vec::new();
        for (number, column) in &self.columns {
            if itself.is_some_and(|itself| itself.columns.contains_key(number)) {
                continue;
            }
            let mut dropped = column.dropped(self);
            if dropped.is_lost()
                && let Some(lost) = &column.values
            {
                let from = itself.map(|itself| (oid, &*itself.name));
                let targets = search.targets(session)?;
                dropped.moved_to = values::found_in(session, lost, &self.key, from, targets)?;
            }
            // Made again under its name, and nothing of it is lost?
            let again = found.map(|(_, there)| there).filter(|there| there.has(&column.name));
            let is_back = again.is_some_and(|there| {
                let own = format!("{}.{}", there.name, quote_ident(&column.name));
                !dropped.may_hold_data() || dropped.moved_to == Some(own)
            });
            if !is_back {
                dropped_columns.push(dropped);
            }
        }
        Ok(dropped_columns)
    }

    /// Whether the values of a column are the only ones: those of a generated column or a
    /// materialized view are computed from others, and a partitioned or a foreign table has none.
    fn is_data(&self, column: &Column) -> bool {
        self.kind == 'r' && !column.generated
    }
}

/// Whether the rows of a relation of this kind are counted.
fn is_counted(kind: char) -> bool {
    matches!(kind, 'r' | 'm')
}

impl Column {
    fn dropped(&self, table: &Table) -> DroppedColumn {
        let stores_nothing = matches!(table.kind, 'p' | 'f');
        let held_data = match (table.rows, &self.values, self.null_fraction) {
            _ if stores_nothing => Some(false),
            (Some(0), _, _) => Some(false),
            (_, Some(values), _) => Some(values.count > 0),
            (_, None, Some(nulls)) => Some(nulls < 1.0),
            (_, None, None) => None,
        };
        let derived = !stores_nothing && !table.is_data(self);
        DroppedColumn { name: self.name.clone(), held_data, derived, moved_to: None }
    }
}

/// The relations after a run.
struct Now {
    relations: BTreeMap<u32, Relation>,
    by_name: HashMap<String, u32>,
}

struct Relation {
    /// Both names for SQL.
    name: String,
    schema: String,
    own_name: String,
    kind: char,
    /// The names of its columns by number.
    columns: BTreeMap<i32, String>,
}

impl Relation {
    fn has(&self, column: &str) -> bool {
        self.columns.values().any(|there| there == column)
    }
}

impl Now {
    fn read(session: &mut SessionOn<'_>) -> Result<Self, postgres::Error> {
        let answer = session.client().simple_query(
            "SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind, n.nspname, \
             c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'm', 'f') \
             AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'",
        )?;
        let relation = |row: &postgres::SimpleQueryRow| {
            let kind = row.get(2)?.chars().next()?;
            let [name, schema, own_name] =
                [row.get(1)?, row.get(3)?, row.get(4)?].map(str::to_owned);
            let relation = Relation { name, schema, own_name, kind, columns: BTreeMap::new() };
            Some((row.get(0)?.parse().ok()?, relation))
        };
        let mut relations: BTreeMap<u32, Relation> = rows(&answer).filter_map(relation).collect();
        for ((oid, number), name) in column_names(session)? {
            if let Some(relation) = relations.get_mut(&oid) {
                relation.columns.insert(number, name);
            }
        }
        let by_name = relations.iter().map(|(oid, there)| (there.name.clone(), *oid)).collect();
        Ok(Self { relations, by_name })
    }

    /// What is left of a table: itself, or one that was made in its place.
    fn relation_of(&self, oid: u32, table: &Table) -> Option<(u32, &Relation)> {
        if let Some(itself) = self.relations.get(&oid) {
            return Some((oid, itself));
        }
        let oid = *self.by_name.get(&table.name)?;
        let again = self.relations.get(&oid)?;
        // A table may have become a partitioned one.
        let is_alike = again.kind == table.kind || matches!((table.kind, again.kind), ('r', 'p'));
        is_alike.then_some((oid, again))
    }
}
