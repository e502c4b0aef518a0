//! What helps to correct a difference: the delta that last named the object, and what would make
//! test what the reference is.

use serde::Serialize;

use super::changed::{Cause, cause};
use crate::diff::{Change, Difference};
use crate::model::Identity;
use crate::plan::Migration;
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
    /// Statements of the plan that brings test to the reference; they can be run in the order of the
    /// suggestions. What loses data is only a comment.
    #[serde(rename = "remedy")]
    pub sql: Option<String>,
}

impl Suggestion {
    fn about(identity: Identity) -> Self {
        Self { identity, changed_in: None, unchanged: false, named_in: None, sql: None }
    }
}

/// The steps of the plan that would bring test to the reference, in their order, and the differences
/// for which there is none, if there is something to say of them.
pub(super) fn suggestions(
    differences: &[Difference],
    migration: Option<&Migration>,
    plan: &UpgradePlan,
    measured: &Measurements,
) -> Vec<Suggestion> {
    let mut found: Vec<Suggestion> = Vec::new();
    let about = |identity: &Identity| {
        let is_whole = |difference: &&Difference| {
            (&difference.identity.schema, difference.identity.group())
                == (&identity.schema, identity.group())
                && !matches!(difference.change, Change::Attribute { .. })
        };
        let own = differences.iter().find(|difference| difference.identity == *identity);
        // Of what belongs to something else nothing is told by itself.
        let difference = own.or_else(|| differences.iter().find(is_whole));
        difference.map_or_else(
            || Suggestion::about(identity.clone()),
            |difference| Suggestion {
                identity: identity.clone(),
                ..with_cause(difference, plan, measured)
            },
        )
    };
    let by_object = migration.map(Migration::sql_by_object).unwrap_or_default();
    found.extend(
        by_object
            .into_iter()
            .map(|(identity, sql)| Suggestion { sql: Some(sql), ..about(&identity) }),
    );
    for difference in differences {
        if !found.iter().any(|one| one.identity == difference.identity) {
            let one = with_cause(difference, plan, measured);
            let is_known = one.changed_in.is_some() || one.unchanged || one.named_in.is_some();
            found.extend(is_known.then_some(one));
        }
    }
    found
}

/// What there is to say of a difference but for SQL.
fn with_cause(difference: &Difference, plan: &UpgradePlan, measured: &Measurements) -> Suggestion {
    let identity = difference.identity.clone();
    match cause(difference, measured, plan) {
        Cause::Statement(place) => {
            Suggestion { changed_in: Some(place), ..Suggestion::about(identity) }
        }
        Cause::None => Suggestion { unchanged: true, ..Suggestion::about(identity) },
        Cause::Unknown => {
            let scripts = plan.steps.iter().map(|step| &step.script);
            let named_in = last_named(&[&identity], scripts).pop().flatten();
            Suggestion { named_in, ..Suggestion::about(identity) }
        }
    }
}
