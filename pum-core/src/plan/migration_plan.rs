use super::conversion_spec::ConversionSpec;
use super::effects::add_effects;
use super::renames::{AppliedRename, Renames};
use super::step::{Action, Refusal, Step};
use super::variables::Variable;
use crate::model::Model;

/// How statements are run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MigrationOptions {
    /// The role that runs them, and so owns what they create.
    pub role: String,
    /// The major version of the server that runs them.
    pub major: u32,
    /// By which expressions the values of columns are converted that get other types: without one, by a
    /// cast.
    pub conversions: Vec<ConversionSpec>,
}

impl MigrationOptions {
    /// For a role and a major version.
    pub fn new(role: impl Into<String>, major: u32) -> Self {
        Self { role: role.into(), major, conversions: Vec::new() }
    }
}

/// The statements that bring one schema to another, as data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationPlan {
    /// The steps, in the order in which they are run.
    pub steps: Vec<Step>,
    /// What cannot be done by statements.
    pub refused: Vec<Refusal>,
    /// What is left as it is: the order of columns.
    pub left_out: Vec<String>,
    /// The renames that were asked for.
    pub renames: Vec<AppliedRename>,
    /// The conversions that were asked for.
    pub conversions: Vec<ConversionSpec>,
    /// The variables that stand for passwords in the statements.
    pub variables: Vec<Variable>,
}

impl MigrationPlan {
    /// Puts renames before all other steps. `left` is the schema before them.
    pub(super) fn put_renames_first(&mut self, renames: Renames, left: &Model) {
        let Renames { applied, statements } = renames;
        // What is done before the transaction, and names objects as they are called then.
        let is_early = self
            .steps
            .iter()
            .any(|step| step.before_transaction && left.get(&step.identity).is_none());
        let mut steps: Vec<Step> = statements
            .into_iter()
            .map(|(identity, sql)| Step {
                statements: vec![sql],
                before_transaction: is_early,
                ..Step::new(Action::Rename, &identity)
            })
            .collect();
        if is_early {
            // All or none.
            if let Some(first) = steps.first_mut() {
                first.statements.insert(0, "BEGIN;".to_owned());
            }
            if let Some(last) = steps.last_mut() {
                last.statements.push("COMMIT;".to_owned());
            }
        }
        add_effects(&mut steps, left);
        for step in &mut self.steps {
            let renames = steps.len();
            step.needs.iter_mut().for_each(|number| *number += renames);
            // Each is planned from what they make.
            step.needs.splice(0..0, 0..renames);
        }
        steps.append(&mut self.steps);
        self.steps = steps;
        self.renames = applied;
    }
}
