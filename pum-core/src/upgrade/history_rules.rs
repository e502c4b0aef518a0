use std::collections::HashSet;

use super::history::Recorded;
use super::{History, HistoryMismatch, Record};
use crate::delta::{Delta, DeltaName, DeltaSet, Version};

/// Rules for checking a directory of deltas against a history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryRules {
    /// The deltas of a baseline's version are included in the baseline. Otherwise they are pending,
    /// as in the Python program.
    pub baseline_includes_version: bool,
    /// Refuse to run a delta that precedes an applied one.
    pub strict_order: bool,
    /// Continue although the file of an applied delta was changed.
    pub allow_changed: bool,
}

impl HistoryRules {
    /// These rules, as far as the layout of the directory leaves the choice: in a project of PUM 1
    /// a baseline includes its version.
    pub(super) fn in_layout_of(self, deltas: &DeltaSet) -> Self {
        let includes = self.baseline_includes_version || deltas.project.is_some();
        Self { baseline_includes_version: includes, ..self }
    }

    /// Whether the delta is to be run: it is not recorded, and not older than the database.
    pub(super) fn is_pending(
        self,
        delta: &DeltaName,
        recorded: &Recorded<'_>,
        current: &Version,
        max: Option<&Version>,
    ) -> bool {
        recorded.record(delta).is_none()
            && delta.version >= *current
            && max.is_none_or(|max| delta.version <= *max)
            && !self.is_in_baseline(delta, recorded)
    }

    /// Whether the delta is said to be in the baseline.
    pub(super) fn is_in_baseline(self, delta: &DeltaName, recorded: &Recorded<'_>) -> bool {
        self.baseline_includes_version
            && recorded.record(delta).is_none()
            && recorded.baseline.is_some_and(|baseline| delta.version <= *baseline)
    }
}

/// Holds a directory against a history, without regard to which of it matters.
pub(super) fn history_mismatches(
    deltas: &DeltaSet,
    history: &History,
    rules: HistoryRules,
) -> Vec<HistoryMismatch> {
    let rules = rules.in_layout_of(deltas);
    let recorded = Recorded::new(history);
    let mut concerns: Vec<HistoryMismatch> =
        deltas.deltas.iter().filter_map(|delta| changed(delta, &recorded)).collect();
    let has_file = has_file(deltas);
    let missing = |record: &&Record| record.success && record.type_code != 0 && !has_file(record);
    let missing = history.records.iter().filter(missing);
    concerns.extend(missing.map(|record| HistoryMismatch::Missing { record: record.clone() }));
    concerns.extend(history.unfinished().map(|record| HistoryMismatch::HalfDone {
        record: record.clone(),
        has_file: has_file(record),
    }));
    let Some(current) = history.current_version() else { return concerns };
    let last_applied =
        deltas.deltas.iter().rposition(|delta| recorded.record(&delta.name).is_some());
    for (at, delta) in deltas.deltas.iter().enumerate() {
        if !rules.is_pending(&delta.name, &recorded, current, None) {
            continue;
        }
        let file = delta.script.file_name();
        if let Some(last) = last_applied.filter(|last| at < *last) {
            let after = deltas.deltas[last].script.file_name();
            concerns.push(HistoryMismatch::OutOfOrder { file: file.clone(), after });
        }
        if recorded.baseline == Some(&delta.name.version) {
            let version = delta.name.version.clone();
            concerns.push(HistoryMismatch::BaselineVersion { file, version });
        }
    }
    concerns
}

/// Whether a row is about a delta that has a file.
pub(super) fn has_file(deltas: &DeltaSet) -> impl Fn(&Record) -> bool {
    let files: HashSet<(&Version, &str, i32)> = deltas
        .deltas
        .iter()
        .map(|delta| (&delta.name.version, delta.name.name.as_str(), delta.name.type_code()))
        .collect();
    move |record| files.contains(&(&record.version, record.description.as_str(), record.type_code))
}

fn changed(delta: &Delta, recorded: &Recorded<'_>) -> Option<HistoryMismatch> {
    let record = recorded.record(&delta.name)?;
    let checksum = delta.script.checksum();
    (!record.is_of(checksum)).then(|| HistoryMismatch::Changed {
        file: delta.script.file_name(),
        delta: delta.name.clone(),
        recorded: record.checksum.clone(),
        now: checksum.as_str().to_owned(),
    })
}
