//! Reports for people.

use crate::text::{line, milliseconds, new_table, printable, without_fraction};
use pum_core::delta::Version;
use pum_core::model::Kind;
use pum_core::upgrade::{DeltaState, HistoryMismatch, InstalledModule, RepeatableStatus, Status};

/// The names that filters know: of every kind, and under it of its attributes.
pub(crate) fn elements() -> String {
    let mut out = String::new();
    for kind in Kind::ALL {
        line(&mut out, kind.element());
        for attribute in kind.attribute_names() {
            line(&mut out, &format!("  {}.{attribute}", kind.element()));
        }
    }
    out
}

/// The other upgrades tables of the database.
pub(crate) fn modules(others: &[InstalledModule]) -> String {
    let mut out = String::new();
    if !others.is_empty() {
        line(&mut out, "Other upgrades tables of this database:");
    }
    for other in others {
        let InstalledModule { table, module, version: at, .. } = other;
        let module = module.as_ref().map(|name| format!("module {name} ")).unwrap_or_default();
        let beta = if other.beta_testing { ", a beta test" } else { "" };
        let said = match &other.unreadable {
            Some(reason) => reason.clone(),
            None => format!("{module}at version {}{beta}", version(at.as_ref())),
        };
        line(&mut out, &printable(&format!("  {table}: {said}")));
    }
    out
}

/// Where each delta stands.
pub(crate) fn status(status: &Status, database: &str, table: &str) -> String {
    let mut out = String::new();
    let version = version(status.current_version.as_ref());
    let pending = status.pending();
    line(&mut out, &format!("{database} is at version {version}, {pending} pending ({table})"));
    let mut shown = new_table(&["Version", "Delta", "State", "Applied on", "By", "Time"]);
    for record in &status.other_records {
        let what = if record.type_code == 0 { "baseline" } else { "not in the directory" };
        let state = if record.success { what } else { "failed" };
        shown.add_row([
            record.version.to_string(),
            printable(&record.description),
            state.to_owned(),
            without_fraction(&record.installed_on),
            printable(&record.installed_by),
            String::new(),
        ]);
    }
    for delta in &status.deltas {
        let (on, by, time) = match &delta.record {
            Some(record) => (
                without_fraction(&record.installed_on),
                printable(&record.installed_by),
                // PUM 1 records neither.
                match record.installed_by.as_str() {
                    "" => String::new(),
                    _ => milliseconds(record.execution_time),
                },
            ),
            None => Default::default(),
        };
        shown.add_row([
            delta.name.version.to_string(),
            delta.file_name.clone(),
            delta.state.name().to_owned(),
            on,
            by,
            time,
        ]);
    }
    line(&mut out, &shown.trim_fmt());
    for RepeatableStatus { name, state, .. } in &status.repeatable {
        line(&mut out, &format!("repeatable: {} ({})", printable(name), state.name()));
    }
    for concern in &status.concerns {
        line(&mut out, &format!("warning: {}", printable(&concern.to_string())));
    }
    if status.deltas.iter().any(|delta| delta.state == DeltaState::PassedOver) {
        line(
            &mut out,
            "skipped: older than the database and not recorded; an upgrade will not run them",
        );
    }
    out
}

/// Checksums that were recorded, and those of the files now.
pub(crate) fn repairs(changed: &[HistoryMismatch], database: &str, table: &str) -> String {
    let mut out = String::new();
    if changed.is_empty() {
        line(&mut out, &format!("{database}: all applied deltas match {table}"));
        return out;
    }
    let mut shown = new_table(&["Version", "Delta", "Recorded", "Now"]);
    for concern in changed {
        if let HistoryMismatch::Changed { file, delta, recorded, now } = concern {
            let version = delta.version.to_string();
            shown.add_row([version, printable(file), printable(recorded), now.clone()]);
        }
    }
    line(&mut out, &shown.trim_fmt());
    out
}

fn version(version: Option<&Version>) -> String {
    version.map_or_else(|| "(none)".to_owned(), Version::to_string)
}
