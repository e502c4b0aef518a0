//! What reports show of two sides besides their differences.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::side::Side;
use crate::connect::{ServerVersion, rows};
use crate::ddl::{self, NO_COLUMNS, NO_CONVERSIONS, Schemas};
use crate::diff::{Change, Difference, Filters};
use crate::model::{Constraint, ConstraintType, Identity, Kind, Model, Object, name_parts};
use crate::sql::quote_literal;

/// What reports show of two sides besides their differences.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overview {
    /// The version of the server of the left side.
    pub left_version: ServerVersion,
    /// That of the right side.
    pub right_version: ServerVersion,
    /// The tables of both sides, by schema and name. Where schemas of other names are compared, those of
    /// the right side have the names of the left one.
    pub tables: Vec<OverviewTable>,
    /// The foreign keys between them.
    pub foreign_keys: Vec<OverviewKey>,
    /// The objects that only one side has, as they are there.
    pub one_sided: BTreeMap<Identity, OneSided>,
}

/// On which side something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// On both.
    Both,
    /// On the left one only.
    Left,
    /// On the right one only.
    Right,
}

/// A table of one side, or of both.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OverviewTable {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// How many columns it has; on the right side, if it is on both.
    pub columns: usize,
    /// Where it is.
    pub presence: Presence,
}

/// A foreign key from one table to another one, each by its place in [`Overview::tables`]. Several
/// between the same tables are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct OverviewKey {
    /// The table that refers.
    pub from: usize,
    /// The table that it refers to.
    pub to: usize,
    /// Where it is.
    pub presence: Presence,
}

/// An object that only one side has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OneSided {
    /// The statements that create it, with all that belongs to it; nothing of what cannot be written
    /// as statements.
    pub definition: String,
    /// About how many rows a table has, by the server's statistics; unknown where there are none.
    pub rows: Option<u64>,
    /// How large a table is with its indexes, in bytes; unknown of a snapshot.
    pub bytes: Option<u64>,
}

/// A longer definition is cut.
const LONGEST: usize = 60_000;

impl Overview {
    /// Of two schemas of one server, neither of which need be there any more: nothing is known of the
    /// sizes of tables.
    pub(crate) fn of_models(
        differences: &[Difference],
        left: &Model,
        right: &Model,
        version: ServerVersion,
        filters: &Filters,
    ) -> Self {
        let mut found = Self::of_tables(left, right, [version, version], filters);
        for (model, change) in [(left, Change::OnlyLeft), (right, Change::OnlyRight)] {
            for one in differences.iter().filter(|one| one.change == change) {
                let definition = definition(&one.identity, model, version.major(), filters);
                let only = OneSided { definition, ..OneSided::default() };
                found.one_sided.insert(one.identity.clone(), only);
            }
        }
        found
    }

    /// Adds what other schemas show.
    pub(super) fn add(&mut self, other: Self) {
        let first = self.tables.len();
        self.tables.extend(other.tables);
        self.foreign_keys.extend(other.foreign_keys.into_iter().map(|key| OverviewKey {
            from: key.from + first,
            to: key.to + first,
            ..key
        }));
        self.one_sided.extend(other.one_sided);
    }

    fn of_tables(
        left: &Model,
        right: &Model,
        [left_version, right_version]: [ServerVersion; 2],
        filters: &Filters,
    ) -> Self {
        let tables = tables(left, right, filters);
        let foreign_keys = foreign_keys(&tables, left, right);
        Self { left_version, right_version, tables, foreign_keys, one_sided: BTreeMap::new() }
    }
}

pub(super) fn overview(
    differences: &[Difference],
    (left, left_model): (&mut Side<'_, '_>, &Model),
    (right, right_model, is_renamed): (&mut Side<'_, '_>, &Model, bool),
    filters: &Filters,
) -> Overview {
    let versions = [left.version(), right.version()];
    let mut found = Overview::of_tables(left_model, right_model, versions, filters);
    let only = |change: Change| -> Vec<&Identity> {
        let those = differences.iter().filter(|one| one.change == change);
        those.map(|one| &one.identity).collect()
    };
    let left_only = only(Change::OnlyLeft);
    let sizes_left = sizes(left, &left_only);
    let right_only = only(Change::OnlyRight);
    // Rows and sizes are asked for by name: what has another name there is not asked for.
    let sizes_right = if is_renamed { HashMap::new() } else { sizes(right, &right_only) };
    found.one_sided.extend(one_sided(&left_only, &sizes_left, (left, left_model), filters));
    found.one_sided.extend(one_sided(&right_only, &sizes_right, (right, right_model), filters));
    found
}

fn one_sided(
    only: &[&Identity],
    sizes: &HashMap<&Identity, RowsAndBytes>,
    (side, model): (&Side<'_, '_>, &Model),
    filters: &Filters,
) -> Vec<(Identity, OneSided)> {
    let major = side.major();
    let told = |identity: &&Identity| {
        let definition = definition(identity, model, major, filters);
        let (rows, bytes) = sizes.get(*identity).copied().unwrap_or_default();
        ((*identity).clone(), OneSided { definition, rows, bytes })
    };
    only.iter().map(told).collect()
}

fn tables(left: &Model, right: &Model, filters: &Filters) -> Vec<OverviewTable> {
    let mut found: BTreeMap<(&str, &str), OverviewTable> = BTreeMap::new();
    for (model, only) in [(left, Presence::Left), (right, Presence::Right)] {
        for object in model.objects() {
            let identity = &object.identity;
            if identity.kind != Kind::Table || filters.hides_object(identity) {
                continue;
            }
            let columns = model.parts(Kind::Column, identity).len();
            let key = (&*identity.schema, &*identity.name);
            let table = found.entry(key).or_insert_with(|| OverviewTable {
                schema: identity.schema.clone(),
                name: identity.name.clone(),
                columns,
                presence: only,
            });
            table.columns = columns;
            if table.presence != only {
                table.presence = Presence::Both;
            }
        }
    }
    found.into_values().collect()
}

fn foreign_keys(tables: &[OverviewTable], left: &Model, right: &Model) -> Vec<OverviewKey> {
    let places: HashMap<(&str, &str), usize> =
        tables.iter().enumerate().map(|(at, table)| ((&*table.schema, &*table.name), at)).collect();
    let of = |model: &Model| -> BTreeSet<(usize, usize)> {
        let keys = model.all_of::<Constraint>();
        let keys = keys.filter(|(_, key)| key.constraint_type == ConstraintType::ForeignKey);
        keys.filter_map(|(identity, key)| {
            let from = places.get(&(&*identity.schema, identity.parent.as_deref()?))?;
            let (schema, name) = referenced(&key.definition.0)?;
            Some((*from, *places.get(&(&*schema, &*name))?))
        })
        .collect()
    };
    let (left, right) = (of(left), of(right));
    let presence = |key: &(usize, usize)| match (left.contains(key), right.contains(key)) {
        (true, false) => Presence::Left,
        (false, true) => Presence::Right,
        _ => Presence::Both,
    };
    let all: BTreeSet<&(usize, usize)> = left.union(&right).collect();
    all.into_iter()
        .map(|key| OverviewKey { from: key.0, to: key.1, presence: presence(key) })
        .collect()
}

/// The table that a foreign key refers to. The server prints it with its schema.
fn referenced(definition: &str) -> Option<(String, String)> {
    let (_, rest) = definition.split_once(") REFERENCES ")?;
    // The name ends where the columns begin, but for a parenthesis in quotes.
    let mut ends = rest.match_indices('(').map(|(at, _)| at);
    let parts = ends.find_map(|at| name_parts(&rest[..at]))?;
    let [schema, name] = <[String; 2]>::try_from(parts).ok()?;
    Some((schema, name))
}

/// The statements that create an object with what belongs to it. What has none is a comment.
fn definition(identity: &Identity, model: &Model, major: u32, filters: &Filters) -> String {
    let nothing = Model::default();
    let schemas = Schemas {
        current: &nothing,
        wanted: model,
        // The owner is told.
        role: "",
        major,
        late_defaults: &NO_COLUMNS,
        recreated: &NO_COLUMNS,
        conversions: &NO_CONVERSIONS,
    };
    let Some(whole) = model.get(identity) else { return String::new() };
    let parts =
        parts(identity, model).into_iter().filter(|one| !filters.hides_object(&one.identity));
    let mut text = String::new();
    for object in std::iter::once(whole).chain(parts) {
        let statements = ddl::create(object, &schemas).and_then(|mut statements| {
            statements.extend(ddl::finish(object, &schemas)?);
            Ok(statements)
        });
        match statements {
            Ok(statements) => statements.iter().for_each(|one| text += &format!("{one}\n")),
            Err(reason) if object.identity == *identity => {
                text += &format!("-- {identity}: {reason}\n");
            }
            // It is created with the object.
            Err(_) => {}
        }
        if text.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.truncate(end);
            text += "\n-- ... and more\n";
            break;
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// What is created with an object and has statements of its own, in the order of kinds.
fn parts<'m>(identity: &Identity, model: &'m Model) -> Vec<&'m Object> {
    const OF_TABLES: [Kind; 5] =
        [Kind::Constraint, Kind::Index, Kind::Trigger, Kind::Rule, Kind::Policy];
    match identity.kind {
        Kind::Table | Kind::View | Kind::Domain => {
            OF_TABLES.iter().flat_map(|kind| model.parts(*kind, identity)).collect()
        }
        Kind::Schema => {
            let is_in_it = |one: &&Object| {
                one.identity.schema == identity.name && one.identity.kind != Kind::Column
            };
            model.objects().iter().filter(is_in_it).collect()
        }
        _ => Vec::new(),
    }
}

type RowsAndBytes = (Option<u64>, Option<u64>);

/// How large the tables are, where a server tells it at once: nothing waits for a lock here.
fn sizes<'i>(
    side: &mut Side<'_, '_>,
    only: &[&'i Identity],
) -> HashMap<&'i Identity, RowsAndBytes> {
    let Side::Live(session) = side else { return HashMap::new() };
    let has_rows = |one: &&&Identity| matches!(one.kind, Kind::Table | Kind::View);
    let tables: Vec<&Identity> = only.iter().filter(has_rows).copied().collect();
    if tables.is_empty() {
        return HashMap::new();
    }
    let names = tables.iter().enumerate().map(|(at, one)| {
        format!("({at}, {}, {})", quote_literal(&one.schema), quote_literal(&one.name))
    });
    let sql = format!(
        "BEGIN READ ONLY; SET LOCAL lock_timeout = '200ms'; \
         SELECT t.number, \
           CASE WHEN c.reltuples > 0 OR c.relpages > 0 THEN c.reltuples::pg_catalog.int8 END, \
           pg_catalog.pg_total_relation_size(c.oid) \
         FROM (VALUES {}) t (number, schema, name) \
         JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) t.schema::pg_catalog.name \
         JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid \
           AND c.relname OPERATOR(pg_catalog.=) t.name::pg_catalog.name \
         WHERE c.relkind IN ('r', 'm'); COMMIT",
        names.collect::<Vec<_>>().join(", ")
    );
    let Ok(answer) = session.client().simple_query(&sql) else {
        let _ = session.client().batch_execute("ROLLBACK");
        return HashMap::new();
    };
    let figures = |row: &postgres::SimpleQueryRow| {
        let number = |at: usize| row.get(at)?.parse::<u64>().ok();
        let table = *tables.get(usize::try_from(number(0)?).ok()?)?;
        let bytes = number(2);
        Some((table, (number(1).or_else(|| bytes.filter(|it| *it == 0)), bytes)))
    };
    rows(&answer).filter_map(figures).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_referenced_table_is_read_whatever_its_name() {
        let table = |schema: &str, name: &str| Some((schema.to_owned(), name.to_owned()));
        assert_eq!(referenced("FOREIGN KEY (a) REFERENCES app.t(id)"), table("app", "t"));
        assert_eq!(
            referenced(
                "FOREIGN KEY (a, b) REFERENCES \"A b\".\"c(d\"(id, \"x\") ON DELETE CASCADE"
            ),
            table("A b", "c(d")
        );
        assert_eq!(referenced("FOREIGN KEY (a) REFERENCES \"app("), None);
    }
}
