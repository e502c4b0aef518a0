//! What helps to correct a difference: the delta that last named the object, and what would make
//! test what the reference is.

use serde::Serialize;

use super::changed::{Cause, cause};
use super::suggested_sql::Sides;
use super::suggestion_order::in_order;
use crate::diff::Difference;
use crate::model::Identity;
use crate::source::{SourceLocation, last_named};
use crate::upgrade::{Measurements, UpgradePlan};

/// What helps to correct one difference between test and reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Suggestion {
    /// The object.
    pub identity: Identity,
    /// The statement of the pending deltas that changed it last, or what it belongs to, as the
    /// rehearsal saw it.
    pub changed_in: Option<SourceLocation>,
    /// Whether it was seen that no statement of the pending deltas changed it.
    pub unchanged: bool,
    /// Where neither could be seen: the statement of the pending deltas that named it last.
    pub named_in: Option<SourceLocation>,
    /// What would bring test to the reference in this difference, where statements can say it. What
    /// loses data is only a comment.
    #[serde(rename = "remedy")]
    pub sql: Option<String>,
}

impl Suggestion {
    fn about(identity: Identity) -> Self {
        Self { identity, changed_in: None, unchanged: false, named_in: None, sql: None }
    }
}

/// One for each difference of which there is something to say, in an order in which their SQL can be
/// run.
pub(super) fn suggestions(
    sides: &Sides<'_>,
    plan: &UpgradePlan,
    measured: &Measurements,
) -> Vec<Suggestion> {
    let mut found: Vec<(&Difference, Suggestion)> = Vec::new();
    for difference in &sides.comparison.differences {
        let identity = difference.identity.clone();
        // Several attributes of an object may take one statement.
        let is_new = |sql: &String| {
            !found.iter().any(|(_, one)| one.identity == identity && one.sql.as_ref() == Some(sql))
        };
        let sql = sides.suggested_sql(difference).filter(is_new);
        let one = match cause(difference, measured, plan) {
            Cause::Statement(place) => {
                Suggestion { changed_in: Some(place), ..Suggestion::about(identity) }
            }
            Cause::None => Suggestion { unchanged: true, ..Suggestion::about(identity) },
            Cause::Unknown => {
                let scripts = plan.steps.iter().map(|step| &step.script);
                let named_in = last_named(&[&identity], scripts).pop().flatten();
                Suggestion { named_in, ..Suggestion::about(identity) }
            }
        };
        if one.changed_in.is_some() || one.unchanged || one.named_in.is_some() || sql.is_some() {
            found.push((difference, Suggestion { sql, ..one }));
        }
    }
    let suggested: Vec<(&Difference, &str)> = found
        .iter()
        .map(|(difference, one)| (*difference, one.sql.as_deref().unwrap_or_default()))
        .collect();
    let order = in_order(&suggested, sides);
    let mut found: Vec<Option<Suggestion>> = found.into_iter().map(|(_, one)| Some(one)).collect();
    order.into_iter().filter_map(|at| found.get_mut(at)?.take()).collect()
}
