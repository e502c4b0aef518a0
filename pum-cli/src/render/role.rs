//! The roles of a project, as text.

use pum_core::humanize::count;
use pum_core::roles::{RoleCheck, RoleDifference, RoleState};

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
    others(&mut out, checked);
    out
}

/// What is not as declared, each with the statements that correct it.
pub(crate) fn check(label: &str, checked: &RoleCheck) -> String {
    let mut out = String::new();
    for RoleDifference { role, problem, sql, .. } in &checked.differences {
        line(&mut out, &format!("role {} {}", printable(role), printable(&problem.to_string())));
        for statement in sql.lines() {
            line(&mut out, &format!("  {}", printable(statement)));
        }
    }
    others(&mut out, checked);
    let found = match checked.differences.len() + checked.others.len() {
        0 => "as declared".to_owned(),
        number => count(number, "difference"),
    };
    let roles = count(checked.roles.len(), "role");
    line(&mut out, &format!("{}: {roles}, {found}", printable(label)));
    out
}

fn others(out: &mut String, checked: &RoleCheck) {
    for other in &checked.others {
        let schemas = other.schemas.join(", ");
        let text = format!("role {} is not declared and has privileges in {schemas}", other.name);
        line(out, &printable(&text));
    }
}
