//! Models of which only some attributes are given.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use crate::model::Model;
use crate::snapshot::Snapshot;

/// A model of what is written, in which all else is unset.
pub(in crate::plan) fn read(objects: &[(Value, Value)]) -> Model {
    let mut known: serde_json::Map<String, Value> = serde_json::Map::new();
    for kind in crate::model::Kind::ALL {
        known.insert(kind.element().to_owned(), json!([]));
    }
    let mut written: BTreeMap<String, BTreeSet<&String>> = BTreeMap::new();
    for (identity, attributes) in objects {
        let element = crate::model::Kind::ALL.iter().find(|kind| json!(kind) == identity["kind"]);
        let names = attributes.as_object().into_iter().flatten().map(|it| it.0);
        let element = element.map(|kind| kind.element().to_owned()).unwrap_or_default();
        written.entry(element).or_default().extend(names);
    }
    for (element, names) in written {
        known.insert(element, json!(names));
    }
    let objects: Vec<Value> = objects
        .iter()
        .map(|(identity, attributes)| {
            let set = attributes.as_object().into_iter().flatten();
            let set: serde_json::Map<String, Value> = set
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            json!({"identity": identity, "attributes": set})
        })
        .collect();
    let written = json!({
        "format_version": 1, "pum_version": "", "server_version": "18.0", "settled_by": null,
        "left_out": {"tables": [], "schemas": [], "elements": []}, "roles": [],
        "attributes": known, "objects": objects, "respelled": [],
    });
    let read = Snapshot::parse(Path::new(""), &written.to_string());
    read.map(|snapshot| snapshot.model().clone()).unwrap_or_default()
}
