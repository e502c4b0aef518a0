//! A comparison for programs; `docs/schema/check.schema.json` describes it.

use pum_core::compare::{Comparison, ExtensionVersions, Undecided};
use pum_core::diff::{Difference, HiddenByRule, PartitionManager, Rename};
use schemars::JsonSchema;
use serde::Serialize;

use super::compared::Compared;
use super::mapped::SchemaVerdict;
use crate::accepted::AcceptedSummary;
use crate::limits::Limit;
use crate::render::json;

/// A comparison.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CheckJson<'a> {
    /// Whether there are no differences but hidden ones.
    same: bool,
    left: Side<'a>,
    right: Side<'a>,
    /// With `--map-schema`, the schemas that were compared with schemas of other names, and nothing else
    /// was; otherwise there are none.
    schemas: Vec<SchemaVerdict<'a>>,
    /// Tables whose partitions come and go: which there are is no difference, but what deviates from the
    /// table is.
    managed_partitions: Vec<ManagedJson>,
    /// Sorted by schema, table and kind.
    differences: Vec<FoundDifference<'a>>,
    /// How many differences fail the check, as --fail-on says: all by default.
    failing: usize,
    /// The limits of the answer, beyond those of the default preset.
    not_compared: &'a [Limit],
    /// Extensions that have another version on each side because each has the one that its server,
    /// of another major version, installs by default. They are not among the differences.
    default_versions: &'a [ExtensionVersions],
    /// Objects that only one side has and that look like each other. Both are among the
    /// differences.
    renames: &'a [Rename],
    /// How many differences each rule of the configuration hid.
    hidden: &'a [HiddenByRule],
    /// The effect of the accepted differences; null if there are none.
    accepted: Option<&'a AcceptedSummary>,
    /// How many differences were only another spelling of the same SQL.
    canonicalized: usize,
    /// Why it could not be found out which differences in SQL are such ones.
    not_canonicalized: Option<&'a str>,
    /// The differences of which it is not known whether they are only another spelling.
    undecided: &'a [Undecided],
}

/// A table whose partitions come and go.
#[derive(Serialize, JsonSchema)]
struct ManagedJson {
    /// The table.
    parent: String,
    /// What makes its partitions; null if options or the configuration say that they come and go.
    manager: Option<PartitionManager>,
    /// How many it has on the left side.
    left: usize,
    /// How many it has on the right side.
    right: usize,
}

#[derive(Serialize, JsonSchema)]
struct Side<'a> {
    /// Its name.
    source: &'a str,
    /// How many objects it has.
    objects: usize,
}

/// A difference, and its fingerprints.
#[derive(Serialize, JsonSchema)]
struct FoundDifference<'a> {
    #[serde(flatten)]
    difference: &'a Difference,
    /// Which difference it is, whatever the values are; the same in every comparison.
    #[schemars(regex(pattern = "^[0-9a-f]{32}$"))]
    fingerprint: String,
    /// Identifies both values, or the contents of an object that exists on one side only.
    #[schemars(regex(pattern = "^[0-9a-f]{32}$"))]
    #[schemars(with = "String")]
    values_fingerprint: Option<String>,
}

pub(crate) fn report(compared: &Compared<'_>) -> String {
    json::report(CheckJson::new(compared))
}

impl<'a> CheckJson<'a> {
    pub(crate) fn new(compared: &'a Compared<'_>) -> Self {
        let comparison = compared.comparison;
        let found = |difference| FoundDifference::new(difference, comparison);
        Self {
            same: compared.same(),
            left: Side { source: &compared.left, objects: comparison.left_objects },
            right: Side { source: &compared.right, objects: comparison.right_objects },
            schemas: compared.schemas(),
            managed_partitions: comparison
                .managed_partitions
                .iter()
                .map(|table| ManagedJson {
                    parent: table.parent.to_string(),
                    manager: table.manager,
                    left: table.left.len(),
                    right: table.right.len(),
                })
                .collect(),
            differences: comparison.differences.iter().map(found).collect(),
            failing: compared.failing(),
            not_compared: &compared.limits,
            default_versions: &comparison.default_versions,
            renames: &comparison.renames,
            hidden: &comparison.hidden,
            accepted: compared.accepted,
            canonicalized: comparison.canonicalized,
            not_canonicalized: comparison.not_canonicalized.as_deref(),
            undecided: &comparison.undecided,
        }
    }
}

impl<'a> FoundDifference<'a> {
    fn new(difference: &'a Difference, comparison: &Comparison) -> Self {
        Self {
            difference,
            fingerprint: difference.fingerprint().to_string(),
            values_fingerprint: comparison
                .contents
                .fingerprint(difference)
                .map(|of| of.to_string()),
        }
    }
}
