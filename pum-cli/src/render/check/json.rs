//! A comparison for programs; `docs/schema/check.schema.json` describes it.

use pum_core::compare::Comparison;
use pum_core::diff::Difference;
use serde_json::{Value, json};

use super::compared::Compared;
use crate::render::json::{FORMAT_VERSION, pretty};

pub(crate) fn report(compared: &Compared<'_>) -> String {
    let mut value = json!({ "format_version": FORMAT_VERSION });
    if let (Value::Object(into), Value::Object(from)) = (&mut value, report_value(compared)) {
        into.extend(from);
    }
    pretty(&value)
}

pub(crate) fn report_value(compared: &Compared<'_>) -> Value {
    let comparison = compared.comparison;
    json!({
        "same": compared.same(),
        "left": { "source": compared.left, "objects": comparison.left_objects },
        "right": { "source": compared.right, "objects": comparison.right_objects },
        "differences": comparison.differences.iter().map(|found| difference(found, comparison)).collect::<Vec<_>>(),
        "not_compared": compared.limits,
        "default_versions": comparison.default_versions,
        "renames": comparison.renames,
        "hidden": comparison.hidden,
        "accepted": compared.accepted,
        "respelled": comparison.canonicalized,
        "not_respelled": comparison.not_canonicalized,
        "passed_over": compared.passed_over,
    })
}

/// What the library says of it, and its fingerprints.
fn difference(difference: &Difference, comparison: &Comparison) -> Value {
    let mut value = json!(difference);
    value["fingerprint"] = json!(difference.fingerprint());
    value["values_fingerprint"] = json!(comparison.contents.fingerprint(difference));
    value
}
