//! Whether a plan does what it says: it is run on a copy of the left schema, which is compared with
//! the right one, and planned again.

use super::apply::{MissingCast, apply, other_missing_casts};
use super::copy::{Copier, SchemaCopy};
use super::error::MigrationError;
use super::migration_plan::MigrationPlan;
use super::sources::{Migration, PlanRequest, plan_again};
use crate::Context;
use crate::compare::{CompareError, read_side};
use crate::diff::{Difference, schema_fingerprint};
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
    /// There is no cast from the types that columns have to those that they get: it must be said how their
    /// values are converted ([`PlanRequest::conversions`]).
    NoCast {
        /// The columns, in the order of the plan. One that gets a type which the plan itself creates is only
        /// among them if it is the first.
        columns: Vec<MissingCast>,
        /// What the server said of the first.
        reason: String,
    },
    /// No copy could be made.
    Missing {
        /// Why.
        reason: String,
    },
}

impl Migration {
    /// Whether a difference is among those that no plan changes.
    pub(crate) fn leaves_out(difference: &Difference) -> bool {
        MigrationPlan::leaves_out(difference)
    }

    /// What the statements before did not do, if this was planned from what they made.
    pub(crate) fn left_over(&self, right: &str) -> Option<String> {
        left_over(self, right)
    }

    /// Runs the statements on a copy of the left side on a scratch server, compares what comes of it with
    /// the right side, and plans again. A database is copied by `pg_dump` and `pg_restore`, without rows;
    /// of a snapshot what it holds is created.
    ///
    /// # Errors
    ///
    /// If one of the sides was changed since it was read for the plan, or the context is interrupted.
    /// What keeps the statements from being run or proven is the outcome.
    pub fn prove(
        &self,
        [left, right]: [&mut Opened; 2],
        request: &PlanRequest,
        toolchain: &Toolchain,
        context: &mut Context<'_>,
    ) -> Result<Proof, MigrationError> {
        let copier = Copier { options: &request.compare, toolchain };
        let outcome = copier.copy(left, right, "pum_proof", context);
        context.check().map_err(CompareError::from)?;
        let SchemaCopy { session: mut copy, is_built } = match outcome {
            Ok(copy) => copy,
            Err(reason) => return Ok(Proof::Missing { reason }),
        };
        let version = copy.version().to_string();
        let applied = apply(&self.plan, &mut copy);
        context.check().map_err(CompareError::from)?;
        let now = read_side(left, right, &request.compare, context)?;
        if schema_fingerprint(&now, &request.compare.filters) != self.from {
            return Err(MigrationError::Changed { label: left.label().to_owned() });
        }
        if let Err(failed) = applied {
            let reason = failed.to_string();
            if let Some(first) = failed.missing_cast() {
                let mut columns = vec![first];
                columns.extend(other_missing_casts(&self.plan, &columns[0].column, &mut copy));
                return Ok(Proof::NoCast { columns, reason });
            }
            return Ok(if failed.is_about_extension() {
                Proof::Missing { reason: format!("the scratch server says: {reason}") }
            } else {
                Proof::Failed { reason }
            });
        }
        let mut copy = Opened::database(copy).excluding(left.left_out().clone());
        let again = match plan_again(&mut copy, right, request, toolchain, context) {
            Ok(again) => again,
            Err(err) => {
                context.check().map_err(CompareError::from)?;
                return Ok(Proof::Failed { reason: err.to_string() });
            }
        };
        if again.to != self.to {
            return Err(MigrationError::Changed { label: right.label().to_owned() });
        }
        Ok(match left_over(&again, right.label()) {
            None => Proof::Proven { version, is_built },
            Some(reason) => Proof::Failed { reason },
        })
    }
}

/// What the statements did not do.
pub(super) fn left_over(again: &Migration, right: &str) -> Option<String> {
    let differences = again.comparison.differences.iter();
    let left: Vec<String> = differences
        .filter(|difference| !MigrationPlan::leaves_out(difference))
        .map(|difference| difference.between("the result", right))
        .collect();
    if !left.is_empty() {
        return Some(format!("what is left: {}", left.join("; ")));
    }
    let steps = again.plan.steps.iter();
    let steps: Vec<String> = steps.flat_map(|step| step.statements.clone()).collect();
    (!steps.is_empty()).then(|| format!("there is more to do: {}", steps.join(" ")))
}
