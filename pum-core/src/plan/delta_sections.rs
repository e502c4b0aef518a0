//! A plan as parts of a delta, which pum's runner runs.

use std::time::Duration;

use super::groups::Group;
use super::migration_plan::MigrationPlan;
use super::placement::is_fill;
use super::variables::for_delta;
use crate::delta::{DeltaSection, VariableForm};

/// What a part begins with, in its transaction or for its session.
const SETTINGS: [&str; 2] = ["search_path = ''", "check_function_bodies = off"];

/// How long a statement waits for a lock that others queue behind.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

impl MigrationPlan {
    /// The statements as parts of a delta: each is run in a transaction of its own, or without one.
    /// Passwords are variables of this form, which is how the scripts of the directory refer to them;
    /// none if they have no variables.
    pub fn to_delta(&self, form: Option<VariableForm>) -> Vec<DeltaSection> {
        let section = |group: &Group<'_>| self.section(group, form);
        self.groups().iter().map(section).collect()
    }

    fn section(&self, group: &Group<'_>, form: Option<VariableForm>) -> DeltaSection {
        // What must be committed before it is used can be in a transaction.
        let no_transaction = !group.is_transaction && !group.is_before;
        let set = if no_transaction { "SET" } else { "SET LOCAL" };
        let mut sql = String::new();
        for setting in SETTINGS {
            sql.push_str(&format!("{set} {setting};\n"));
        }
        sql.push('\n');
        for step in &group.steps {
            let statements = step.statements.iter();
            // The runner makes the transaction.
            let statements = statements.filter(|sql| !matches!(&***sql, "BEGIN;" | "COMMIT;"));
            let statements: Vec<String> = statements.cloned().collect();
            sql.push_str(&Self::with_remarks(step, &statements, false));
        }
        // What was filled stays filled.
        let statements = group.steps.iter().flat_map(|step| &step.statements);
        let resume_again = no_transaction && statements.into_iter().any(|sql| is_fill(sql));
        let sql = for_delta(&sql, &self.variables, form);
        // What is built without a transaction waits for others to end, and blocks no other session.
        let lock_timeout = match (self.is_online(), no_transaction) {
            (false, _) => None,
            (true, true) => Some(Duration::ZERO),
            (true, false) => Some(LOCK_TIMEOUT),
        };
        DeltaSection { no_transaction, resume_again, lock_timeout, ..DeltaSection::new(sql) }
    }
}
