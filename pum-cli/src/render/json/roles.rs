//! The JSON report of `pum role check` and `pum role list`.

use pum_core::roles::{OtherRole, RoleCheck, RoleDifference, RoleState};
use schemars::JsonSchema;
use serde::Serialize;

use super::report::report;

/// The roles of a project in a database.
#[derive(Serialize, JsonSchema)]
pub(super) struct RoleReport<'a> {
    /// The database.
    database: &'a str,
    #[serde(flatten)]
    found: RoleFindings<'a>,
}

/// The roles of a project.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RoleFindings<'a> {
    /// The roles that are declared.
    roles: Vec<Role<'a>>,
    /// In what they are not as declared.
    differences: Vec<Difference<'a>>,
    /// RoleFindings that are not declared and have privileges in the schemas of the project.
    others: Vec<Other<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Role<'a> {
    name: &'a str,
    exists: bool,
    may_log_in: bool,
    members: &'a [String],
}

#[derive(Serialize, JsonSchema)]
struct Difference<'a> {
    role: &'a str,
    /// What kind of difference it is.
    #[schemars(extend("enum" = [
        "missing-role", "other-attribute", "other-comment", "missing-membership", "other-membership",
        "missing-schema", "missing-privileges", "other-privileges", "missing-default-privileges",
        "other-default-privileges"
    ]))]
    kind: &'static str,
    /// What it is, in words.
    problem: String,
    /// The statements that make it as declared.
    sql: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct Other<'a> {
    name: &'a str,
    schemas: &'a [String],
    /// The statements that take its privileges there back.
    sql: &'a str,
}

impl<'a> Role<'a> {
    fn of(state: &'a RoleState) -> Self {
        let RoleState { name, exists, may_log_in, members, .. } = state;
        Self { name, exists: *exists, may_log_in: *may_log_in, members }
    }
}

impl<'a> Difference<'a> {
    fn of(difference: &'a RoleDifference) -> Self {
        let RoleDifference { role, problem, sql, .. } = difference;
        Self { role, kind: problem.name(), problem: problem.to_string(), sql }
    }
}

impl<'a> Other<'a> {
    fn of(other: &'a OtherRole) -> Self {
        Self { name: &other.name, schemas: &other.schemas, sql: &other.sql }
    }
}

/// What was found in a database.
pub(crate) fn roles(database: &str, checked: &RoleCheck) -> String {
    report(RoleReport { database, found: RoleFindings::of(checked) })
}

impl<'a> RoleFindings<'a> {
    pub(crate) fn of(checked: &'a RoleCheck) -> Self {
        let RoleCheck { roles, differences, others, .. } = checked;
        Self {
            roles: roles.iter().map(Role::of).collect(),
            differences: differences.iter().map(Difference::of).collect(),
            others: others.iter().map(Other::of).collect(),
        }
    }
}
