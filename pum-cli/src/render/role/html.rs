//! The roles of a project, as a page.

use maud::{Markup, html};
use pum_core::roles::{RoleCheck, RoleState};

use super::checked::{CheckedRoles, all_findings};
use crate::render::html::Page;
use crate::render::html::sql_block::sql_block;
use crate::text::printable;

pub(super) fn report(compared: &CheckedRoles<'_>) -> String {
    let checked = compared.checked;
    let body = html! {
        h2 { "Roles" }
        ul { @for role in &checked.roles { li { (state(role)) } } }
        @if !compared.is_as_declared() {
            h2 { "Differences" }
            (findings(checked))
        }
    };
    Page {
        title: format!("pum role check: {}", compared.verdict()),
        verdict: compared.verdict(),
        good: compared.is_as_declared(),
        body,
    }
    .render()
}

fn state(role: &RoleState) -> Markup {
    html! {
        b { (printable(&role.name)) }
        @if !role.exists { ": missing" }
        @if role.may_log_in { ", may log in" }
        @if !role.members.is_empty() {
            span.faint { ", members: " (printable(&role.members.join(", "))) }
        }
    }
}

/// What is not as declared, each with the statements that correct it.
pub(crate) fn findings(checked: &RoleCheck) -> Markup {
    html! {
        @for finding in all_findings(checked) {
            p { (finding.text) }
            @if !finding.sql.is_empty() { (sql_block(finding.sql)) }
        }
    }
}
