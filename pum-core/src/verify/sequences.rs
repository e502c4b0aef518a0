//! Sequences, and the columns that take their values from them.

use std::collections::BTreeSet;
use std::time::Instant;

use super::finding::{Finding, SequenceState, Severity};
use super::quick::refused;
use super::report::CheckReport;
use super::session::Guarded;
use super::sql::Row;
use super::task::{Judged, judge};
use super::{Check, Level, VerifyError};
use crate::Interrupt;
use crate::connect::{ServerMessage, Session, quote_ident, quote_literal};

/// Finds sequences that will give a value which the column has already, or none any more.
///
/// To find the greatest value of a large column without an index takes long: that is not for the
/// quick level.
pub(super) fn check(
    session: &mut Guarded,
    level: Level,
    interrupt: &Interrupt,
) -> Result<CheckReport, VerifyError> {
    let started = Instant::now();
    let mut report = CheckReport { looked_at: Some(0), ..CheckReport::new(Check::Sequences) };
    match session.ask_alone(include_str!("queries/sequences.sql")) {
        Err(err) => refused(session, &mut report, &err, interrupt)?,
        Ok(rows) => {
            let usages: Vec<Usage> = rows.iter().map(Usage::new).collect();
            read_values(session, &usages, level, &mut report, interrupt)?;
        }
    }
    report.duration = started.elapsed();
    Ok(report)
}

/// A sequence and one column that uses it, if any does.
struct Usage {
    sequence: String,
    is_unlogged: bool,
    increment: i128,
    least: i128,
    greatest: i128,
    cycles: bool,
    may_read: bool,
    column: Option<Column>,
}

struct Column {
    name: String,
    table: String,
    may_read: bool,
    is_fast: bool,
    /// What its type holds at most.
    greatest: Option<i128>,
}

impl Usage {
    fn new(row: &Row) -> Self {
        Self {
            sequence: row.text(1),
            is_unlogged: row.get(2) == Some("u"),
            increment: row.number(3),
            least: row.number(4),
            greatest: row.number(5),
            cycles: row.is_true(6),
            may_read: row.is_true(7),
            column: row.get(8).map(|name| Column {
                name: name.to_owned(),
                table: row.text(9),
                may_read: row.is_true(11),
                is_fast: row.is_true(12),
                greatest: row.get(13).and_then(|text| text.parse().ok()),
            }),
        }
    }

    fn object(&self) -> String {
        format!("sequence {}", self.sequence)
    }

    /// Why it is not looked at.
    fn why_not(&self, session: &Session, level: Level) -> Option<String> {
        let role = || quote_ident(session.settings().user());
        if self.is_unlogged && session.in_recovery() {
            return Some("a standby does not have unlogged data".to_owned());
        }
        if !self.may_read {
            return Some(format!("role {} may not read it", role()));
        }
        let column = self.column.as_ref()?;
        if !column.may_read {
            return Some(format!("role {} may not read all of table {}", role(), column.table));
        }
        if !column.is_fast && level == Level::Quick {
            let Column { name, table, .. } = column;
            return Some(format!(
                "column {name} of table {table} has no index, and there may be many rows: \
                 the level \"standard\" reads it"
            ));
        }
        None
    }

    /// A number to tell it by, the last value, whether it was given, and the value of the column
    /// that is furthest on.
    fn query(&self, number: usize) -> String {
        let furthest = self.column.as_ref().map_or_else(
            || "NULL::numeric".to_owned(),
            |Column { name, table, .. }| {
                let most = if self.increment > 0 { "max" } else { "min" };
                format!("(SELECT trunc({most}(x.{name})::numeric) FROM {table} x)")
            },
        );
        let sequence = &self.sequence;
        format!("SELECT {number}, s.last_value, s.is_called, {furthest} FROM {sequence} s")
    }
}

/// How many are asked for in one query. It locks them all.
const AT_ONCE: usize = 50;

fn read_values(
    session: &mut Guarded,
    usages: &[Usage],
    level: Level,
    report: &mut CheckReport,
    interrupt: &Interrupt,
) -> Result<(), VerifyError> {
    let mut wanted = Vec::new();
    for usage in usages {
        match usage.why_not(session, level) {
            Some(reason) => report.skip(Some(usage.object()), reason),
            None => wanted.push(usage),
        }
    }
    let mut seen = BTreeSet::new();
    for usages in wanted.chunks(AT_ONCE) {
        interrupt.check()?;
        if let Ok(rows) = ask(session, usages) {
            tell(usages, &rows, &mut seen, report);
            continue;
        }
        // Which one it was shows when each is asked for alone.
        for usage in usages {
            interrupt.check()?;
            match ask(session, &[usage]) {
                Ok(rows) => tell(&[usage], &rows, &mut seen, report),
                Err(err) => failed(session, usage, &err, report, interrupt)?,
            }
        }
    }
    report.looked_at = Some(u64::try_from(seen.len()).unwrap_or(u64::MAX));
    Ok(())
}

fn ask(session: &mut Guarded, usages: &[&Usage]) -> Result<Vec<Row>, postgres::Error> {
    let queries: Vec<String> =
        usages.iter().enumerate().map(|(number, usage)| usage.query(number)).collect();
    session.ask_alone(&queries.join("\nUNION ALL\n"))
}

fn tell(usages: &[&Usage], rows: &[Row], seen: &mut BTreeSet<String>, report: &mut CheckReport) {
    let mut rows: Vec<(usize, &Row)> = rows.iter().map(|row| (row.number(0), row)).collect();
    rows.sort_by_key(|(number, _)| *number);
    for (number, row) in rows {
        let Some(usage) = usages.get(number) else { continue };
        seen.insert(usage.sequence.clone());
        report.findings.extend(find(usage, row));
    }
}

fn failed(
    session: &Session,
    usage: &Usage,
    err: &postgres::Error,
    report: &mut CheckReport,
    interrupt: &Interrupt,
) -> Result<(), VerifyError> {
    match judge(session, err) {
        Judged::Skip(reason) => report.skip(Some(usage.object()), reason),
        Judged::Finding => report.findings.push(Finding {
            severity: Severity::Finding,
            object: usage.object(),
            problem: format!(
                "it, or the column that uses it, cannot be read: {}",
                ServerMessage::new(err)
            ),
            remedy: None,
        }),
        Judged::Lost => refused(session, report, err, interrupt)?,
    }
    Ok(())
}

fn find(usage: &Usage, row: &Row) -> Option<Finding> {
    let last: i128 = row.get(1)?.parse().ok()?;
    let next = if row.is_true(2) { last + usage.increment } else { last };
    let furthest: Option<i128> = row.get(3).and_then(|text| text.parse().ok());
    let up = usage.increment > 0;
    if let (Some(furthest), Some(Column { name, table, .. })) = (furthest, &usage.column)
        && (if up { next <= furthest } else { next >= furthest })
    {
        let most = if up { "max" } else { "min" };
        return Some(Finding {
            severity: Severity::Finding,
            object: usage.object(),
            problem: format!(
                "gives {next} next, and column {name} of table {table} has values up to {furthest}"
            ),
            remedy: Some(format!(
                "SELECT setval({}, (SELECT {most}({name}) FROM {table}));",
                quote_literal(&usage.sequence)
            )),
        });
    }
    used_up(usage, next)
}

/// Whether a sequence, or the type of its column, has few values left.
fn used_up(usage: &Usage, next: i128) -> Option<Finding> {
    if usage.cycles || usage.increment < 0 {
        return None;
    }
    let column = usage.column.as_ref().and_then(|column| column.greatest);
    let greatest = column.map_or(usage.greatest, |column| column.min(usage.greatest));
    let (taken, all) = (next - usage.least, greatest - usage.least + 1);
    let remedy = if greatest < usage.greatest || greatest <= i128::from(i32::MAX) {
        format!("change the column to bigint, or ALTER SEQUENCE {} MAXVALUE ...;", usage.sequence)
    } else {
        "find out what uses so many".to_owned()
    };
    let finding = |severity, problem| Finding {
        severity,
        object: usage.object(),
        problem,
        remedy: Some(remedy),
    };
    if next > greatest {
        return Some(finding(Severity::Finding, format!("has no value left up to {greatest}")));
    }
    // A short range is meant to be used up.
    (all > 1000 && taken * 10 > all * 9)
        .then(|| finding(Severity::Note, format!("has used {} % of its values", taken * 100 / all)))
}

/// Where all sequences stand, and the names of those that cannot be read.
pub(super) fn states(
    session: &mut Guarded,
) -> Result<(Vec<SequenceState>, Vec<String>), postgres::Error> {
    let rows = session.ask_alone(include_str!("queries/sequence_states.sql"))?;
    let (read, unread): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.is_true(1));
    let state = |row: &&Row| SequenceState {
        name: row.text(0),
        last_value: row.number(2),
        is_called: row.is_true(3),
    };
    Ok((read.iter().map(state).collect(), unread.iter().map(|row| row.text(0)).collect()))
}
