//! A plan as what it says of each object.

use super::sources::Migration;
use super::step::Action;
use crate::model::Identity;

impl Migration {
    /// The statements by object, in the order in which they can be run; those of an object that follow
    /// each other are one text. What loses data is only a comment; so is the reason why there is no
    /// statement, which comes last.
    pub fn sql_by_object(&self) -> Vec<(Identity, String)> {
        let mut found: Vec<(Identity, String)> = Vec::new();
        for step in &self.plan.steps {
            let mut sql = String::new();
            let renamed = self.suggested.iter().find(|rename| rename.dropped == step.identity);
            if let Some(rename) = renamed.filter(|_| step.action == Action::Drop) {
                let statements = rename.statements.join(" ");
                sql += &format!("-- it looks renamed; if it is: {statements}\n");
            }
            sql += &self.plan.step_sql(step, step.loss.is_some());
            match found.last_mut().filter(|(last, _)| *last == step.identity) {
                Some((_, text)) => text.push_str(&sql),
                None => found.push((step.identity.clone(), sql)),
            }
        }
        let refused = self.plan.refused.iter().map(|refusal| {
            (refusal.identity.clone(), format!("-- no statement: {}\n", refusal.reason))
        });
        found.extend(refused);
        for (_, sql) in &mut found {
            sql.truncate(sql.trim_end().len());
        }
        found
    }
}
