//! Whether a plan does what it says: it is run on a copy of the left schema, which is compared with
//! the right one, and planned again.

use super::migration_plan::MigrationPlan;
use super::sources::{Migration, plan_sources};
use crate::compare::CompareOptions;
use crate::connect::{Session, quote_ident};
use crate::source::{Content, Opened, RoundTrip, Toolchain, provide_roles};
use crate::{Context, Interrupt};

/// What came of running a plan on a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proof {
    /// It was applied, no difference is left, and there is nothing more to do.
    Proven {
        /// The version of the server on which it was.
        version: String,
    },
    /// It was not.
    Failed {
        /// What went wrong.
        reason: String,
    },
    /// No copy could be made.
    Missing {
        /// Why.
        reason: String,
    },
}

/// Runs a plan on a scratch copy of the left side.
pub fn prove(
    plan: &MigrationPlan,
    (left, right): (&mut Opened, &mut Opened),
    options: &CompareOptions,
    toolchain: &Toolchain,
    context: &mut Context<'_>,
) -> Proof {
    let (mut copy, version) = match copy_of(left, right, options, toolchain, context) {
        Ok(copy) => copy,
        Err(reason) => return Proof::Missing { reason },
    };
    let applied = apply(plan, &mut copy);
    let found = applied.and_then(|()| {
        let mut copy = Opened::database(copy);
        let again = plan_sources(&mut copy, right, options, Some(toolchain), context);
        again.map_err(|err| err.to_string())
    });
    match found {
        Err(reason) => Proof::Failed { reason },
        Ok(Migration { comparison, plan: again }) => {
            let left: Vec<String> = comparison
                .differences
                .iter()
                .filter(|difference| !MigrationPlan::leaves_out(difference))
                .map(|difference| difference.between("the result", right.label()))
                .collect();
            if !left.is_empty() {
                Proof::Failed { reason: format!("what is left: {}", left.join("; ")) }
            } else if again.steps.is_empty() {
                Proof::Proven { version }
            } else {
                let steps: Vec<String> =
                    again.steps.iter().flat_map(|step| step.statements.clone()).collect();
                Proof::Failed { reason: format!("there is more to do: {}", steps.join(" ")) }
            }
        }
    }
}

fn copy_of(
    left: &mut Opened,
    right: &mut Opened,
    options: &CompareOptions,
    toolchain: &Toolchain,
    context: &mut Context<'_>,
) -> Result<(Session, String), String> {
    let interrupt = context.interrupt().clone();
    let (Content::Database(left), Content::Database(right)) =
        (&mut left.content, &mut right.content)
    else {
        return Err("a snapshot cannot be copied".to_owned());
    };
    let major = left.version().major();
    let server = toolchain.scratch.get(major, &interrupt).map_err(|err| err.to_string())?;
    if server.major() != major {
        return Err(format!(
            "the installed PostgreSQL server is version {}, but version {major} is required",
            server.major()
        ));
    }
    let scope = crate::compare::scope_of(options);
    let trip = RoundTrip { toolchain, server, major, scope: &scope, interrupt: &interrupt };
    let text = |err: crate::source::RoundTripError| err.to_string();
    provide_roles(left, server, &interrupt).map_err(text)?;
    provide_roles(right, server, &interrupt).map_err(text)?;
    let copy = trip.copy(left, "pum_proof").map_err(text)?;
    let version = copy.version().to_string();
    let copy = as_role(copy, left.settings().user(), &interrupt)?;
    Ok((copy, version))
}

/// The same database for the role that is going to run the statements, and so owns what they create.
/// What it may do there is not known here: it may do everything.
fn as_role(mut copy: Session, role: &str, interrupt: &Interrupt) -> Result<Session, String> {
    if copy.settings().user() == role {
        return Ok(copy);
    }
    let name = quote_ident(role);
    // It is there already if anything is granted to it.
    let _ = copy.client().batch_execute(&format!("CREATE ROLE {name}"));
    let text = |err: postgres::Error| err.to_string();
    copy.client().batch_execute(&format!("ALTER ROLE {name} LOGIN SUPERUSER")).map_err(text)?;
    let settings = copy.settings().with("user", role).map_err(|err| err.to_string())?;
    Session::open(&settings, interrupt).map_err(|err| err.to_string())
}

/// Runs the statements as a script does.
fn apply(plan: &MigrationPlan, copy: &mut Session) -> Result<(), String> {
    let mut run = |sql: &str| {
        copy.client().batch_execute(sql).map_err(|err| {
            let message =
                err.as_db_error().map_or_else(|| err.to_string(), |it| it.message().to_owned());
            format!("{message}, at: {sql}")
        })
    };
    let (before, inside): (Vec<_>, Vec<_>) =
        plan.steps.iter().partition(|step| step.before_transaction);
    for statement in before.iter().flat_map(|step| &step.statements) {
        run(statement)?;
    }
    run(super::script::BEGIN)?;
    for statement in inside.iter().flat_map(|step| &step.statements) {
        run(statement)?;
    }
    run("COMMIT")
}
