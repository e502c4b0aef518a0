//! A plan as a script for `psql`.

use super::MigrationPlan;
use super::steps::Step;

impl MigrationPlan {
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
        let (before, inside): (Vec<&Step>, Vec<&Step>) =
            self.steps.iter().partition(|step| step.before_transaction);
        let mut sql = String::new();
        for step in before {
            write_step(&mut sql, step);
        }
        if inside.is_empty() {
            return sql;
        }
        sql += "BEGIN;\nSET LOCAL search_path = '';\nSET LOCAL check_function_bodies = off;\n\n";
        for step in inside {
            write_step(&mut sql, step);
        }
        sql += "\nCOMMIT;\n";
        sql
    }
}

fn write_step(sql: &mut String, step: &Step) {
    if let Some(because) = &step.because {
        sql.push_str(&format!("-- {}: it depends on {because}\n", step.identity));
    }
    if let Some(loss) = step.loss {
        sql.push_str(&format!("-- destroys {loss}\n"));
    }
    for statement in &step.statements {
        sql.push_str(statement);
        sql.push('\n');
    }
}
