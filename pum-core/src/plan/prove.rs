//! Whether a plan does what it says: it is run on a copy of the left schema, which is compared with
//! the right one, and planned again.

use super::apply::apply;
use super::copy::{Copier, SchemaCopy};
use super::migration_plan::MigrationPlan;
use super::sources::{Migration, Secrecy, plan_opened};
use crate::Context;
use crate::compare::CompareOptions;
use crate::source::{Opened, Toolchain};

/// What came of running a plan on a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proof {
    /// It was applied, no difference is left, and there is nothing more to do.
    Proven {
        /// The version of the server on which it was.
        version: String,
        /// Whether the left side is a snapshot, so that what it holds was created by pum's own
        /// statements and not by a dump.
        is_built: bool,
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
    let copied = Copier { options, toolchain }.copy(left, right, "pum_proof", context);
    let SchemaCopy { session: mut copy, is_built } = match copied {
        Ok(copy) => copy,
        Err(reason) => return Proof::Missing { reason },
    };
    let version = copy.version().to_string();
    let applied = apply(plan, &mut copy);
    let found = applied.and_then(|()| {
        let mut copy = Opened::database(copy).excluding(left.left_out().clone());
        let copy = (&mut copy, Secrecy::StandIns);
        let again = plan_opened(copy, right, options, Some(toolchain), context);
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
                Proof::Proven { version, is_built }
            } else {
                let steps: Vec<String> =
                    again.steps.iter().flat_map(|step| step.statements.clone()).collect();
                Proof::Failed { reason: format!("there is more to do: {}", steps.join(" ")) }
            }
        }
    }
}
