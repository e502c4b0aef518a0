//! A comparison in the Static Analysis Results Interchange Format, version 2.1.0.
//!
//! A difference is in a database: its place is a logical location. Where a side was built from SQL
//! files it is also the line that made or changed the object last; no file is made up for those
//! readers that want one.

use std::collections::BTreeMap;

use pum_core::diff::{Change, Difference};
use pum_core::model::Kind;
use serde_json::{Value, json};

use super::compared::{Compared, element};
use super::locations::uri;
use crate::render::sarif::SarifRun;

pub(crate) fn report(compared: &Compared<'_>) -> String {
    let mut broken: BTreeMap<String, &Difference> = BTreeMap::new();
    for difference in compared.differences() {
        broken.entry(rule_name(difference)).or_insert(difference);
    }
    let rules: Vec<Value> =
        broken.iter().map(|(name, first)| rule(compared, name, first)).collect();
    let places: BTreeMap<&String, usize> =
        broken.keys().enumerate().map(|(at, name)| (name, at)).collect();
    let results: Vec<Value> = compared
        .differences()
        .iter()
        .map(|difference| {
            let name = rule_name(difference);
            let index = places.get(&name).copied();
            result(compared, difference, &name, index)
        })
        .collect();
    let notes = compared.notes_with_limits().into_iter();
    let mut properties = json!({
        "verdict": compared.verdict(),
        "left": compared.left,
        "right": compared.right,
    });
    let schemas = compared.schemas();
    if !schemas.is_empty() {
        properties["schemas"] = json!(schemas);
    }
    let run = SarifRun {
        rules,
        results,
        notifications: notes.map(|note| ("warning", note)).collect(),
        successful: true,
        properties,
    };
    run.report()
}

/// `columns.only_left`, `columns.data_type`
fn rule_name(difference: &Difference) -> String {
    let side = match difference.change {
        Change::OnlyLeft => ".only_left",
        Change::OnlyRight => ".only_right",
        Change::Attribute { .. } => "",
    };
    element(difference) + side
}

fn rule(compared: &Compared<'_>, name: &str, of: &Difference) -> Value {
    let kind = of.identity.kind.name();
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "An" } else { "A" };
    let text = match &of.change {
        Change::OnlyLeft => format!("{article} {kind} is only in {}.", compared.left),
        Change::OnlyRight => format!("{article} {kind} is only in {}.", compared.right),
        Change::Attribute { name, .. } => {
            format!("{article} {kind} has a different {name} on each side.")
        }
    };
    json!({ "id": name, "shortDescription": { "text": text } })
}

fn result(
    compared: &Compared<'_>,
    difference: &Difference,
    rule: &str,
    index: Option<usize>,
) -> Value {
    let identity = &difference.identity;
    let sentence = format!("{identity}: {}", compared.sentence(difference));
    let mut fingerprints = json!({ "pumDifference/v1": difference.fingerprint() });
    if let Some(values) = compared.comparison.contents.fingerprint(difference) {
        fingerprints["pumValues/v1"] = json!(values);
    }
    let mut location = json!({ "logicalLocations": [{
        "name": crate::text::printable(&identity.name),
        "fullyQualifiedName": identity.qualified_name(),
        "kind": location_kind(identity.kind),
    }] });
    if let Some(place) = compared.places.get(difference) {
        location["physicalLocation"] = json!({
            "artifactLocation": { "uri": uri(&place.path) },
            "region": { "startLine": place.line },
        });
    }
    let mut result = json!({
        "ruleId": rule,
        "ruleIndex": index,
        "level": if compared.fails(difference) { "error" } else { "note" },
        "message": { "text": sentence },
        "locations": [location],
        "partialFingerprints": fingerprints,
    });
    if let Change::Attribute { left, right, .. } = &difference.change {
        result["properties"] = json!({ "left": left.to_string(), "right": right.to_string() });
    }
    result
}

/// SARIF has words for some kinds.
fn location_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Schema => "namespace",
        Kind::Function => "function",
        Kind::Column => "member",
        Kind::BaseType | Kind::EnumType | Kind::CompositeType | Kind::Domain | Kind::RangeType => {
            "type"
        }
        other => other.name(),
    }
}
