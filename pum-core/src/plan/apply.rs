use std::fmt;

use postgres::error::SqlState;

use super::migration_plan::MigrationPlan;
use super::script::BEGIN;
use super::step::Step;
use super::variables::with_stand_ins;
use crate::connect::Session;
use crate::model::Identity;

/// A column that gets a type to which there is no cast.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingCast {
    /// The column.
    pub column: Identity,
    /// The type that it has.
    pub from: String,
    /// The type that it gets.
    pub to: String,
}

/// A statement that failed.
pub(super) struct Failed {
    sql: String,
    message: String,
    code: Option<SqlState>,
    /// The column that it was to give another type, the type that that has, and the one that it gets.
    retyped: Option<(Identity, [String; 2])>,
}

impl Failed {
    /// Whether the server lacks an extension, or a version of one.
    pub(super) fn is_about_extension(&self) -> bool {
        ["CREATE EXTENSION ", "ALTER EXTENSION "].iter().any(|start| self.sql.starts_with(start))
    }

    /// The column for which there is no cast from one type to the other.
    pub(super) fn missing_cast(&self) -> Option<MissingCast> {
        let codes = [SqlState::DATATYPE_MISMATCH, SqlState::CANNOT_COERCE];
        let (column, [from, to]) = self.retyped.clone()?;
        let is_missing = self.code.as_ref().is_some_and(|code| codes.contains(code));
        is_missing.then_some(MissingCast { column, from, to })
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
        let (sql, code) = (sql.to_owned(), err.code().cloned());
        let message =
            err.as_db_error().map_or_else(|| err.to_string(), |it| it.message().to_owned());
        Failed { sql, message, code, retyped: None }
    })
}

/// Runs the statements as a script does, with stand-ins for passwords. Gives the message of the server
/// and the statement if one fails.
pub(super) fn apply(plan: &MigrationPlan, session: &mut Session) -> Result<(), Failed> {
    for group in plan.groups() {
        if group.is_transaction {
            run(session, BEGIN)?;
        }
        for step in &group.steps {
            run_step(step, plan, session)?;
        }
        if group.is_transaction {
            run(session, "COMMIT")?;
        }
    }
    Ok(())
}

fn run_step(step: &Step, plan: &MigrationPlan, session: &mut Session) -> Result<(), Failed> {
    let mut statements = step.statements.iter().map(|sql| with_stand_ins(sql, &plan.variables));
    statements.try_for_each(|statement| run(session, &statement)).map_err(|err| {
        let retyped = step.types.clone().map(|types| (step.identity.clone(), types));
        Failed { retyped, ..err }
    })
}

/// The columns but `first` for which there is no cast either, once a plan has failed at that one.
///
/// Each is changed by itself, and back: the server looks for the cast before it looks for what stands in
/// the way, such as a view.
pub(super) fn other_missing_casts(
    plan: &MigrationPlan,
    first: &Identity,
    session: &mut Session,
) -> Vec<MissingCast> {
    let retyped = plan.steps.iter().filter(|step| step.types.is_some() && step.identity != *first);
    let mut missing = Vec::new();
    for step in retyped {
        let _ = run(session, "ROLLBACK");
        if run(session, BEGIN).is_err() {
            break;
        }
        missing.extend(run_step(step, plan, session).err().and_then(|err| err.missing_cast()));
    }
    let _ = run(session, "ROLLBACK");
    missing
}
