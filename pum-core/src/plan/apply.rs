use std::fmt;

use super::migration_plan::MigrationPlan;
use super::script::BEGIN;
use super::variables::with_stand_ins;
use crate::connect::Session;

/// A statement that failed.
pub(super) struct Failed {
    sql: String,
    message: String,
}

impl Failed {
    /// Whether the server lacks an extension, or a version of one.
    pub(super) fn is_about_extension(&self) -> bool {
        ["CREATE EXTENSION ", "ALTER EXTENSION "].iter().any(|start| self.sql.starts_with(start))
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at: {}", self.message, self.sql)
    }
}

/// Runs statements, all or none.
pub(super) fn run_in_transaction<'s>(
    session: &mut Session,
    statements: impl Iterator<Item = &'s str>,
) -> Result<(), Failed> {
    run(session, BEGIN)?;
    for statement in statements {
        run(session, statement)?;
    }
    run(session, "COMMIT")
}

fn run(session: &mut Session, sql: &str) -> Result<(), Failed> {
    session.client().batch_execute(sql).map_err(|err| {
        let message =
            err.as_db_error().map_or_else(|| err.to_string(), |it| it.message().to_owned());
        Failed { sql: sql.to_owned(), message }
    })
}

/// Runs the statements as a script does, with stand-ins for passwords. Gives the message of the server and the statement if one
/// fails.
pub(super) fn apply(plan: &MigrationPlan, session: &mut Session) -> Result<(), Failed> {
    for group in plan.groups() {
        let statements = group.steps.iter().flat_map(|step| &step.statements);
        let statements: Vec<String> =
            statements.map(|statement| with_stand_ins(statement, &plan.variables)).collect();
        if group.is_transaction {
            run_in_transaction(session, statements.iter().map(|it| &**it))?;
        } else {
            statements.iter().try_for_each(|statement| run(session, statement))?;
        }
    }
    Ok(())
}
