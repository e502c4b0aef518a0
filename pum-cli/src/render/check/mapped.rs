//! Schemas that were compared with schemas of other names.

use std::collections::BTreeSet;

use pum_core::compare::{ComparedSchema, Comparison};
use pum_core::humanize::count;
use pum_core::model::Kind;
use schemars::JsonSchema;
use serde::Serialize;

use crate::limits::Limit;

/// A schema, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct SchemaVerdict<'a> {
    /// The schema of the left side; differences have its name.
    pub(crate) left: &'a str,
    /// Its counterpart on the right side.
    pub(crate) right: &'a str,
    /// How many differences there are.
    pub(crate) differences: usize,
}

/// What came of each schema.
pub(crate) fn verdicts(comparison: &Comparison) -> Vec<SchemaVerdict<'_>> {
    let of = |schema: &ComparedSchema| {
        let differences = comparison.differences.iter();
        differences.filter(|found| schema.holds(&found.identity)).count()
    };
    comparison
        .schemas
        .iter()
        .map(|schema| SchemaVerdict {
            left: &schema.left,
            right: &schema.right,
            differences: of(schema),
        })
        .collect()
}

/// The names of the sides, with those of the schemas where there is one: the sides can be one database.
pub(crate) fn sides(labels: [&str; 2], schemas: &[ComparedSchema]) -> [String; 2] {
    let [left, right] = labels;
    let only = |names: BTreeSet<&String>| match names.len() {
        1 => names.first().map(|name| (*name).clone()),
        _ => None,
    };
    let left_schema = only(schemas.iter().map(|schema| &schema.left).collect());
    let right_schema = only(schemas.iter().map(|schema| &schema.right).collect());
    let with = |label: &str, schema: Option<String>| match schema {
        Some(schema) => format!("{label} ({schema})"),
        None => label.to_owned(),
    };
    let model = right_schema
        .or_else(|| (!schemas.is_empty() && left == right).then(|| "the counterparts".to_owned()));
    [with(left, left_schema), with(right, model)]
}

/// The kinds that such a comparison has nothing of.
pub(crate) fn kinds_left_out(schemas: &[ComparedSchema]) -> impl Iterator<Item = Kind> {
    let says_something = |kind: Kind| matches!(kind, Kind::DefaultPrivileges | Kind::SecurityLabel);
    let kinds = if schemas.is_empty() { &[] } else { Kind::ALL };
    kinds.iter().copied().filter(move |kind| !kind.is_in_schema() && !says_something(*kind))
}

/// What such a comparison leaves out.
pub(crate) fn limits(schemas: &[ComparedSchema], from: &str) -> Vec<Limit> {
    const PUBLIC: &str = "public";
    let is_public = |schema: &ComparedSchema| {
        schema.left != schema.right && [&schema.left, &schema.right].contains(&&PUBLIC.to_owned())
    };
    let mut what = vec![
        format!("all but {}", count(schemas.len(), "schema")),
        "names of schemas within text, such as bodies of functions, which count as written"
            .to_owned(),
    ];
    if schemas.iter().any(is_public) {
        what.push("owner, privileges and comment of the schemas themselves".to_owned());
    }
    what.into_iter().map(|what| Limit { what, from: from.to_owned() }).collect()
}
