use std::collections::VecDeque;

use postgres::SimpleQueryMessage;
use postgres::error::SqlState;

use super::error::CatalogError;
use super::query::{FORBIDDEN, Part, Reader, UNKNOWN, count_for, query_for};
use super::{Scope, dependencies, locks, privileges, record};
use crate::connect::{ServerVersion, SessionOn};
use crate::model::{
    AttributeReader, Attributes, Dependencies, Identity, Kind, Model, Object, PrivilegeChange,
    Privileges, Word,
};
use crate::pattern::Pattern;

/// How often a reading is tried when objects vanish under it.
const ATTEMPTS: u32 = 10;

pub(super) fn read(session: &mut SessionOn<'_>, scope: &Scope) -> Result<Model, CatalogError> {
    repeatedly(|| read_once(session, scope, Frame::OwnTransaction))
}

/// The same, with what depends on what.
pub(super) fn read_with_dependencies(
    session: &mut SessionOn<'_>,
    scope: &Scope,
) -> Result<(Model, Dependencies), CatalogError> {
    repeatedly(|| {
        let mut answer = Vec::new();
        let mut objects = Vec::new();
        read_objects(
            session,
            scope,
            Frame::OwnTransaction,
            Some(&mut answer),
            &mut |address, object| {
                objects.push((address, object));
            },
        )?;
        let addresses = objects.iter().filter_map(|(address, object)| {
            Some((
                dependencies::address(object.identity.kind, address.as_deref()?)?,
                &object.identity,
            ))
        });
        let found = dependencies::of_rows(addresses, &answer);
        let model = Model::new(objects.into_iter().map(|(_, object)| object).collect());
        Ok((model, found))
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
    let mut objects = Vec::new();
    read_objects(session, scope, frame, None, &mut |_, object| objects.push(object))?;
    Ok(Model::new(objects))
}

/// Two round trips: what there is at all, with the columns, of which there are most; and all else.
/// A third one for the dependencies, if they are asked for.
fn read_objects(
    session: &mut SessionOn<'_>,
    scope: &Scope,
    frame: Frame,
    dependencies: Option<&mut Vec<SimpleQueryMessage>>,
    add: &mut dyn FnMut(Option<String>, Object),
) -> Result<(), CatalogError> {
    let context = Context::new(session, scope)?;
    let wanted = |kind: &Kind| !scope.exclude_kinds.contains(kind);
    let (columns, others): (Vec<Kind>, Vec<Kind>) =
        Kind::ALL.iter().copied().filter(wanted).partition(|kind| *kind == Kind::Column);
    let columns: Vec<_> = columns.into_iter().map(|kind| (kind, Part::WHOLE)).collect();
    let others = Counted::new(&context, others);
    let sql = [frame.begin(scope, context.version), others.sql(), context.batch(&columns)].concat();
    let mut messages = ask(session, scope, &sql)?.into_iter();
    let others = others.parts(&mut messages);
    let end = if dependencies.is_some() { "" } else { frame.end() };
    let sql = context.batch(&others) + end;
    // The server is at work on the second answer while the first becomes objects.
    let (objects, answer) = std::thread::scope(|threads| {
        let objects = threads.spawn(|| context.objects(&columns, messages));
        let answer = ask(session, scope, &sql);
        (objects.join(), answer)
    });
    let objects = objects.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let others = context.objects(&others, answer?)?;
    if let Some(dependencies) = dependencies {
        let sql = format!("{};\n{}", dependencies::DEPENDENCIES, frame.end());
        *dependencies = ask(session, scope, &sql)?;
    }
    for (address, object) in objects.into_iter().chain(others) {
        add(address, object);
    }
    Ok(())
}

fn ask(
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
    OwnTransaction,
    /// The one that the session is in.
    OpenTransaction,
}

impl Frame {
    fn begin(self, scope: &Scope, version: ServerVersion) -> String {
        let begin = match self {
            Self::OwnTransaction => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::OpenTransaction => "SAVEPOINT reading",
        };
        format!("{begin};\n{}", settings(scope, version))
    }

    /// Whichever it is, the settings are as before.
    fn end(self) -> &'static str {
        match self {
            Self::OwnTransaction => "ROLLBACK",
            Self::OpenTransaction => "ROLLBACK TO SAVEPOINT reading; RELEASE SAVEPOINT reading",
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
struct Counted(Vec<(Kind, Option<String>)>);

impl Counted {
    fn new(context: &Context<'_>, kinds: Vec<Kind>) -> Self {
        let reader = context.reader(Part::WHOLE);
        Self(kinds.into_iter().map(|kind| (kind, count_for(kind, reader))).collect())
    }

    /// Gives one row with all the counts.
    fn sql(&self) -> String {
        let counts: Vec<&str> = self.0.iter().filter_map(|(_, count)| count.as_deref()).collect();
        format!("SELECT {};\n", counts.join(",\n"))
    }

    /// The kinds that have objects, and in which parts to read them, by that row.
    fn parts(&self, messages: &mut impl Iterator<Item = SimpleQueryMessage>) -> Vec<(Kind, Part)> {
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

/// What is read from where.
struct Context<'a> {
    scope: &'a Scope,
    /// Regular expressions of the schemas that the server can be asked about: not every encoding has
    /// every character.
    exclude_schemas: Vec<String>,
    label: String,
    user: String,
    version: ServerVersion,
    is_superuser: bool,
    /// The server converts nothing: names may be bytes in any encoding.
    is_sql_ascii: bool,
}

impl<'a> Context<'a> {
    fn new(session: &SessionOn<'_>, scope: &'a Scope) -> Result<Self, CatalogError> {
        let can_be_sent = |glob: &&String| glob.is_ascii() || session.encoding() == "UTF8";
        let regex = |glob: &String| {
            let broken = || CatalogError::Pattern { pattern: glob.clone() };
            Pattern::glob(glob).map(|pattern| pattern.regex()).ok_or_else(broken)
        };
        let exclude_schemas = scope.exclude_schemas.iter().filter(can_be_sent).map(regex);
        Ok(Self {
            scope,
            exclude_schemas: exclude_schemas.collect::<Result<_, _>>()?,
            label: session.settings().label().to_owned(),
            user: session.settings().user().to_owned(),
            version: session.version(),
            is_superuser: session.is_superuser(),
            is_sql_ascii: session.encoding() == "SQL_ASCII",
        })
    }

    fn reader(&self, part: Part) -> Reader<'_> {
        Reader {
            major: self.version.major(),
            is_superuser: self.is_superuser,
            exclude_schemas: &self.exclude_schemas,
            part,
        }
    }

    fn batch(&self, queries: &[(Kind, Part)]) -> String {
        let row = if self.is_sql_ascii {
            "encode(convert_to(q::text, 'SQL_ASCII'), 'escape')"
        } else {
            "q::text"
        };
        let mut sql = String::new();
        for (kind, part) in queries {
            let query = query_for(*kind, self.reader(*part));
            let query = format!("SELECT {row} FROM (\n{query}\n) q;\n");
            if *part == Part::WHOLE {
                sql += &query;
            } else {
                // Gives back the locks that the part took.
                sql += &format!("SAVEPOINT part;\n{query}ROLLBACK TO part;\n");
            }
        }
        sql
    }

    /// Makes objects of the rows; each result set is that of the next query.
    fn objects(
        &self,
        queries: &[(Kind, Part)],
        messages: impl IntoIterator<Item = SimpleQueryMessage>,
    ) -> Result<Vec<(Option<String>, Object)>, CatalogError> {
        let mut queries = queries.iter();
        let mut current = None;
        let mut objects = Vec::new();
        for message in messages {
            match message {
                SimpleQueryMessage::RowDescription(_) => current = queries.next(),
                SimpleQueryMessage::Row(row) => {
                    let Some((kind, _)) = current else { continue };
                    let text = row.try_get(0).ok().flatten();
                    let text = text.ok_or_else(|| CatalogError::broken(*kind, "row"))?;
                    let object = self.object(*kind, text)?;
                    if !is_unchanged(&object.1) {
                        objects.push(object);
                    }
                }
                _ => (),
            }
        }
        Ok(objects)
    }

    fn object(&self, kind: Kind, row: &str) -> Result<(Option<String>, Object), CatalogError> {
        let fields = if self.is_sql_ascii {
            record::unescaped(row).and_then(|row| record::fields(&row))
        } else {
            record::fields(row)
        };
        let fields = fields.ok_or_else(|| CatalogError::broken(kind, "row"))?;
        let mut row = Row {
            identity: Identity {
                kind,
                schema: String::new(),
                parent: None,
                name: String::new(),
                arguments: None,
            },
            fields: fields.into(),
            context: self,
        };
        let address = row.next("address")?;
        row.identity.schema = row.next("schema")?.unwrap_or_default();
        row.identity.parent = row.next("parent")?;
        row.identity.name = row.next("name")?.unwrap_or_default();
        row.identity.name = row.named()?;
        row.identity.arguments = row.next("arguments")?;
        let attributes = Attributes::read(kind, &mut row)?;
        if row.fields.is_empty() {
            Ok((address, Object { identity: row.identity, attributes }))
        } else {
            Err(CatalogError::broken(kind, "a column too many"))
        }
    }
}

/// The object of a row, without a server.
#[cfg(fuzzing)]
pub(super) fn object_of_row(kind: Kind, row: &str, scope: &Scope) -> Result<Object, CatalogError> {
    let context = Context {
        scope,
        exclude_schemas: Vec::new(),
        label: "fuzzing".to_owned(),
        user: "fuzzing".to_owned(),
        version: ServerVersion(180_000),
        is_superuser: true,
        is_sql_ascii: false,
    };
    context.object(kind, row).map(|(_, object)| object)
}

/// Whether built-in privileges only looked changed: the same in another order.
fn is_unchanged(object: &Object) -> bool {
    matches!(&object.attributes, Attributes::ChangedPrivileges(changed)
             if changed.privileges.is_default())
}

/// The rest of a row, from left to right.
struct Row<'a> {
    identity: Identity,
    fields: VecDeque<Option<String>>,
    context: &'a Context<'a>,
}

impl Row<'_> {
    fn next(&mut self, name: &'static str) -> Result<Option<String>, CatalogError> {
        self.fields.pop_front().ok_or_else(|| CatalogError::broken(self.identity.kind, name))
    }

    /// A letter that means nothing to pum, where that may go on. Only where the queries have a word
    /// for a letter is a mark looked for: anywhere else it would be the text of a user.
    fn allow_unknown(&self, letter: &str, name: &'static str) -> Result<(), CatalogError> {
        if self.context.scope.allow_unknown {
            return Ok(());
        }
        Err(CatalogError::UnknownLetter {
            object: self.identity.to_string(),
            attribute: name,
            letter: letter.to_owned(),
            version: self.context.version,
            label: self.context.label.clone(),
        })
    }

    /// Nothing, where the query left a mark instead of what the role may not see.
    fn permitted(&self, text: &str, name: &'static str) -> Result<(), CatalogError> {
        let guarded = matches!(
            (self.identity.kind, name),
            (Kind::Subscription, "connection") | (Kind::UserMapping, "options")
        );
        if !guarded || text != FORBIDDEN {
            return Ok(());
        }
        Err(CatalogError::Forbidden {
            object: self.identity.to_string(),
            attribute: name,
            element: self.identity.kind.element(),
            role: self.context.user.clone(),
            label: self.context.label.clone(),
        })
    }

    /// The kinds of objects to which default privileges are for are the end of their name.
    fn named(&self) -> Result<String, CatalogError> {
        let name = &self.identity.name;
        match (self.identity.kind, name.rsplit_once(" ON ")) {
            (Kind::DefaultPrivileges, Some((whose, kinds))) => {
                let Some(letter) = kinds.strip_prefix(UNKNOWN) else { return Ok(name.clone()) };
                self.allow_unknown(letter, "name")?;
                Ok(format!("{whose} ON unknown ({letter})"))
            }
            _ => Ok(name.clone()),
        }
    }
}

impl AttributeReader for Row<'_> {
    type Error = CatalogError;

    fn text(&mut self, name: &'static str) -> Result<Option<String>, CatalogError> {
        let text = self.next(name)?;
        text.iter().try_for_each(|text| self.permitted(text, name))?;
        Ok(text)
    }

    fn word<W: Word>(&mut self, name: &'static str) -> Result<Option<W>, CatalogError> {
        let Some(text) = self.next(name)? else { return Ok(None) };
        if let Some(letter) = text.strip_prefix(UNKNOWN) {
            return self.allow_unknown(letter, name).map(|()| Some(W::unknown(letter.to_owned())));
        }
        let broken = || CatalogError::broken(self.identity.kind, name);
        W::parse(&text).ok_or_else(broken).map(Some)
    }

    fn invalid(&self, name: &'static str, _: &str) -> CatalogError {
        CatalogError::broken(self.identity.kind, name)
    }

    fn missing(&self, name: &'static str) -> Result<(), CatalogError> {
        Err(CatalogError::Missing {
            object: self.identity.to_string(),
            attribute: name,
            element: self.identity.kind.element(),
            label: self.context.label.clone(),
        })
    }

    fn boolean(&mut self, name: &'static str) -> Result<bool, CatalogError> {
        match self.next(name)?.as_deref() {
            Some("t") => Ok(true),
            Some("f") | None => Ok(false),
            Some(other) => match other.strip_prefix(UNKNOWN) {
                Some(letter) => self.allow_unknown(letter, name).map(|()| false),
                None => Err(CatalogError::broken(self.identity.kind, name)),
            },
        }
    }

    fn integer(&mut self, name: &'static str) -> Result<Option<i64>, CatalogError> {
        let text = self.text(name)?;
        let number = text.map(|text| text.parse()).transpose();
        number.map_err(|_| CatalogError::broken(self.identity.kind, name))
    }

    fn privileges(&mut self, name: &'static str) -> Result<Privileges, CatalogError> {
        let kind = self.identity.kind;
        let broken = || CatalogError::broken(kind, name);
        let parts = self.list(name)?;
        let [owner, all, default, list] = &*parts else {
            return if parts.is_empty() { Ok(Privileges::default()) } else { Err(broken()) };
        };
        match privileges::changes(owner, all, default, list).ok_or_else(broken)? {
            Ok(changes) => Ok(Privileges::new(changes)),
            Err(letter) => {
                self.allow_unknown(&format!("aclitem {letter}"), name)?;
                // Shown as it is.
                let items = record::elements(list).unwrap_or_default();
                Ok(Privileges::new(items.into_iter().map(PrivilegeChange::Unknown).collect()))
            }
        }
    }

    fn list(&mut self, name: &'static str) -> Result<Vec<String>, CatalogError> {
        let Some(text) = self.next(name)? else { return Ok(Vec::new()) };
        let elements = record::elements(&text)
            .ok_or_else(|| CatalogError::broken(self.identity.kind, name))?;
        elements.iter().try_for_each(|element| self.permitted(element, name))?;
        Ok(elements)
    }
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
