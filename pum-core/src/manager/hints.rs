//! What helps to correct a difference: the delta that last named the object, and what would make
//! test what the reference is.

use super::Hint;
use super::changed::{Cause, cause};
use super::remedy::{Sides, in_order};
use crate::diff::Difference;
use crate::source::last_named;
use crate::upgrade::{Measurements, UpgradePlan};

/// One hint for each difference of which there is something to say, in an order in which the
/// remedies can be run.
pub(super) fn hints(sides: &Sides<'_>, plan: &UpgradePlan, measured: &Measurements) -> Vec<Hint> {
    let mut hints: Vec<(&Difference, Hint)> = Vec::new();
    for difference in &sides.comparison.differences {
        let identity = difference.identity.clone();
        // Several attributes of an object may take one statement.
        let is_new = |remedy: &String| {
            !hints
                .iter()
                .any(|(_, hint)| hint.identity == identity && hint.remedy.as_ref() == Some(remedy))
        };
        let remedy = sides.remedy(difference).filter(is_new);
        let hint = match cause(difference, measured, plan) {
            Cause::Statement(place) => Hint { changed_in: Some(place), ..Hint::about(identity) },
            Cause::None => Hint { unchanged: true, ..Hint::about(identity) },
            Cause::Unknown => {
                let scripts = plan.steps.iter().map(|step| &step.script);
                let named_in = last_named(&[&identity], scripts).pop().flatten();
                Hint { named_in, ..Hint::about(identity) }
            }
        };
        if hint.changed_in.is_some()
            || hint.unchanged
            || hint.named_in.is_some()
            || remedy.is_some()
        {
            hints.push((difference, Hint { remedy, ..hint }));
        }
    }
    in_order(hints, sides)
}
