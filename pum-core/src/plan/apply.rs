use std::fmt;

use super::migration_plan::MigrationPlan;
use super::script::BEGIN;
use super::steps::Step;
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
    let (before, inside): (Vec<_>, Vec<_>) =
        plan.steps.iter().partition(|step| step.before_transaction);
    let with_stand_ins = |steps: &[&Step]| -> Vec<String> {
        let statements = steps.iter().flat_map(|step| &step.statements);
        statements.map(|statement| with_stand_ins(statement, &plan.variables)).collect()
    };
    for statement in with_stand_ins(&before) {
        run(session, &statement)?;
    }
    run_in_transaction(session, with_stand_ins(&inside).iter().map(|it| &**it))
}
