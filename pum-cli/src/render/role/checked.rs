//! What is not as declared of the roles of a project, as reports need it.

use pum_core::connect::Settings;
use pum_core::humanize::count;
use pum_core::roles::RoleCheck;

use crate::text::{connection_name, printable};

/// The roles of a project in a database.
pub(crate) struct CheckedRoles<'a> {
    /// How the database was named.
    pub(super) label: &'a str,
    /// What lines for people call it.
    pub(super) name: String,
    pub(super) checked: &'a RoleCheck,
}

/// Something that is not as declared.
pub(super) struct Finding<'a> {
    pub(super) role: &'a str,
    /// The kind of difference, for programs.
    pub(super) kind: &'static str,
    /// `role viewer lacks SELECT on table app.t`
    pub(super) text: String,
    /// The statements that correct it; empty if none can.
    pub(super) sql: &'a str,
}

/// The kind of difference of a role that is not declared.
pub(super) const OTHER_ROLE: &str = "other-role";

pub(super) fn all_findings(checked: &RoleCheck) -> Vec<Finding<'_>> {
    let differences = checked.differences.iter().map(|one| Finding {
        role: &one.role,
        kind: one.problem.name(),
        text: printable(&one.to_string()),
        sql: &one.sql,
    });
    let others = checked.others.iter().map(|one| Finding {
        role: &one.name,
        kind: OTHER_ROLE,
        text: printable(&one.to_string()),
        sql: &one.sql,
    });
    differences.chain(others).collect()
}

impl<'a> CheckedRoles<'a> {
    pub(crate) fn new(settings: &'a Settings, checked: &'a RoleCheck) -> Self {
        Self { label: settings.label(), name: connection_name(settings), checked }
    }

    pub(crate) fn is_as_declared(&self) -> bool {
        self.checked.differences.is_empty() && self.checked.others.is_empty()
    }

    pub(super) fn verdict(&self) -> String {
        let found = match self.checked.differences.len() + self.checked.others.len() {
            0 => "as declared".to_owned(),
            number => count(number, "difference"),
        };
        let roles = count(self.checked.roles.len(), "role");
        format!("{}: {roles}, {found}", self.name)
    }
}
