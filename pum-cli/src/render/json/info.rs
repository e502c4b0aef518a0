//! The JSON report of `pum info`.

use pum_core::upgrade::{
    DeltaStatus, HistoryMismatch, InstalledModule, Record, RepeatableStatus, Status,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::report::report;

/// The deltas of a database.
#[derive(Serialize, JsonSchema)]
pub(super) struct Info<'a> {
    /// The name that the user gave.
    database: &'a str,
    /// The upgrades table.
    table: &'a str,
    /// Null before the baseline.
    current_version: Option<String>,
    /// How many deltas are pending.
    pending: usize,
    /// Those of the directories, in the order in which they are applied.
    deltas: Vec<Delta<'a>>,
    /// Records of the upgrades table that belong to none of the deltas.
    other_records: Vec<HistoryRecord<'a>>,
    /// Where the upgrades table and the directories do not agree.
    concerns: Vec<HistoryConcern>,
    /// The scripts that run again when they change.
    repeatable: Vec<Repeatable<'a>>,
    /// The other upgrades tables of the database.
    other_modules: Vec<OtherModule<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Delta<'a> {
    version: String,
    name: &'a str,
    /// As in the upgrades table: 4 for Python and 8 for SQL, 1 more for pre and 2 more for post.
    #[serde(rename = "type")]
    type_code: i32,
    file: &'a str,
    #[schemars(extend("enum" = [
        "applied", "applied, changed since", "pending", "half done", "in the baseline", "passed over"
    ]))]
    state: &'static str,
    /// Its record in the upgrades table; null if it has none.
    record: Option<HistoryRecord<'a>>,
}

/// A record of the upgrades table.
#[derive(Serialize, JsonSchema)]
struct HistoryRecord<'a> {
    version: String,
    description: &'a str,
    /// 0 for a baseline; else as that of a delta.
    #[serde(rename = "type")]
    type_code: i32,
    script: &'a str,
    checksum: &'a str,
    installed_by: &'a str,
    /// As the server prints it: in PUM's table without a time zone, the local time of the session that
    /// wrote it.
    installed_on: &'a str,
    /// In the unit of the program that wrote the record: pum writes milliseconds.
    execution_time: i32,
    success: bool,
}

/// Where the upgrades table and the directories do not agree.
#[derive(Serialize, JsonSchema)]
pub(super) struct HistoryConcern {
    #[schemars(extend("enum" = [
        "changed", "missing", "half done", "out of order", "baseline version"
    ]))]
    concern: &'static str,
    file: String,
    message: String,
}

#[derive(Serialize, JsonSchema)]
struct Repeatable<'a> {
    script: &'a str,
    #[schemars(extend("enum" = ["unchanged", "new", "changed", "moved"]))]
    state: &'static str,
}

/// Another upgrades table of the database.
#[derive(Serialize, JsonSchema)]
struct OtherModule<'a> {
    table: String,
    /// In a table of PUM 1.
    module: Option<&'a str>,
    version: Option<String>,
    beta_testing: bool,
    /// Why it could not be read.
    unreadable: Option<&'a str>,
}

impl<'a> OtherModule<'a> {
    fn new(module: &'a InstalledModule) -> Self {
        Self {
            table: module.table.to_string(),
            module: module.module.as_deref(),
            version: module.version.as_ref().map(ToString::to_string),
            beta_testing: module.beta_testing,
            unreadable: module.unreadable.as_deref(),
        }
    }
}

pub(crate) fn info(
    status: &Status,
    (database, table): (&str, &str),
    others: &[InstalledModule],
) -> String {
    report(Info {
        database,
        table,
        current_version: status.current_version.as_ref().map(ToString::to_string),
        pending: status.pending(),
        deltas: status.deltas.iter().map(Delta::new).collect(),
        other_records: status.other_records.iter().map(HistoryRecord::new).collect(),
        concerns: status.concerns.iter().map(HistoryConcern::new).collect(),
        repeatable: status.repeatable.iter().map(Repeatable::new).collect(),
        other_modules: others.iter().map(OtherModule::new).collect(),
    })
}

impl<'a> Delta<'a> {
    fn new(delta: &'a DeltaStatus) -> Self {
        Self {
            version: delta.name.version.to_string(),
            name: &delta.name.name,
            type_code: delta.name.type_code(),
            file: &delta.file_name,
            state: delta.state.name(),
            record: delta.record.as_ref().map(HistoryRecord::new),
        }
    }
}

impl<'a> HistoryRecord<'a> {
    fn new(record: &'a Record) -> Self {
        Self {
            version: record.version.to_string(),
            description: &record.description,
            type_code: record.type_code,
            script: &record.script,
            checksum: &record.checksum,
            installed_by: &record.installed_by,
            installed_on: &record.installed_on,
            execution_time: record.execution_time,
            success: record.success,
        }
    }
}

impl HistoryConcern {
    pub(super) fn new(concern: &HistoryMismatch) -> Self {
        let (kind, file) = match concern {
            HistoryMismatch::Changed { file, .. } => ("changed", file.clone()),
            HistoryMismatch::Missing { record } => ("missing", record.script_name()),
            HistoryMismatch::HalfDone { record, .. } => ("half done", record.script_name()),
            HistoryMismatch::OutOfOrder { file, .. } => ("out of order", file.clone()),
            HistoryMismatch::BaselineVersion { file, .. } => ("baseline version", file.clone()),
        };
        Self { concern: kind, file, message: concern.to_string() }
    }
}

impl<'a> Repeatable<'a> {
    fn new(script: &'a RepeatableStatus) -> Self {
        Self { script: &script.name, state: script.state.name() }
    }
}
