//! What all reports for programs share.

use std::path::Path;
use std::time::Duration;

use pum_core::upgrade::Applied;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

const FORMAT_VERSION: u32 = 1;

/// A report, and the version of its form.
#[derive(Serialize, JsonSchema)]
pub(super) struct Versioned<T> {
    /// Grows when a program that reads the old form could be misled by the new one.
    #[schemars(extend("const" = FORMAT_VERSION))]
    format_version: u32,
    #[serde(flatten)]
    report: T,
}

/// A script that was applied.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AppliedScript {
    file: String,
    milliseconds: u64,
}

impl AppliedScript {
    pub(crate) fn new(applied: &Applied) -> Self {
        Self { file: path(&applied.path), milliseconds: milliseconds(applied.duration) }
    }
}

/// JSON has no place for a path that is not in UTF-8.
pub(crate) fn path(path: &Path) -> String {
    path.display().to_string()
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The text of a report, with the version of its form.
pub(crate) fn report(report: impl Serialize) -> String {
    pretty(&value(&Versioned { format_version: FORMAT_VERSION, report }))
}

/// A report as it is written. What cannot be one says so instead.
pub(crate) fn value(report: &impl Serialize) -> Value {
    let failed = |err: serde_json::Error| json!({ "error": err.to_string() });
    serde_json::to_value(report).unwrap_or_else(failed)
}

pub(crate) fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
