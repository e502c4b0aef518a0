//! A plan as a script for `psql`.

use super::delta_sections::LOCK_TIMEOUT;
use super::migration_plan::MigrationPlan;
use super::step::Step;
use super::variables::for_psql;
use crate::diff::{Change, Difference};
use crate::model::Kind;

/// What a script begins with, inside of which bodies are not looked at, and all names have their
/// schemas.
pub(super) const BEGIN: &str = "BEGIN;\nSET LOCAL client_encoding = 'UTF8';\nSET LOCAL search_path = '';\nSET LOCAL check_function_bodies = off;\n";

impl MigrationPlan {
    /// Whether a difference is among those that are left as they are.
    pub(super) fn leaves_out(difference: &Difference) -> bool {
        let is_position = matches!(difference.change, Change::Attribute { name: "position", .. });
        is_position && difference.identity.kind == Kind::Column
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.refused.is_empty()
    }

    /// The steps that destroy what cannot be computed again.
    pub fn losses(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.loss.is_some())
    }

    /// The statements as a script, for `psql -X -v ON_ERROR_STOP=1 -f`: what can be undone in one
    /// transaction, before it what must be committed to be used.
    pub fn to_sql(&self) -> String {
        self.to_sql_without(|_| false)
    }

    /// The same, with the statements of some steps as comments.
    pub fn to_sql_without(&self, is_left_out: impl Fn(&Step) -> bool) -> String {
        let mut sql = String::new();
        for group in self.groups() {
            if group.is_transaction {
                if sql.ends_with("COMMIT;\n") {
                    sql.push('\n');
                }
                sql += BEGIN;
                if self.is_online() {
                    sql += &format!("SET LOCAL lock_timeout = {};\n", LOCK_TIMEOUT.as_millis());
                }
                sql.push('\n');
            } else if !group.is_before {
                // What is built here waits for others to end, and blocks no other session.
                sql += "\nSET search_path = '';\nSET lock_timeout = 0;\n";
            }
            for step in &group.steps {
                sql += &self.step_sql(step, is_left_out(step));
            }
            if group.is_transaction {
                sql += "\nCOMMIT;\n";
            }
        }
        sql
    }

    /// The statements of a step as psql takes them: nothing in them is a variable but those that stand
    /// for passwords.
    pub fn psql_statements(&self, step: &Step) -> Vec<String> {
        let statements = step.statements.iter();
        statements.map(|statement| for_psql(statement, &self.variables)).collect()
    }

    /// The statements of a step, with what there is to say of them, each line with its end; as comments
    /// if the step is left out.
    pub(crate) fn step_sql(&self, step: &Step, is_left_out: bool) -> String {
        Self::with_remarks(step, &self.psql_statements(step), is_left_out)
    }

    /// The same for statements that are written in another way.
    pub(super) fn with_remarks(step: &Step, statements: &[String], is_left_out: bool) -> String {
        let mut sql = String::new();
        if let Some(because) = &step.because {
            sql.push_str(&format!("-- {}: depends on {because}\n", step.identity));
        }
        if let Some(remark) = &step.remark {
            sql.push_str(&format!("-- {}: {remark}\n", step.identity));
        }
        if let Some(loss) = step.loss {
            sql.push_str(&format!("-- destroys {loss}\n"));
        }
        for statement in statements {
            if is_left_out {
                // For psql either of them ends a comment.
                for line in statement.split(['\n', '\r']) {
                    sql.push_str(&format!("-- {line}\n"));
                }
            } else {
                sql.push_str(statement);
                sql.push('\n');
            }
        }
        sql
    }
}
