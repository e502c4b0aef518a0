use std::borrow::Cow;

use postgres::SimpleQueryMessage;
use postgres::error::SqlState;

use super::address::Address;
use super::addressed::Addressed;
use super::context::Context;
use super::dependencies::{self, Row};
use super::dictionaries::{Dictionaries, Set};
use super::error::CatalogError;
use super::object::{KnownPrivileges, is_unchanged, object};
use super::query::{Part, count_for, expand, query_for};
use super::record::Fields;
use super::{Scope, constraint, index, locks, record};
use crate::connect::{ServerVersion, SessionOn};
use crate::model::{Dependencies, Kind, Model, Object};
use crate::sql::quote_literal;

/// How often a reading is tried when objects vanish under it.
const ATTEMPTS: u32 = 10;

pub(super) fn read(session: &mut SessionOn<'_>, scope: &Scope) -> Result<Model, CatalogError> {
    repeatedly(|| read_once(session, scope, Frame::Transaction))
}

/// What there is, and what depends on what; `read` gives the objects with the rows of these sets.
pub(super) fn with_dependencies(
    mut read: impl FnMut(&[Set]) -> Result<(Vec<AddressedObject>, Vec<Row>), CatalogError>,
) -> Result<(Addressed, Dependencies), CatalogError> {
    repeatedly(|| {
        let (objects, rows) = read(&[Set::Dependencies])?;
        let read = Addressed::new(objects);
        let objects = read.objects().map(|(address, object)| (address, &object.identity));
        let (dependencies, _) = dependencies::of_rows(objects, &rows);
        Ok((read, dependencies))
    })
}

/// The same, with the addresses of the objects.
pub(super) fn read_addressed(
    session: &mut SessionOn<'_>,
    scope: &Scope,
) -> Result<Addressed, CatalogError> {
    repeatedly(|| {
        let (objects, _) = read_objects(session, scope, Frame::Transaction, &[])?;
        Ok(Addressed::new(objects))
    })
}

fn repeatedly<T>(mut read: impl FnMut() -> Result<T, CatalogError>) -> Result<T, CatalogError> {
    let mut attempt = 1;
    loop {
        match read() {
            Err(err) if attempt < ATTEMPTS && err.may_pass() => attempt += 1,
            result => return result,
        }
    }
}

pub(super) fn read_once(
    session: &mut SessionOn<'_>,
    scope: &Scope,
    frame: Frame,
) -> Result<Model, CatalogError> {
    read_objects(session, scope, frame, &[]).map(|(objects, _)| model(objects))
}

fn model(objects: Vec<AddressedObject>) -> Model {
    Model::new(objects.into_iter().map(|(_, object)| object).collect())
}

/// An object, and how catalogs refer to it.
pub(super) type AddressedObject = (Option<Address>, Object);

/// Two round trips: what there is at all, with the columns, constraints and indexes, of which there are
/// most; and all else, with the definitions that pum could not compose of the first answer, and these sets:
/// of [`Set::Dependencies`], it gives the rows.
pub(super) fn read_objects(
    session: &mut SessionOn<'_>,
    scope: &Scope,
    frame: Frame,
    sets: &[Set],
) -> Result<(Vec<AddressedObject>, Vec<Row>), CatalogError> {
    let context = Context::new(session, scope)?;
    let (most, others) = kinds(scope);
    let others = Counted::new(&context, others);
    let first = first_statements(most);
    let sql = [frame.begin(scope, context.version), others.sql(), batch(&context, &first)].concat();
    let mut messages = ask(session, scope, &sql)?.into_iter();
    let others = others.parts(&mut messages);
    let answer = Answer::new(&context, first, messages)?;
    let mut dictionaries = answer.dictionaries()?;
    let missing = answer.compose(&mut dictionaries)?;
    let others = others.into_iter().map(|(kind, part)| Statement::Kind(kind, part));
    let sets = sets.iter().copied().map(Statement::Set);
    let second: Vec<Statement> = missing.iter().cloned().chain(others).chain(sets).collect();
    let sql = batch(&context, &second) + frame.end();
    // The server is at work on the second answer while the first becomes objects.
    let (objects, messages) = std::thread::scope(|threads| {
        let objects = threads
            .spawn(|| answer.objects(&dictionaries, |kind, row| !is_among(&missing, kind, row)));
        let messages = ask(session, scope, &sql);
        (objects.join(), messages)
    });
    let mut objects = objects.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let rest = Answer::new(&context, second, messages?.into_iter())?;
    rest.add_definitions(&mut dictionaries)?;
    objects.extend(rest.objects(&dictionaries, |_, _| true)?);
    objects.extend(answer.objects(&dictionaries, |kind, row| is_among(&missing, kind, row))?);
    Ok((objects, rest.dependencies()))
}

/// The kinds that are read: those of the first answer, and the others.
pub(super) fn kinds(scope: &Scope) -> (Vec<Kind>, Vec<Kind>) {
    const MOST: [Kind; 3] = [Kind::Column, Kind::Constraint, Kind::Index];
    let wanted = |kind: &Kind| !scope.exclude_kinds.contains(kind);
    Kind::ALL.iter().copied().filter(wanted).partition(|kind| MOST.contains(kind))
}

/// What is asked for first.
pub(super) fn first_statements(kinds: Vec<Kind>) -> Vec<Statement> {
    let kinds = kinds.into_iter().map(|kind| Statement::Kind(kind, Part::WHOLE));
    Set::ALL.into_iter().map(Statement::Set).chain(kinds).collect()
}

/// Sends some statements; an error ends their transaction.
pub(super) fn ask(
    session: &mut SessionOn<'_>,
    scope: &Scope,
    sql: &str,
) -> Result<Vec<SimpleQueryMessage>, CatalogError> {
    let result = session.client().simple_query(sql);
    result.map_err(|source| failure(session, scope, source))
}

/// What a reading stands in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Frame {
    /// A transaction of its own, with one snapshot.
    Transaction,
    /// The same, which has begun, and has its settings.
    Begun,
    /// The one that the session is in.
    Savepoint,
}

impl Frame {
    pub(super) fn begin(self, scope: &Scope, version: ServerVersion) -> String {
        self.begin_with(None, scope, version)
    }

    /// The same, with a snapshot that another transaction exported.
    pub(super) fn begin_with(
        self,
        snapshot: Option<&str>,
        scope: &Scope,
        version: ServerVersion,
    ) -> String {
        let begin = match self {
            Self::Begun => return String::new(),
            Self::Transaction => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Savepoint => "SAVEPOINT reading",
        };
        // It comes before all that takes a snapshot.
        let import = snapshot.map_or_else(String::new, |snapshot| {
            format!("SET TRANSACTION SNAPSHOT {};\n", quote_literal(snapshot))
        });
        format!("{begin};\n{import}{}", settings(scope, version))
    }

    /// Whichever it is, the settings are as before.
    pub(super) fn end(self) -> &'static str {
        match self {
            Self::Transaction | Self::Begun => "ROLLBACK",
            Self::Savepoint => "ROLLBACK TO SAVEPOINT reading; RELEASE SAVEPOINT reading",
        }
    }
}

/// Settings under which the server prints the same for everyone. Catalogs are
/// seldom analyzed: the planner takes what has thousands of rows for one, and compares each of
/// them with each row of another in a nested loop, where hashing takes no longer and is safe.
fn settings(scope: &Scope, version: ServerVersion) -> String {
    let milliseconds = scope.lock_timeout.as_millis();
    // Limits of time that the role or the database has are not meant for this.
    let limits = [
        (12, "statement_timeout"),
        (12, "idle_in_transaction_session_timeout"),
        (14, "idle_session_timeout"),
        (17, "transaction_timeout"),
    ];
    let known = limits.iter().filter(|(since, _)| version.major() >= *since);
    let limits: String = known.map(|(_, name)| format!("SET LOCAL {name} = 0;\n")).collect();
    limits
        + &format!(
            "SET LOCAL search_path = '';\n\
         SET LOCAL lock_timeout = {milliseconds};\n\
         SET LOCAL jit = off;\n\
         SET LOCAL enable_nestloop = off;\n\
         SET LOCAL enable_mergejoin = off;\n\
         SET LOCAL work_mem = '64MB';\n\
         SET LOCAL timezone = 'UTC';\n\
         SET LOCAL datestyle = 'ISO, YMD';\n\
         SET LOCAL intervalstyle = 'postgres';\n\
         SET LOCAL extra_float_digits = 3;\n\
         SET LOCAL bytea_output = 'hex';\n\
         SET LOCAL quote_all_identifiers = off;\n\
         SET LOCAL standard_conforming_strings = on;\n"
        )
}

/// Kinds, and for some an expression that counts their objects.
pub(super) struct Counted(Vec<(Kind, Option<String>)>);

impl Counted {
    pub(super) fn new(context: &Context<'_>, kinds: Vec<Kind>) -> Self {
        let reader = context.reader(Part::WHOLE);
        Self(kinds.into_iter().map(|kind| (kind, count_for(kind, reader))).collect())
    }

    /// Gives one row with all the counts.
    pub(super) fn sql(&self) -> String {
        let counts: Vec<&str> = self.0.iter().filter_map(|(_, count)| count.as_deref()).collect();
        format!("SELECT {};\n", counts.join(",\n"))
    }

    /// The kinds that have objects, and in which parts to read them, by that row.
    pub(super) fn parts(
        &self,
        messages: &mut impl Iterator<Item = SimpleQueryMessage>,
    ) -> Vec<(Kind, Part)> {
        let row = messages.find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let mut field = 0..;
        let mut parts = Vec::new();
        for (kind, count) in &self.0 {
            if count.is_none() {
                parts.push((*kind, Part::WHOLE));
                continue;
            }
            let text = field.next().and_then(|at| row.as_ref()?.try_get(at).ok().flatten());
            // What could not be counted is read.
            match text.and_then(|text| text.parse().ok()).unwrap_or(1) {
                0 => (),
                count => parts.extend(Part::all(*kind, count).map(|part| (*kind, part))),
            }
        }
        parts
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(super) enum Statement {
    Set(Set),
    Kind(Kind, Part),
    /// The definitions of some objects, as the server composes them.
    Definitions(Kind, Vec<u32>),
}

impl Statement {
    fn broken(&self, column: &'static str) -> CatalogError {
        match self {
            Self::Set(set) => CatalogError::Broken { kind: set.name(), column },
            Self::Kind(kind, _) | Self::Definitions(kind, _) => CatalogError::broken(*kind, column),
        }
    }
}

pub(super) fn batch(context: &Context<'_>, statements: &[Statement]) -> String {
    // Nothing says what the encoding of names is there: they are sent as bytes.
    let row = if context.is_sql_ascii {
        "encode(convert_to(q::text, 'SQL_ASCII'), 'escape')"
    } else {
        "q::text"
    };
    let mut sql = String::new();
    for statement in statements {
        let (query, part) = match statement {
            Statement::Set(set) => {
                (expand(set.template(), context.reader(Part::WHOLE)), Part::WHOLE)
            }
            Statement::Kind(kind, part) => (query_for(*kind, context.reader(*part)), *part),
            Statement::Definitions(kind, oids) => (definitions_of(*kind, oids), Part::WHOLE),
        };
        let query = format!("SELECT {row} FROM (\n{query}\n) q;\n");
        if part == Part::WHOLE {
            sql += &query;
        } else {
            // Gives back the locks that the part took.
            sql += &format!("SAVEPOINT part;\n{query}ROLLBACK TO part;\n");
        }
    }
    sql
}

fn definitions_of(kind: Kind, oids: &[u32]) -> String {
    let function = match kind {
        Kind::Index => "pg_get_indexdef",
        _ => "pg_get_constraintdef",
    };
    let oids: Vec<String> = oids.iter().map(ToString::to_string).collect();
    let oids = oids.join(",");
    format!("SELECT o.oid, {function}(o.oid) FROM unnest('{{{oids}}}'::oid[]) o(oid)")
}

/// What the server sent for some statements.
///
/// All rows are one text: by itself, each of them would take three times the memory.
pub(super) struct Answer<'a> {
    context: &'a Context<'a>,
    statements: Vec<Statement>,
    text: String,
    /// Where each row ends in the text, and of which statement it is.
    ends: Vec<(usize, usize)>,
}

impl<'a> Answer<'a> {
    /// Each result set is that of the next statement.
    pub(super) fn new(
        context: &'a Context<'a>,
        statements: Vec<Statement>,
        messages: impl Iterator<Item = SimpleQueryMessage>,
    ) -> Result<Self, CatalogError> {
        let (mut text, mut ends) = (String::new(), Vec::new());
        let mut sets = 0;
        for message in messages {
            match message {
                SimpleQueryMessage::RowDescription(_) => sets += 1,
                SimpleQueryMessage::Row(row) => {
                    let at = usize::saturating_sub(sets, 1);
                    let Some(statement) = statements.get(at) else { continue };
                    let row = row.try_get(0).ok().flatten();
                    let row = if context.is_sql_ascii {
                        row.and_then(record::unescaped).map(Cow::from)
                    } else {
                        row.map(Cow::from)
                    };
                    text.push_str(&row.ok_or_else(|| statement.broken("row"))?);
                    ends.push((text.len(), at));
                }
                _ => (),
            }
        }
        Ok(Self { context, statements, text, ends })
    }

    /// The rows, each with its statement.
    fn rows(&self) -> impl Iterator<Item = (&Statement, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |(end, statement)| {
            let row = &self.text[start..*end];
            start = *end;
            (&self.statements[*statement], row)
        })
    }

    /// The rows of the dependencies.
    pub(super) fn dependencies(&self) -> Vec<Row> {
        let of_set = |statement: &Statement| matches!(statement, Statement::Set(Set::Dependencies));
        let rows = self.rows().filter(|(statement, _)| of_set(statement));
        rows.filter_map(|(_, row)| Row::read(row)).collect()
    }

    /// The sets, and the names of the columns.
    pub(super) fn dictionaries(&self) -> Result<Dictionaries<'_>, CatalogError> {
        let mut dictionaries = Dictionaries::default();
        for (statement, row) in self.rows() {
            let row = Fields::of(row);
            let added = match statement {
                Statement::Set(set) => row.and_then(|row| dictionaries.add(*set, row)),
                Statement::Kind(Kind::Column, _) => {
                    row.and_then(|row| dictionaries.add_column(row))
                }
                _ => Some(()),
            };
            added.ok_or_else(|| statement.broken("row"))?;
        }
        dictionaries.sort_columns();
        Ok(dictionaries)
    }

    /// Composes the definitions of indexes and constraints. Gives the statements for the others.
    pub(super) fn compose(
        &self,
        dictionaries: &mut Dictionaries<'_>,
    ) -> Result<Vec<Statement>, CatalogError> {
        let (mut indexes, mut constraints) = (Vec::new(), Vec::new());
        for (statement, row) in self.rows() {
            let Statement::Kind(kind, _) = statement else { continue };
            let fields = Fields::of(row);
            let (composed, missing) = match kind {
                Kind::Index => {
                    (fields.and_then(|row| index::definition(row, dictionaries)), &mut indexes)
                }
                Kind::Constraint => (
                    fields.and_then(|row| constraint::definition(row, dictionaries)),
                    &mut constraints,
                ),
                _ => continue,
            };
            match composed.ok_or_else(|| statement.broken("definition"))? {
                (oid, Some(definition)) => dictionaries.add_definition(*kind, oid, definition),
                (oid, None) => missing.push(oid),
            }
        }
        indexes.sort_unstable();
        constraints.sort_unstable();
        let missing = [(Kind::Index, indexes), (Kind::Constraint, constraints)];
        let missing = missing.into_iter().filter(|(_, oids)| !oids.is_empty());
        Ok(missing.map(|(kind, oids)| Statement::Definitions(kind, oids)).collect())
    }

    /// Adds those that the server composed.
    pub(super) fn add_definitions(
        &self,
        dictionaries: &mut Dictionaries<'_>,
    ) -> Result<(), CatalogError> {
        for (statement, row) in self.rows() {
            let Statement::Definitions(kind, _) = statement else { continue };
            let row = Fields::of(row).and_then(|mut row| Some((row.number()?, row.next()?)));
            let (oid, definition) = row.ok_or_else(|| statement.broken("row"))?;
            // None if the object is gone.
            if let Some(definition) = definition {
                let definition = match kind {
                    Kind::Constraint => constraint::without_not_valid(&definition),
                    _ => definition.into_owned(),
                };
                dictionaries.add_definition(*kind, oid, definition);
            }
        }
        Ok(())
    }

    /// Makes objects of the rows that are wanted.
    pub(super) fn objects(
        &self,
        dictionaries: &Dictionaries<'_>,
        is_wanted: impl Fn(Kind, &str) -> bool,
    ) -> Result<Vec<AddressedObject>, CatalogError> {
        let mut objects = Vec::new();
        let mut known_privileges = KnownPrivileges::new();
        for (statement, row) in self.rows() {
            let Statement::Kind(kind, _) = statement else { continue };
            if is_wanted(*kind, row) {
                let object = object(self.context, dictionaries, &mut known_privileges, *kind, row)?;
                if !is_unchanged(&object.1) {
                    objects.push(object);
                }
            }
        }
        Ok(objects)
    }
}

/// Whether only the server could give a definition.
pub(super) fn is_among(missing: &[Statement], kind: Kind, row: &str) -> bool {
    missing.iter().any(|statement| match statement {
        Statement::Definitions(of, oids) if *of == kind => {
            let oid = Fields::of(row).and_then(|mut fields| fields.number());
            oid.is_some_and(|oid: u32| oids.binary_search(&oid).is_ok())
        }
        _ => false,
    })
}

/// What a failed batch means, and the end of its transaction.
fn failure(session: &mut SessionOn<'_>, scope: &Scope, source: postgres::Error) -> CatalogError {
    let label = session.settings().label().to_owned();
    if !session.is_closed() {
        let _ = session.client().batch_execute("ROLLBACK");
    }
    if source.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) {
        let holders = locks::holders(session);
        return CatalogError::Locked { label, waited: scope.lock_timeout, holders };
    }
    CatalogError::Query { label, cause: source }
}
