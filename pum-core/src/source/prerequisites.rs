//! Prerequisites that migrations do not create: their program's history table, Flyway's default
//! schema, extensions.

use std::collections::BTreeSet;

use postgres::error::SqlState;

use super::build::{Prepared, run_script};
use super::build_database::BuildDatabase;
use super::{Layout, SourceError};
use crate::Context;
use crate::Hint;
use crate::connect::{Session, quote_ident};
use crate::delta::{Token, tokens};

/// Runs the scripts, after `fill`. If they name their program's history table,
/// it is there, empty: its name is given. If something is not known that an extension of the other
/// side may have, they are run again in a database that has those extensions which no script makes.
pub(super) fn run_scripts(
    target: &BuildDatabase<'_>,
    layout: Option<Layout>,
    scripts: &[Prepared],
    fill: &dyn Fn(&mut Session) -> Result<(), SourceError>,
    context: &mut Context<'_>,
) -> Result<Option<&'static str>, SourceError> {
    let book = layout.and_then(|layout| named_history_table(layout, scripts));
    let run = |extensions: &[(String, String)]| {
        let mut session = target.new_database()?;
        create_extensions(target, &mut session, extensions)?;
        fill(&mut session)?;
        if let Some(schema) = &target.profile.default_schema {
            work_in(target, &mut session, schema)?;
        }
        if let Some((name, sql)) = book {
            let done = session.client().batch_execute(sql);
            done.map_err(|err| target.server_error(format!("make the table {name}"), err))?;
        }
        // What an earlier attempt saw is gone.
        if let Some(names) = &target.names {
            names.take();
        }
        scripts.iter().try_for_each(|script| {
            run_script(target, &mut session, script)?;
            target.look_at_names(&mut session, script.script.path())
        })
    };
    let made = book.map(|(name, _)| name);
    let Err(err) = run(&[]) else { return Ok(made) };
    let others = extensions_of_the_other(target, scripts);
    if others.is_empty() || !may_miss_an_extension(&err) {
        return Err(err);
    }
    let names: Vec<&str> = others.iter().map(|(name, _)| name.as_str()).collect();
    match run(&others) {
        Ok(()) => {
            let message = format!(
                "{} needs extensions that it does not create; they were created first, because the \
                 other side has them: {}",
                target.label,
                names.join(", ")
            );
            context.warn(&message);
            Ok(made)
        }
        // What happened without them is what the scripts say.
        Err(SourceError::Script { .. }) => Err(err),
        Err(other) => Err(other),
    }
}

/// The history table that scripts name and do not make, and the SQL that makes it.
fn named_history_table(
    layout: Layout,
    scripts: &[Prepared],
) -> Option<(&'static str, &'static str)> {
    let is_wanted = |name: &&&'static str| {
        let naming = scripts.iter().filter(|one| one.script.text().contains(**name));
        let statements: Vec<Vec<Token<'_>>> =
            naming.flat_map(Prepared::texts).map(tokens).collect();
        let mut all = statements.iter();
        // Also in the body of a function or an anonymous block.
        let named = |found: &Token<'_>| found.written.contains(**name);
        all.any(|one| one.iter().any(named)) && !statements.iter().any(|one| makes(one, name))
    };
    let name = layout.tables().iter().find(is_wanted)?;
    Some((name, layout.makes(name)?))
}

/// Whether a statement makes this table.
fn makes(statement: &[Token<'_>], table: &str) -> bool {
    let head = statement.split(|token| token.key == "(").next().unwrap_or_default();
    let first = |at: usize| head.get(at).map(|token| token.key.as_str());
    let is_new = first(0) == Some("create") && head.iter().any(|token| token.key == "table");
    let is_renamed = first(0) == Some("alter") && head.iter().any(|token| token.key == "rename");
    let named = |token: &Token<'_>| token.name().is_some_and(|name| name == table);
    (is_new || is_renamed) && head.iter().any(named)
}

/// Makes the schema, if it is not there, the first one for names without a schema, as Flyway does.
fn work_in(
    target: &BuildDatabase<'_>,
    session: &mut Session,
    schema: &str,
) -> Result<(), SourceError> {
    let name = quote_ident(schema);
    let sql =
        format!("CREATE SCHEMA IF NOT EXISTS {name}; SET search_path = {name}, \"$user\", public");
    let done = session.client().batch_execute(&sql);
    done.map_err(|err| target.server_error(format!("work in the schema {name}"), err))
}

fn extensions_of_the_other(
    target: &BuildDatabase<'_>,
    scripts: &[Prepared],
) -> Vec<(String, String)> {
    let made: BTreeSet<String> =
        scripts.iter().flat_map(Prepared::texts).filter_map(created_extension).collect();
    target.profile.extensions.iter().filter(|(name, _)| !made.contains(name)).cloned().collect()
}

/// Says what may help, if a statement failed because something is not there: it may be what another
/// one made before the first migration.
pub(super) fn with_way_out(mut err: SourceError) -> SourceError {
    if may_miss_an_extension(&err)
        && let SourceError::Script { hint, .. } = &mut err
    {
        *hint = Some(Hint::GiveBase);
    }
    err
}

/// Whether a statement failed because something is not there.
fn may_miss_an_extension(err: &SourceError) -> bool {
    let SourceError::Script { failure, .. } = err else { return false };
    let codes = [
        SqlState::UNDEFINED_OBJECT,
        SqlState::UNDEFINED_FUNCTION,
        SqlState::UNDEFINED_TABLE,
        SqlState::INVALID_SCHEMA_NAME,
    ];
    let found = failure.server.sqlstate.as_deref();
    codes.iter().any(|code| found == Some(code.code()))
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
    target: &BuildDatabase<'_>,
    session: &mut Session,
    extensions: &[(String, String)],
) -> Result<(), SourceError> {
    for (name, schema) in extensions {
        let mut sql = String::new();
        if schema != "pg_catalog" {
            sql = format!("CREATE SCHEMA IF NOT EXISTS {};", quote_ident(schema));
        }
        sql += &format!(
            "CREATE EXTENSION IF NOT EXISTS {} SCHEMA {} CASCADE",
            quote_ident(name),
            quote_ident(schema)
        );
        let result = session.client().batch_execute(&sql);
        result.map_err(|err| {
            target.server_error(
                format!("create the extension \"{name}\", which the other side has"),
                err,
            )
        })?;
    }
    Ok(())
}
