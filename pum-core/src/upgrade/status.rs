use std::collections::HashSet;

use super::history::Recorded;
use super::history_rules::{has_file, history_mismatches};
use super::repeatable::state_of;
use super::{History, HistoryMismatch, HistoryRules, Record, RepeatableState};
use crate::delta::{DeltaName, DeltaSet, Version};

/// The state of a delta in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeltaState {
    /// Recorded in the upgrades table.
    Applied,
    /// Recorded, but the file has changed.
    Changed,
    /// Will be run by the next upgrade.
    Pending,
    /// Was started without a transaction: the next upgrade continues it.
    HalfDone,
    /// Not recorded, but included in the baseline.
    InBaseline,
    /// Not recorded and older than the database: it will never run.
    PassedOver,
}

impl DeltaState {
    /// Whether the next upgrade runs the delta, or a part of it.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::Pending | Self::HalfDone)
    }

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Changed => "applied, changed since",
            Self::Pending => "pending",
            Self::HalfDone => "half done",
            Self::InBaseline => "in the baseline",
            Self::PassedOver => "passed over",
        }
    }
}

/// A delta of the directory and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeltaStatus {
    /// The delta.
    pub name: DeltaName,
    /// Its file, without directory.
    pub file_name: String,
    /// Its state.
    pub state: DeltaState,
    /// Its row in the upgrades table, whether it was applied or only started.
    pub record: Option<Record>,
}

/// A directory of deltas compared with an upgrades table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The current version of the database; `None` if its upgrades table is empty.
    pub current_version: Option<Version>,
    /// Each delta of the directory, in order.
    pub deltas: Vec<DeltaStatus>,
    /// All other rows: baselines, deltas no longer in the directory, failed attempts.
    pub other_records: Vec<Record>,
    /// Mismatches between the directory and the history.
    pub concerns: Vec<HistoryMismatch>,
    /// The repeatable scripts of the directory, in order, and removed ones.
    pub repeatable: Vec<RepeatableStatus>,
}

/// A repeatable script and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepeatableStatus {
    /// Its file name.
    pub name: String,
    /// Its state. Changed variables are not considered here.
    pub state: RepeatableState,
}

impl Status {
    /// Compares a directory with a history.
    pub fn new(deltas: &DeltaSet, history: &History, rules: HistoryRules) -> Self {
        let current_version = history.current_version().cloned();
        let rules = rules.in_layout_of(deltas);
        let recorded = Recorded::new(history);
        let begun: Vec<&Record> = history.unfinished().collect();
        let statuses: Vec<DeltaStatus> = deltas
            .deltas
            .iter()
            .map(|delta| {
                let applied = recorded.record(&delta.name);
                let pending = current_version
                    .as_ref()
                    .is_some_and(|current| rules.is_pending(&delta.name, &recorded, current, None));
                let begun = begun.iter().copied().rfind(|row| row.is_about(&delta.name));
                let state = match applied {
                    Some(row) if row.is_of(delta.script.checksum()) => DeltaState::Applied,
                    Some(_) => DeltaState::Changed,
                    None if pending && begun.is_some() => DeltaState::HalfDone,
                    None if pending => DeltaState::Pending,
                    None if rules.is_in_baseline(&delta.name, &recorded) => DeltaState::InBaseline,
                    None => DeltaState::PassedOver,
                };
                DeltaStatus {
                    name: delta.name.clone(),
                    file_name: delta.script.file_name(),
                    state,
                    record: applied.or(begun).cloned(),
                }
            })
            .collect();
        let shown: HashSet<&Record> =
            statuses.iter().filter_map(|delta| delta.record.as_ref()).collect();
        let has_file = has_file(deltas);
        let known = |record: &&Record| shown.contains(record) || record.success && has_file(record);
        let other_records =
            history.records.iter().filter(|record| !known(record)).cloned().collect();
        let concerns = history_mismatches(deltas, history, rules);
        let repeatable = repeatable(deltas, history);
        Self { current_version, deltas: statuses, other_records, concerns, repeatable }
    }

    /// Whether an upgrade would run anything: a delta is pending, or a repeatable script has
    /// changed.
    pub fn is_behind(&self) -> bool {
        let differs = |one: &RepeatableStatus| one.state != RepeatableState::Unchanged;
        self.pending() > 0 || self.repeatable.iter().any(differs)
    }

    /// How many deltas are pending.
    pub fn pending(&self) -> usize {
        self.deltas.iter().filter(|delta| delta.state.is_pending()).count()
    }
}

fn repeatable(deltas: &DeltaSet, history: &History) -> Vec<RepeatableStatus> {
    let scripts = deltas.repeatable.iter().enumerate().map(|(position, one)| {
        let name = one.name();
        let state = state_of(position, &name, one.script.checksum(), &history.repeatable);
        RepeatableStatus { name, state }
    });
    let has_file = |name: &str| deltas.repeatable.iter().any(|one| one.name() == name);
    let removed = history
        .repeatable
        .iter()
        .filter(|old| !has_file(&old.name))
        .map(|old| RepeatableStatus { name: old.name.clone(), state: RepeatableState::Removed });
    scripts.chain(removed).collect()
}
