use std::collections::VecDeque;

use postgres::SimpleQueryMessage;
use postgres::error::SqlState;

use super::error::CatalogError;
use super::query::{FORBIDDEN, Reader, UNKNOWN, query_for};
use super::{Scope, locks, privileges, record};
use crate::connect::Session;
use crate::model::{Attributes, Fields, Identity, Kind, Model, Object, Privileges};

/// How often a reading is tried when objects vanish under it.
const ATTEMPTS: u32 = 10;

pub(super) fn read(session: &mut Session, scope: &Scope) -> Result<Model, CatalogError> {
    let mut attempt = 1;
    loop {
        match read_once(session, scope) {
            Err(err) if attempt < ATTEMPTS && err.may_pass() => attempt += 1,
            result => return result,
        }
    }
}

/// Two round trips: the columns, of which there are most, and all else.
fn read_once(session: &mut Session, scope: &Scope) -> Result<Model, CatalogError> {
    let kinds: Vec<Kind> =
        Kind::ALL.iter().copied().filter(|kind| !scope.exclude_kinds.contains(kind)).collect();
    let (columns, others): (Vec<Kind>, Vec<Kind>) =
        kinds.into_iter().partition(|kind| *kind == Kind::Column);
    let mut objects = Vec::new();
    let begin = begin(scope);
    for (kinds, before, after) in [(&columns, begin.as_str(), ""), (&others, "", "ROLLBACK")] {
        let sql = batch(session, scope, kinds, before, after);
        let result = session.client().simple_query(&sql);
        let messages = result.map_err(|source| failure(session, scope, source))?;
        if let Err(err) = collect(session, scope, kinds, messages, &mut objects) {
            // Whether it can be undone or not: the error is what matters.
            let _ = session.client().batch_execute("ROLLBACK");
            return Err(err);
        }
    }
    Ok(Model::new(objects))
}

/// One snapshot, and settings under which the server prints the same for everybody.
fn begin(scope: &Scope) -> String {
    let milliseconds = scope.lock_timeout.as_millis();
    format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n\
         SET LOCAL search_path = '';\n\
         SET LOCAL lock_timeout = {milliseconds};\n\
         SET LOCAL statement_timeout = 0;\n\
         SET LOCAL jit = off;\n\
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

fn batch(session: &Session, scope: &Scope, kinds: &[Kind], before: &str, after: &str) -> String {
    let reader = Reader {
        major: session.version().major(),
        is_superuser: session.is_superuser(),
        exclude_schemas: &scope.exclude_schemas,
    };
    let row = if is_sql_ascii(session) {
        "encode(convert_to(q::text, 'SQL_ASCII'), 'escape')"
    } else {
        "q::text"
    };
    let mut sql = before.to_owned();
    for &kind in kinds {
        sql.push_str(&format!("SELECT {row} FROM (\n{}\n) q;\n", query_for(kind, reader)));
    }
    sql + after
}

fn is_sql_ascii(session: &Session) -> bool {
    session.encoding() == "SQL_ASCII"
}

/// Makes objects of the rows; each result set is of the next kind.
fn collect(
    session: &Session,
    scope: &Scope,
    kinds: &[Kind],
    messages: Vec<SimpleQueryMessage>,
    objects: &mut Vec<Object>,
) -> Result<(), CatalogError> {
    let mut kinds = kinds.iter().copied();
    let mut current = None;
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(_) => current = kinds.next(),
            SimpleQueryMessage::Row(row) => {
                let Some(kind) = current else { continue };
                let broken = || CatalogError::broken(kind, "row");
                let text = row.try_get(0).ok().flatten().ok_or_else(broken)?;
                let fields = if is_sql_ascii(session) {
                    record::unescaped(text).and_then(|text| record::fields(&text))
                } else {
                    record::fields(text)
                };
                let object = object(session, scope, kind, fields.ok_or_else(broken)?)?;
                if !is_unchanged(&object) {
                    objects.push(object);
                }
            }
            _ => (),
        }
    }
    Ok(())
}

/// Whether built-in privileges only looked changed: the same in another order.
fn is_unchanged(object: &Object) -> bool {
    matches!(&object.attributes, Attributes::ChangedPrivileges(changed)
             if changed.privileges.0.is_empty())
}

fn object(
    session: &Session,
    scope: &Scope,
    kind: Kind,
    fields: Vec<Option<String>>,
) -> Result<Object, CatalogError> {
    let mut row = Row {
        identity: Identity {
            kind,
            schema: String::new(),
            parent: None,
            name: String::new(),
            arguments: None,
        },
        fields: fields.into(),
        session,
        scope,
    };
    row.identity.schema = row.next("schema")?.unwrap_or_default();
    row.identity.parent = row.next("parent")?;
    row.identity.name = row.next("name")?.unwrap_or_default();
    row.identity.arguments = row.next("arguments")?;
    let attributes = Attributes::read(kind, &mut row)?;
    if row.fields.is_empty() {
        Ok(Object { identity: row.identity, attributes })
    } else {
        Err(CatalogError::broken(kind, "a column too many"))
    }
}

/// The rest of a row, from left to right.
struct Row<'a> {
    identity: Identity,
    fields: VecDeque<Option<String>>,
    session: &'a Session,
    scope: &'a Scope,
}

impl Row<'_> {
    fn next(&mut self, name: &'static str) -> Result<Option<String>, CatalogError> {
        self.fields.pop_front().ok_or_else(|| CatalogError::broken(self.identity.kind, name))
    }

    /// Looks for the marks that a query left.
    fn checked(&self, text: String, name: &'static str) -> Result<String, CatalogError> {
        let label = || self.session.settings().label().to_owned();
        if let Some(letter) = text.strip_prefix(UNKNOWN) {
            if self.scope.allow_unknown {
                return Ok(format!("unknown ({letter})"));
            }
            return Err(CatalogError::UnknownLetter {
                object: self.identity.to_string(),
                attribute: name,
                letter: letter.to_owned(),
                version: self.session.version(),
                label: label(),
            });
        }
        if text.starts_with(FORBIDDEN) {
            return Err(CatalogError::Forbidden {
                object: self.identity.to_string(),
                attribute: name,
                element: self.identity.kind.element(),
                role: self.session.settings().user().to_owned(),
                label: label(),
            });
        }
        Ok(text)
    }
}

impl Fields for Row<'_> {
    type Error = CatalogError;

    fn text(&mut self, name: &'static str) -> Result<Option<String>, CatalogError> {
        let text = self.next(name)?;
        text.map(|text| self.checked(text, name)).transpose()
    }

    fn required(&mut self, name: &'static str) -> Result<String, CatalogError> {
        let vanished = CatalogError::Vanished {
            object: self.identity.to_string(),
            attribute: name,
            label: self.session.settings().label().to_owned(),
        };
        self.text(name)?.ok_or(vanished)
    }

    fn boolean(&mut self, name: &'static str) -> Result<bool, CatalogError> {
        match self.text(name)?.as_deref() {
            Some("t") => Ok(true),
            Some("f") | None => Ok(false),
            Some(_) => Err(CatalogError::broken(self.identity.kind, name)),
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
        match privileges::deviations(owner, all, default, list).ok_or_else(broken)? {
            Ok(deviations) => Ok(Privileges(deviations)),
            Err(letter) => {
                self.checked(format!("{UNKNOWN}aclitem {letter}"), name)?;
                // Shown as it is.
                Ok(Privileges(record::elements(list).unwrap_or_default()))
            }
        }
    }

    fn list(&mut self, name: &'static str) -> Result<Vec<String>, CatalogError> {
        let Some(text) = self.next(name)? else { return Ok(Vec::new()) };
        let elements = record::elements(&text)
            .ok_or_else(|| CatalogError::broken(self.identity.kind, name))?;
        elements.into_iter().map(|element| self.checked(element, name)).collect()
    }
}

/// What a failed batch means, and the end of its transaction.
fn failure(session: &mut Session, scope: &Scope, source: postgres::Error) -> CatalogError {
    let label = session.settings().label().to_owned();
    if !session.is_closed() {
        let _ = session.client().batch_execute("ROLLBACK");
    }
    if source.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) {
        let holders = locks::holders(session);
        return CatalogError::Locked { label, waited: scope.lock_timeout, holders };
    }
    CatalogError::Query { label, source }
}
