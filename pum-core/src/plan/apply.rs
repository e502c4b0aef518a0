use super::migration_plan::MigrationPlan;
use super::script::BEGIN;
use super::variables::with_stand_ins;
use crate::connect::Session;

/// Runs the statements as a script does, with stand-ins for passwords. Gives the message of the server and the statement if one
/// fails.
pub(super) fn apply(plan: &MigrationPlan, session: &mut Session) -> Result<(), String> {
    let mut run = |sql: &str| {
        session.client().batch_execute(sql).map_err(|err| {
            let message =
                err.as_db_error().map_or_else(|| err.to_string(), |it| it.message().to_owned());
            format!("{message}, at: {sql}")
        })
    };
    let (before, inside): (Vec<_>, Vec<_>) =
        plan.steps.iter().partition(|step| step.before_transaction);
    for statement in before.iter().flat_map(|step| &step.statements) {
        run(&with_stand_ins(statement, &plan.variables))?;
    }
    run(BEGIN)?;
    for statement in inside.iter().flat_map(|step| &step.statements) {
        run(&with_stand_ins(statement, &plan.variables))?;
    }
    run("COMMIT")
}
