//! Reports for programs. Each is one object with a `format_version`; `docs/schema/` describes them,
//! and is made from these types (`schemas.rs`).
//!
//! Keys are sorted: a report becomes a [`Value`] before it becomes a text.

mod delta;
mod doctor;
mod fleet;
mod info;
mod lint;
mod migration;
mod on_copy;
mod report;
mod roles;
#[cfg(test)]
mod schemas;
mod upgrade;
mod verify;

pub(crate) use delta::{NewDeltaOutcome, delta_new, delta_prove};
pub(crate) use doctor::doctor;
pub(crate) use fleet::fleet;
pub(crate) use info::info;
pub(crate) use lint::{lint_report, rules};
pub(crate) use migration::migration;
pub(crate) use on_copy::{DecideJson, WayJson};
pub(crate) use report::{AppliedScript, milliseconds, path, pretty, report, value};
pub(crate) use roles::{RoleFindings, roles};
pub(crate) use upgrade::{dry_run, upgrade};
pub(crate) use verify::{verify, verify_all};
