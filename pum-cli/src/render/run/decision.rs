//! What there is to know before production is upgraded: on one screen, and for programs.

use std::path::Path;

use jiff::Timestamp;
use pum_core::diff::HiddenByRule;
use pum_core::humanize::{count, grouped, seconds, size, time};
use pum_core::manager::{RunOutcome, RunStep};
use pum_core::upgrade::{DroppedColumn, LockMode, Measurements, TableChange};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::Run;
use crate::render::json::{milliseconds, path};
use crate::text::{file_name, labelled, printable, shown};

/// Of a kind, no more than these are on the screen; the details have all.
const MOST: usize = 5;

/// What a rehearsal that came out right says of the upgrade that is to be decided on.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Decision {
    scripts: usize,
    statements: usize,
    /// Whether all scripts are one transaction: then all locks are held to its end.
    one_transaction: bool,
    /// Who will wait, and how long: those who wait longest come first. Only existing tables.
    waits: Vec<Wait>,
    /// Rows and columns that are lost.
    losses: Vec<Loss>,
    /// How long the statements took in the rehearsal.
    statements_milliseconds: u64,
    /// How much WAL they wrote, which is sent to standbys and archives.
    wal_bytes: u64,
    /// The size of all tables that were rewritten, which are there twice until the commit.
    rewritten_bytes: u64,
    /// By how much the tables that were touched are larger at the end; negative if they are smaller.
    growth_bytes: i64,
    /// The way back; null if there is no dump.
    dump: Option<Dump>,
    /// Whether the result was compared with a reference.
    compared: bool,
    /// The differences between the result and the reference that a rule accepts. With its reason.
    accepted: Vec<HiddenByRule>,
    /// The page with all of this, and more.
    report: Option<String>,
    /// The options with which the same command upgrades production, as rehearsed here.
    approve: Option<String>,
}

/// A table on which others wait.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Wait {
    table: String,
    #[schemars(extend("enum" = ["reads and writes", "writes"]))]
    blocks: &'static str,
    lock: LockMode,
    milliseconds: u64,
    /// Its new size, if it is rewritten.
    rewritten_bytes: Option<u64>,
    file: String,
    line: usize,
}

/// Data that are not there any more.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Loss {
    pub(super) table: String,
    /// Null: rows.
    pub(super) column: Option<String>,
    /// How many rows are gone, if that is known; null for a column.
    pub(super) rows: Option<u64>,
    /// Whether the table is gone.
    pub(super) dropped: bool,
    /// Of a column, whether it held data; null if that is not known.
    held_data: Option<bool>,
}

/// The dump of production before the upgrade.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Dump {
    file: String,
    /// The moment whose state it has, in UTC.
    taken_at: Option<String>,
    age_seconds: Option<u64>,
    /// How long its restore took in the rehearsal.
    restore_milliseconds: Option<u64>,
    /// Whether production can be restored from it.
    is_backup: bool,
}

impl Decision {
    /// `None` if the rehearsal did not come so far that there is something to decide.
    pub(crate) fn new(run: &Run<'_>) -> Option<Self> {
        let report = run.report;
        let rehearsed = match &report.outcome {
            RunOutcome::Stopped(step) => *step >= RunStep::Plan,
            RunOutcome::Declined(_) | RunOutcome::Upgraded => true,
            RunOutcome::Failed => run.failure.is_some_and(|err| err.step > RunStep::Approve),
            RunOutcome::NothingPending | RunOutcome::Different | RunOutcome::OverLimit(_) => false,
        };
        let measured = report.measured.as_ref().filter(|_| rehearsed)?;
        let tables = &measured.tables;
        let bytes = |of: fn(&TableChange) -> u64| {
            i64::try_from(tables.iter().map(of).sum::<u64>()).unwrap_or(i64::MAX)
        };
        Some(Self {
            scripts: report.scripts.len(),
            statements: report.scripts.iter().map(|script| script.statements).sum(),
            one_transaction: report.one_transaction,
            waits: waits(measured),
            losses: tables.iter().flat_map(losses).collect(),
            statements_milliseconds: milliseconds(measured.duration()),
            wal_bytes: measured.wal_bytes(),
            rewritten_bytes: rewritten(measured),
            growth_bytes: bytes(|one| one.bytes_after) - bytes(|one| one.bytes_before),
            dump: report.dump.as_deref().map(|file| Dump {
                file: path(file),
                taken_at: report.dump_taken_at.clone(),
                age_seconds: report.dump_taken_at.as_deref().and_then(age),
                restore_milliseconds: report.restore.map(|restore| milliseconds(restore.took)),
                is_backup: run.is_backup,
            }),
            compared: run.has_reference,
            accepted: report.hidden.iter().filter(|one| one.differences > 0).cloned().collect(),
            report: run.page.as_deref().map(path),
            approve: report.resume.as_ref().map(|id| format!("--resume {id} --approve")),
        })
    }

    /// The screen, in lines of this width.
    pub(crate) fn text(&self, run: &Run<'_>, width: usize) -> String {
        let mut out = String::new();
        for (label, lines) in [
            ("upgrade", vec![self.upgrade(run)]),
            ("waits", self.waits_lines()),
            ("loses", self.loses_lines()),
            ("takes", self.takes()),
            ("way back", self.way_back(run)),
            ("compared", self.compared_lines(run)),
            ("not checked", run.left_out.clone()),
            ("warnings", most(run.report.warnings.iter().map(|one| printable(one)).collect())),
            ("report", run.page.iter().map(|page| printable(&shown(page))).collect()),
        ] {
            labelled(&mut out, label, &lines, width);
        }
        out
    }

    fn upgrade(&self, run: &Run<'_>) -> String {
        let version = |version: &Option<pum_core::delta::Version>| {
            version.as_ref().map_or_else(|| "(none)".to_owned(), ToString::to_string)
        };
        let (from, to) = (version(&run.report.from), version(&run.report.to));
        let transaction =
            if self.one_transaction { "in one transaction" } else { "in several transactions" };
        let (scripts, statements) =
            (count(self.scripts, "script"), count(self.statements, "statement"));
        format!("{} from {from} to {to}: {scripts} with {statements}, {transaction}", run.name)
    }

    fn waits_lines(&self) -> Vec<String> {
        if self.waits.is_empty() {
            return vec!["nothing: no reads or writes of existing tables were blocked".to_owned()];
        }
        let line = |one: &Wait| {
            let rewritten = one
                .rewritten_bytes
                .map_or_else(String::new, |bytes| format!(", rewritten ({})", size(bytes)));
            format!(
                "{}: {} blocked for {}{rewritten} ({}:{})",
                printable(&one.table),
                one.blocks,
                span(one.milliseconds),
                printable(&file_name(Path::new(&one.file))),
                one.line
            )
        };
        most(self.waits.iter().map(line).collect())
    }

    fn loses_lines(&self) -> Vec<String> {
        if self.losses.is_empty() {
            return vec!["no rows and no column with data".to_owned()];
        }
        let line = |one: &Loss| {
            let table = printable(&one.table);
            let rows = one.rows.map(|rows| count(rows, "row"));
            match (&one.column, one.dropped, rows) {
                (Some(column), ..) => {
                    let held = if one.held_data.is_some() { "held" } else { "may have held" };
                    format!("{table}: column {}, which {held} data", printable(column))
                }
                (None, true, Some(rows)) => format!("{table}: the table, with {rows}"),
                (None, true, None) => format!("{table}: the table"),
                (None, false, rows) => format!("{table}: {}", rows.unwrap_or_default()),
            }
        };
        most(self.losses.iter().map(line).collect())
    }

    fn takes(&self) -> Vec<String> {
        let growth = size(self.growth_bytes.unsigned_abs());
        let end = match self.growth_bytes {
            0 => "tables keep their size".to_owned(),
            more if more > 0 => format!("tables grow by {growth}"),
            _ => format!("tables shrink by {growth}"),
        };
        vec![
            format!(
                "{} in statements, on the machine of the rehearsal",
                span(self.statements_milliseconds)
            ),
            format!(
                "about {} of disk meanwhile ({} of WAL, {} of rewritten tables); {end}",
                size(self.wal_bytes + self.rewritten_bytes),
                size(self.wal_bytes),
                size(self.rewritten_bytes)
            ),
        ]
    }

    fn way_back(&self, run: &Run<'_>) -> Vec<String> {
        let Some(dump) = &self.dump else { return vec!["none: there is no dump".to_owned()] };
        let taken = match (dump.age_seconds, &dump.taken_at) {
            (Some(age), Some(at)) => {
                let age = time(std::time::Duration::from_secs(age));
                format!(", taken {age} ago ({})", moment(at))
            }
            _ => String::new(),
        };
        let restore = run.report.restore.map_or_else(
            || ", not restored in the rehearsal".to_owned(),
            |restore| format!(", restored in {}{}", seconds(restore.took), restore.by()),
        );
        let mut lines = vec![format!("{}{taken}{restore}", printable(&dump.file))];
        if !dump.is_backup {
            lines.push("it is no backup: not all of production is in it".to_owned());
        }
        lines
    }

    fn compared_lines(&self, run: &Run<'_>) -> Vec<String> {
        if !self.compared {
            return vec!["with nothing: there is no reference".to_owned()];
        }
        let hidden: usize = self.accepted.iter().map(|one| one.differences).sum();
        let mut lines = vec![match hidden {
            0 => "with the reference: no differences".to_owned(),
            hidden => format!(
                "with the reference: no differences but {} that {} accepted by rule",
                grouped(hidden),
                if hidden == 1 { "is" } else { "are" }
            ),
        }];
        let rule = |one: &HiddenByRule| {
            format!("{}: {}", grouped(one.differences), printable(&one.reason))
        };
        lines.extend(most(self.accepted.iter().map(rule).collect()));
        lines.extend(run.compared().and_then(|compared| compared.not_compared()));
        lines
    }
}

/// Those that others notice, what hurts most first.
fn waits(measured: &Measurements) -> Vec<Wait> {
    let uses = measured.scripts.iter().flat_map(|script| &script.tables);
    let mut uses: Vec<_> = uses.filter(|one| one.lock.blocks_writes()).collect();
    uses.sort_by_key(|one| std::cmp::Reverse((one.lock.blocks_reads(), one.held)));
    let wait = |one: &pum_core::upgrade::TableUse| Wait {
        table: one.table.clone(),
        blocks: if one.lock.blocks_reads() { "reads and writes" } else { "writes" },
        lock: one.lock,
        milliseconds: milliseconds(one.held),
        rewritten_bytes: one.rewritten,
        file: path(&one.path),
        line: one.line,
    };
    uses.into_iter().map(wait).collect()
}

pub(super) fn losses(table: &TableChange) -> Vec<Loss> {
    let is_moved = |one: &TableChange| {
        one.dropped_columns.iter().any(DroppedColumn::may_hold_data)
            && !one.dropped_columns.iter().any(DroppedColumn::is_lost)
    };
    let loss = |column: Option<&DroppedColumn>, rows: Option<u64>| Loss {
        table: table.table.clone(),
        column: column.map(|column| column.name.clone()),
        rows,
        dropped: column.is_none() && table.dropped,
        held_data: column.and_then(|column| column.held_data),
    };
    if table.derived {
        return Vec::new();
    }
    if table.dropped {
        let is_empty = table.rows_before == Some(0) || is_moved(table);
        return if is_empty { Vec::new() } else { vec![loss(None, table.rows_before)] };
    }
    let mut found = Vec::new();
    if let (Some(before), Some(after)) = (table.rows_before, table.rows_after)
        && after < before
    {
        found.push(loss(None, Some(before - after)));
    }
    let gone = table.dropped_columns.iter().filter(|column| column.is_lost());
    found.extend(gone.map(|column| loss(Some(column), None)));
    found
}

fn rewritten(measured: &Measurements) -> u64 {
    let uses = measured.scripts.iter().flat_map(|script| &script.tables);
    uses.filter_map(|one| one.rewritten).sum()
}

/// How old a moment is, in seconds.
fn age(at: &str) -> Option<u64> {
    let at: Timestamp = at.parse().ok()?;
    Some(Timestamp::now().duration_since(at).unsigned_abs().as_secs())
}

/// `2026-11-21 14:03 UTC`
fn moment(at: &str) -> String {
    let at: Result<Timestamp, _> = at.parse();
    at.map_or_else(|_| "?".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

fn span(milliseconds: u64) -> String {
    seconds(std::time::Duration::from_millis(milliseconds))
}

/// The first ones, and how many more there are.
fn most(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > MOST {
        let more = lines.len() - MOST;
        lines.truncate(MOST);
        lines.push(format!("and {} more: see the details", grouped(more)));
    }
    lines
}
