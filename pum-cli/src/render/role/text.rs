//! The roles of a project, as text.

use pum_core::humanize::count;
use pum_core::roles::{RoleCheck, RoleState};

use super::checked::{CheckedRoles, all_findings};
use crate::text::{line, printable};

/// The roles with their members, and who else may do something in their schemas.
pub(crate) fn list(checked: &RoleCheck) -> String {
    let mut out = String::new();
    for RoleState { name, exists, may_log_in, members, .. } in &checked.roles {
        let differences = checked.differences.iter().filter(|one| one.role == *name).count();
        let state = match (exists, differences) {
            (false, _) => "missing".to_owned(),
            (true, 0) => "as declared".to_owned(),
            (true, number) => count(number, "difference"),
        };
        let login = if *may_log_in { ", may log in" } else { "" };
        line(&mut out, &format!("{}: {state}{login}", printable(name)));
        if !members.is_empty() {
            line(&mut out, &format!("  members: {}", printable(&members.join(", "))));
        }
    }
    for other in &checked.others {
        line(&mut out, &printable(&other.to_string()));
    }
    out
}

/// What is not as declared, each with the statements that correct it.
pub(crate) fn findings(checked: &RoleCheck) -> String {
    let mut out = String::new();
    for finding in all_findings(checked) {
        line(&mut out, &finding.text);
        for statement in finding.sql.lines() {
            line(&mut out, &format!("  {}", printable(statement)));
        }
    }
    out
}

/// The findings and the verdict.
pub(super) fn report(compared: &CheckedRoles<'_>) -> String {
    findings(compared.checked) + &result(compared)
}

/// The verdict alone.
pub(crate) fn result(compared: &CheckedRoles<'_>) -> String {
    compared.verdict() + "\n"
}
