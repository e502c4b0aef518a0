//! The results for several production databases.

use std::time::Duration;

use pum_core::exit;
use pum_core::humanize::{count, seconds};
use pum_core::manager::{RunOutcome, RunReport};
use pum_core::roles::RoleCheck;
use serde_json::Value;

use crate::text::{line, new_table, printable};

/// The result for one production database.
pub(crate) struct FleetRow {
    /// How it was given.
    pub(crate) production: String,
    /// What lines for people call it.
    pub(crate) name: String,
    pub(crate) result: FleetResult,
    pub(crate) took: Duration,
}

/// How it ended.
pub(crate) enum FleetResult {
    /// With what is told to programs.
    Report(Box<RunReport>, Value),
    Failed(String),
    /// Another one failed before, or the run was interrupted.
    NotBegun,
}

impl FleetResult {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Report(report, _) => match report.outcome {
                RunOutcome::NothingPending | RunOutcome::Upgraded | RunOutcome::Stopped(_) => {
                    exit::SUCCESS
                }
                _ => exit::DIFFERENT,
            },
            Self::Failed(_) | Self::NotBegun => exit::ERROR,
        }
    }
}

/// How many of all databases are done.
#[derive(Debug)]
pub(crate) struct FleetProgress {
    all: usize,
    done: usize,
    unsuccessful: usize,
}

impl FleetProgress {
    pub(crate) fn of(all: usize) -> Self {
        Self { all, done: 0, unsuccessful: 0 }
    }

    pub(crate) fn add(&mut self, row: &FleetRow) {
        self.done += 1;
        self.unsuccessful += usize::from(row.result.exit_code() != exit::SUCCESS);
    }

    /// `customer_2: failed after 0.47 s; 2 of 3 databases done, 1 of them without success`
    pub(crate) fn line(&self, row: &FleetRow) -> String {
        let (name, outcome) = (&row.name, outcome(&row.result));
        let (took, Self { all, done, unsuccessful }) = (seconds(row.took), self);
        let more = match unsuccessful {
            0 => String::new(),
            number => format!(", {number} of them without success"),
        };
        format!("{name}: {outcome} after {took}; {done} of {all} databases done{more}")
    }
}

pub(crate) fn text(rows: &[FleetRow]) -> String {
    let mut out = String::new();
    let upgraded = rows.iter().filter(|row| outcome(&row.result) == "upgraded").count();
    let failed = rows.iter().filter(|row| matches!(row.result, FleetResult::Failed(_))).count();
    let more = if failed > 0 { format!(", {failed} failed") } else { String::new() };
    line(&mut out, &format!("{upgraded} of {} upgraded{more}", count(rows.len(), "database")));
    let mut table = new_table(&["Production", "Outcome", "From", "To", "Time"]);
    for row in rows {
        let (from, to) = versions(&row.result);
        table.add_row([row.name.clone(), outcome(&row.result), from, to, seconds(row.took)]);
    }
    line(&mut out, &table.trim_fmt());
    for row in rows {
        let lines = match &row.result {
            FleetResult::Failed(reason) => reason.clone(),
            FleetResult::Report(report, _) => match &report.outcome {
                RunOutcome::OverLimit(exceeded) => exceeded.join("\n"),
                RunOutcome::Different => {
                    let found = report.comparison.iter().flat_map(|found| &found.differences);
                    let found = found.map(|one| one.between("test", "reference"));
                    let roles = report.roles.iter().flat_map(RoleCheck::missing);
                    let lines: Vec<String> = found.chain(roles.map(ToString::to_string)).collect();
                    if lines.is_empty() {
                        // It was told where it was rehearsed.
                        continue;
                    }
                    lines.join("\n")
                }
                _ => continue,
            },
            FleetResult::NotBegun => continue,
        };
        line(&mut out, &format!("\n{}:", row.name));
        for text in lines.lines() {
            line(&mut out, &format!("  {}", printable(text)));
        }
    }
    out
}

fn outcome(done: &FleetResult) -> String {
    match done {
        FleetResult::Report(report, _) => super::run::json::outcome(&report.outcome).to_owned(),
        FleetResult::Failed(_) => "failed".to_owned(),
        FleetResult::NotBegun => "not begun".to_owned(),
    }
}

fn versions(done: &FleetResult) -> (String, String) {
    let FleetResult::Report(report, _) = done else { return Default::default() };
    let shown = |version: &Option<pum_core::delta::Version>| {
        version.as_ref().map_or_else(String::new, ToString::to_string)
    };
    (shown(&report.from), shown(&report.to))
}
