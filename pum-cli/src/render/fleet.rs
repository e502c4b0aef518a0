//! What came of several production databases.

use pum_core::manager::RunOutcome;
use serde_json::{Value, json};

use super::json::{FORMAT_VERSION, milliseconds, pretty};
use super::text::{line, new_table, printable};
use crate::commands::fleet::{Done, Row};
use crate::console::seconds;

pub(crate) fn text(rows: &[Row]) -> String {
    let mut out = String::new();
    let upgraded = rows.iter().filter(|row| outcome(&row.result) == "upgraded").count();
    let failed = rows.iter().filter(|row| matches!(row.result, Done::Failed(_))).count();
    let more = if failed > 0 { format!(", {failed} failed") } else { String::new() };
    line(&mut out, &format!("{upgraded} of {} databases upgraded{more}", rows.len()));
    let mut table = new_table(&["Production", "Outcome", "From", "To", "Time"]);
    for row in rows {
        let (from, to) = versions(&row.result);
        let production = printable(&row.production);
        table.add_row([production, outcome(&row.result), from, to, seconds(row.took)]);
    }
    line(&mut out, &table.trim_fmt());
    for row in rows {
        let lines = match &row.result {
            Done::Failed(reason) => reason.clone(),
            Done::Report(report, _) => match &report.outcome {
                RunOutcome::OverLimit(exceeded) => exceeded.join("\n"),
                RunOutcome::Different => match &report.comparison {
                    Some(found) => found
                        .differences
                        .iter()
                        .map(|one| one.between("test", "reference"))
                        .collect::<Vec<_>>()
                        .join("\n"),
                    // It was told where it was rehearsed.
                    None => continue,
                },
                _ => continue,
            },
            Done::NotBegun => continue,
        };
        line(&mut out, &format!("\n{}:", printable(&row.production)));
        for text in lines.lines() {
            line(&mut out, &format!("  {}", printable(text)));
        }
    }
    out
}

pub(crate) fn json(rows: &[Row]) -> String {
    let all: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut value = match &row.result {
                Done::Report(_, value) => value.clone(),
                Done::Failed(reason) => json!({ "production": row.production, "error": reason }),
                Done::NotBegun => json!({ "production": row.production }),
            };
            value["outcome"] = json!(outcome(&row.result));
            value["milliseconds"] = json!(milliseconds(row.took));
            value
        })
        .collect();
    pretty(&json!({ "format_version": FORMAT_VERSION, "productions": all }))
}

fn outcome(done: &Done) -> String {
    match done {
        Done::Report(report, _) => super::run::json::outcome(&report.outcome).to_owned(),
        Done::Failed(_) => "failed".to_owned(),
        Done::NotBegun => "not begun".to_owned(),
    }
}

fn versions(done: &Done) -> (String, String) {
    let Done::Report(report, _) = done else { return Default::default() };
    let shown = |version: &Option<pum_core::delta::Version>| {
        version.as_ref().map_or_else(String::new, ToString::to_string)
    };
    (shown(&report.from), shown(&report.to))
}
