//! What migrations need and do not make: the table in which their program keeps its books, and
//! extensions. It is made for them when they fail without it.

use std::collections::BTreeSet;

use postgres::error::SqlState;

use super::build::{Prepared, run_script};
use super::site::Site;
use super::{Layout, SourceError};
use crate::connect::{Session, quoted};
use crate::delta::tokens;
use crate::progress::{Event, Observer};
use crate::upgrade::StatementFailure;

/// What is there before the scripts run.
#[derive(Default)]
struct Given<'a> {
    /// Each with its schema.
    extensions: &'a [(String, String)],
    /// The name of the table for books, and the SQL that makes it.
    book: Option<(&'static str, &'static str)>,
}

/// Runs the scripts, after `fill`. If they want to read the table in which their program keeps its
/// books, they are run again in a database that has it, empty: its name is given. If something is
/// not known that an extension of the other side may have, they are run again in one that has those
/// extensions which no script makes.
pub(super) fn run_scripts(
    site: &Site<'_>,
    layout: Option<Layout>,
    scripts: &[Prepared],
    fill: &dyn Fn(&mut Session) -> Result<(), SourceError>,
    observer: &mut dyn Observer,
) -> Result<Option<&'static str>, SourceError> {
    let run = |given: &Given<'_>| {
        let mut session = site.new_database()?;
        create_extensions(site, &mut session, given.extensions)?;
        fill(&mut session)?;
        if let Some(schema) = &site.ground.default_schema {
            work_in(site, &mut session, schema)?;
        }
        if let Some((name, sql)) = given.book {
            let made = session.client().batch_execute(sql);
            made.map_err(|err| site.server_error(format!("make the table {name}"), err))?;
        }
        scripts.iter().try_for_each(|script| run_script(site, &mut session, script))
    };
    let others = extensions_of_the_other(site, scripts);
    let mut given = Given::default();
    let mut without_extensions = None;
    loop {
        let err = match run(&given) {
            Ok(()) => break,
            Err(err) => err,
        };
        let book = layout.and_then(|layout| missing_book(&err, layout));
        if given.book.is_none() && book.is_some() {
            given.book = book;
        } else if given.extensions.is_empty() && !others.is_empty() && may_miss_an_extension(&err) {
            given.extensions = &others;
            without_extensions = Some(err);
        } else {
            return Err(match (err, without_extensions) {
                // What happened without them is what the scripts say.
                (SourceError::Script { .. }, Some(first)) => first,
                (err, _) => err,
            });
        }
    }
    if !given.extensions.is_empty() {
        let names: Vec<&str> = others.iter().map(|(name, _)| name.as_str()).collect();
        let message = format!(
            "{} needs extensions that it does not create; they were created before it, as the \
             other side has them: {}",
            site.label,
            names.join(", ")
        );
        observer.notify(Event::Warning { message: &message });
    }
    Ok(given.book.map(|(name, _)| name))
}

/// Makes the schema, if it is not there, the first one for names without a schema, as Flyway does.
fn work_in(site: &Site<'_>, session: &mut Session, schema: &str) -> Result<(), SourceError> {
    let name = quoted(schema);
    let sql =
        format!("CREATE SCHEMA IF NOT EXISTS {name}; SET search_path = {name}, \"$user\", public");
    let done = session.client().batch_execute(&sql);
    done.map_err(|err| site.server_error(format!("work in the schema {name}"), err))
}

/// The table for books that a statement named and that is not there.
fn missing_book(err: &SourceError, layout: Layout) -> Option<(&'static str, &'static str)> {
    let message = &failure_of(err, &[SqlState::UNDEFINED_TABLE])?.server.message;
    let named = |name: &&&'static str| message.contains(**name);
    let name = layout.tables().iter().find(named)?;
    Some((name, layout.makes(name)?))
}

fn extensions_of_the_other(site: &Site<'_>, scripts: &[Prepared]) -> Vec<(String, String)> {
    let made: BTreeSet<String> =
        scripts.iter().flat_map(Prepared::texts).filter_map(created_extension).collect();
    site.ground.extensions.iter().filter(|(name, _)| !made.contains(name)).cloned().collect()
}

/// Says what may help, if a statement failed because something is not there.
pub(super) fn with_way_out(mut err: SourceError) -> SourceError {
    if may_miss_an_extension(&err)
        && let SourceError::Script { hint, .. } = &mut err
    {
        *hint = NEEDS_A_BASE;
    }
    err
}

/// What is not there may be what another one made before the first migration.
const NEEDS_A_BASE: &str = "\nhint: if it is made before the first migration (an extension, a \
    schema, another history), give an SQL file or a plain dump that makes it: --base FILE";

/// Whether a statement failed because something is not there.
fn may_miss_an_extension(err: &SourceError) -> bool {
    let codes = [
        SqlState::UNDEFINED_OBJECT,
        SqlState::UNDEFINED_FUNCTION,
        SqlState::UNDEFINED_TABLE,
        SqlState::INVALID_SCHEMA_NAME,
    ];
    failure_of(err, &codes).is_some()
}

/// The statement that failed, if it did so with one of these codes.
fn failure_of<'e>(err: &'e SourceError, codes: &[SqlState]) -> Option<&'e StatementFailure> {
    let SourceError::Script { failure, .. } = err else { return None };
    let found = failure.server.sqlstate.as_deref()?;
    codes.iter().any(|code| code.code() == found).then_some(failure)
}

fn created_extension(sql: &str) -> Option<String> {
    let tokens = tokens(sql);
    let keys: Vec<&str> = tokens.iter().map(|token| token.key.as_str()).collect();
    match keys.as_slice() {
        ["create", "extension", "if", "not", "exists", name, ..]
        | ["create", "extension", name, ..] => Some(name.trim_matches('"').to_owned()),
        _ => None,
    }
}

fn create_extensions(
    site: &Site<'_>,
    session: &mut Session,
    extensions: &[(String, String)],
) -> Result<(), SourceError> {
    for (name, schema) in extensions {
        let mut sql = String::new();
        if schema != "pg_catalog" {
            sql = format!("CREATE SCHEMA IF NOT EXISTS {};", quoted(schema));
        }
        sql += &format!(
            "CREATE EXTENSION IF NOT EXISTS {} SCHEMA {} CASCADE",
            quoted(name),
            quoted(schema)
        );
        let result = session.client().batch_execute(&sql);
        result.map_err(|err| {
            site.server_error(
                format!("create the extension \"{name}\", which the other side has"),
                err,
            )
        })?;
    }
    Ok(())
}
