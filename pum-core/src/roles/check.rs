//! What the catalogs hold against what is declared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::catalog::{self, Held, Role};
use super::{RoleAction, RoleError};
use crate::connect::Session;
use crate::delta::{Access, ProjectRole};
use crate::humanize::count;
use crate::sql::{quote_ident, quote_literal};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleCheck {
    /// The roles that are declared, in the order of the project.
    pub roles: Vec<RoleState>,
    /// In what they are not as declared.
    pub differences: Vec<RoleDifference>,
    /// Other roles that have privileges in the schemas of the project, sorted. Owners and superusers are
    /// none of them.
    pub others: Vec<OtherRole>,
}

/// A role that is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleState {
    /// Its name.
    pub name: String,
    /// It is there.
    pub exists: bool,
    /// It may log in.
    pub may_log_in: bool,
    /// The roles that are members of it, sorted.
    pub members: Vec<String>,
}

/// In what a role is not as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleDifference {
    /// The role.
    pub role: String,
    /// What it is.
    pub problem: RoleProblem,
    /// The statements that make it as declared.
    pub sql: String,
}

/// A kind of difference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoleProblem {
    /// The role does not exist.
    Missing,
    /// It has another attribute, as "SUPERUSER" or "NOINHERIT".
    Attribute(&'static str),
    /// It has another comment.
    Comment,
    /// It is no member of a role from which it inherits.
    NotMember(String),
    /// It is a member of a role from which it does not inherit.
    OtherMembership(String),
    /// The schema of a permission does not exist.
    NoSchema(String),
    /// Privileges are missing.
    Missed(Privileges),
    /// It has privileges that are not declared.
    NotDeclared(Privileges),
    /// It gets no privileges on what the current role creates later.
    MissedByDefault(Privileges),
    /// It gets privileges on what the current role creates later, which are not declared.
    NotDeclaredByDefault(Privileges),
}

/// Privileges on objects of a kind in a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Privileges {
    /// What may be done, sorted.
    pub names: Vec<String>,
    /// The kind of objects, as SQL says it: "TABLE".
    pub kind: String,
    /// The schema.
    pub schema: String,
    /// The objects, with their schema and in quotes where SQL needs them, sorted.
    pub objects: Vec<String>,
}

/// A role that is not declared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtherRole {
    /// Its name.
    pub name: String,
    /// The schemas of the project in which it has privileges, sorted.
    pub schemas: Vec<String>,
    /// The statements that take these privileges back; empty for a superuser.
    pub sql: String,
}

impl RoleCheck {
    /// The same without what belongs to the server and not to the database: attributes, comments and
    /// memberships of roles.
    pub(crate) fn of_database(mut self) -> Self {
        self.differences.retain(|difference| !difference.problem.is_of_server());
        self
    }

    /// The declared roles that lack something, each with what it lacks.
    pub fn missing(&self) -> impl Iterator<Item = &RoleDifference> {
        self.differences.iter().filter(|difference| difference.problem.is_missing())
    }
}

impl fmt::Display for RoleDifference {
    /// `role viewer lacks SELECT on table app.t`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "role {} {}", self.role, self.problem)
    }
}

impl fmt::Display for OtherRole {
    /// `role ann is not declared and has privileges in app`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, schemas, .. } = self;
        write!(f, "role {name} is not declared and has privileges in {}", schemas.join(", "))
    }
}

impl RoleProblem {
    /// A name of this kind of difference, for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Missing => "missing-role",
            Self::Attribute(_) => "other-attribute",
            Self::Comment => "other-comment",
            Self::NotMember(_) => "missing-membership",
            Self::OtherMembership(_) => "other-membership",
            Self::NoSchema(_) => "missing-schema",
            Self::Missed(_) => "missing-privileges",
            Self::NotDeclared(_) => "other-privileges",
            Self::MissedByDefault(_) => "missing-default-privileges",
            Self::NotDeclaredByDefault(_) => "other-default-privileges",
        }
    }

    /// Whether it is about the role of the server, and not about the database.
    fn is_of_server(&self) -> bool {
        match self {
            Self::Attribute(_) | Self::Comment | Self::NotMember(_) | Self::OtherMembership(_) => {
                true
            }
            Self::Missing
            | Self::NoSchema(_)
            | Self::Missed(_)
            | Self::NotDeclared(_)
            | Self::MissedByDefault(_)
            | Self::NotDeclaredByDefault(_) => false,
        }
    }

    /// Whether the role cannot do what it is to do.
    fn is_missing(&self) -> bool {
        matches!(
            self,
            Self::Missing | Self::NotMember(_) | Self::Missed(_) | Self::MissedByDefault(_)
        )
    }
}

impl fmt::Display for RoleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("does not exist"),
            Self::Attribute(attribute) => write!(f, "is {attribute}"),
            Self::Comment => f.write_str("has another comment"),
            Self::NotMember(of) => write!(f, "is no member of {of}"),
            Self::OtherMembership(of) => write!(f, "is a member of {of}, which is not declared"),
            Self::NoSchema(schema) => {
                write!(f, "has permissions in the schema {schema}, which does not exist")
            }
            Self::Missed(privileges) => write!(f, "lacks {privileges}"),
            Self::NotDeclared(privileges) => write!(f, "has {privileges}, which is not declared"),
            Self::MissedByDefault(privileges) => write!(f, "will lack {privileges}"),
            Self::NotDeclaredByDefault(privileges) => {
                write!(f, "will have {privileges}, which is not declared")
            }
        }
    }
}

impl fmt::Display for Privileges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { names, kind, schema, objects } = self;
        write!(f, "{} on ", names.join(", "))?;
        match &**objects {
            [object] if object == kind => {
                write!(f, "{} that are created later in {schema}", kind.to_lowercase())
            }
            [object] => write!(f, "{} {object}", kind.to_lowercase()),
            several => write!(
                f,
                "{} in {schema}, as {}",
                count(several.len(), &kind.to_lowercase()),
                several.first().map_or("", String::as_str)
            ),
        }
    }
}

/// Compares roles with what the catalogs hold. That a role exists is a matter of the server, its privileges
/// are those in this database; those by default are those that the current role gives.
///
/// # Errors
///
/// If the catalogs cannot be read.
pub fn check(session: &mut Session, roles: &[ProjectRole]) -> Result<RoleCheck, RoleError> {
    let names: Vec<&str> = roles.iter().map(|role| &*role.name).collect();
    let schemas: BTreeSet<&str> =
        roles.iter().flat_map(ProjectRole::accesses).map(|(_, schema)| schema).collect();
    let schemas: Vec<&str> = schemas.into_iter().collect();
    let existing = catalog::roles(session, &names)?;
    let memberships = catalog::memberships(session)?;
    let found = Found {
        has_maintain: session.version().major() >= 17,
        privileges: catalog::privileges(session, &schemas, &names)?,
        by_default: catalog::default_privileges(session, &schemas)?,
    };
    let mut checked = RoleCheck::default();
    for role in roles {
        let there = existing.iter().find(|there| there.name == role.name);
        let members = memberships.iter().filter(|(_, of)| *of == role.name);
        checked.roles.push(RoleState {
            name: role.name.clone(),
            exists: there.is_some(),
            may_log_in: there.is_some_and(|there| there.may_log_in),
            members: members.map(|(member, _)| member.clone()).collect(),
        });
        let mut add = |problem, sql| {
            checked.differences.push(RoleDifference { role: role.name.clone(), problem, sql });
        };
        own_differences(role, there, &memberships, &mut add);
        if there.is_some() {
            found.differences(role, &mut add);
        }
    }
    checked.others = found.others(&schemas, &names);
    Ok(checked)
}

/// In what the roles themselves are not as declared, whatever their privileges in a database.
///
/// # Errors
///
/// If the catalogs cannot be read.
pub(crate) fn check_on_server(
    session: &mut Session,
    roles: &[ProjectRole],
) -> Result<Vec<RoleDifference>, RoleError> {
    if roles.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&str> = roles.iter().map(|role| &*role.name).collect();
    let existing = catalog::roles(session, &names)?;
    let memberships = catalog::memberships(session)?;
    let mut differences = Vec::new();
    for role in roles {
        let there = existing.iter().find(|there| there.name == role.name);
        own_differences(role, there, &memberships, &mut |problem, sql| {
            differences.push(RoleDifference { role: role.name.clone(), problem, sql });
        });
    }
    Ok(differences)
}

/// What is not as declared of a role itself.
fn own_differences(
    role: &ProjectRole,
    there: Option<&Role>,
    memberships: &[(String, String)],
    add: &mut impl FnMut(RoleProblem, String),
) {
    let Some(there) = there else {
        let role = std::slice::from_ref(role);
        let sql = RoleAction::Create.to_sql(role) + &RoleAction::Grant.to_sql(role);
        add(RoleProblem::Missing, sql);
        return;
    };
    let name = quote_ident(&role.name);
    for attribute in &there.attributes {
        add(RoleProblem::Attribute(attribute), format!("ALTER ROLE {name} NO{attribute};\n"));
    }
    if !there.inherits {
        add(RoleProblem::Attribute("NOINHERIT"), format!("ALTER ROLE {name} INHERIT;\n"));
    }
    if let Some(description) = &role.description
        && there.comment.as_ref() != Some(description)
    {
        let sql = format!("COMMENT ON ROLE {name} IS {};\n", quote_literal(description));
        add(RoleProblem::Comment, sql);
    }
    let parents = memberships.iter().filter(|(member, _)| *member == role.name);
    let parents: BTreeSet<&str> = parents.map(|(_, of)| &**of).collect();
    if let Some(parent) = &role.inherit
        && !parents.contains(&**parent)
    {
        let sql = format!("GRANT {} TO {name};\n", quote_ident(parent));
        add(RoleProblem::NotMember(parent.clone()), sql);
    }
    for parent in parents.into_iter().filter(|parent| role.inherit.as_deref() != Some(parent)) {
        let sql = format!("REVOKE {} FROM {name};\n", quote_ident(parent));
        add(RoleProblem::OtherMembership(parent.to_owned()), sql);
    }
}

/// The privileges that there are.
struct Found {
    has_maintain: bool,
    privileges: Vec<Held>,
    by_default: Vec<Held>,
}

/// Privileges by kind, schema and object.
type ByObject<'a> = BTreeMap<(&'a str, &'a str, &'a str), BTreeSet<&'a str>>;

impl Found {
    fn differences(&self, role: &ProjectRole, add: &mut impl FnMut(RoleProblem, String)) {
        let name = quote_ident(&role.name);
        let (mut wanted, mut wanted_by_default) = (ByObject::new(), ByObject::new());
        for (access, schema) in role.accesses() {
            let mut is_there = false;
            for Held { kind, object, .. } in self.privileges.iter().filter(|it| it.schema == schema)
            {
                is_there = true;
                let privileges = self.declared(access, kind, false);
                wanted.entry((kind, schema, object)).or_default().extend(privileges);
            }
            if !is_there {
                add(RoleProblem::NoSchema(schema.to_owned()), String::new());
                continue;
            }
            for kind in ["TABLES", "SEQUENCES", "ROUTINES", "TYPES"] {
                let privileges = self.declared(access, kind, true);
                wanted_by_default.entry((kind, schema, kind)).or_default().extend(privileges);
            }
        }
        let held = held_by(&role.name, &self.privileges);
        for of in beyond(&wanted, &held) {
            let sql = of.statements(|privileges, object| {
                format!("GRANT {privileges} ON {} {object} TO {name};\n", of.kind)
            });
            add(RoleProblem::Missed(of), sql);
        }
        for of in beyond(&held, &wanted) {
            let sql = of.statements(|privileges, object| {
                format!("REVOKE {privileges} ON {} {object} FROM {name};\n", of.kind)
            });
            add(RoleProblem::NotDeclared(of), sql);
        }
        let held = held_by(&role.name, &self.by_default);
        let by_default = |of: &Privileges| {
            format!("ALTER DEFAULT PRIVILEGES IN SCHEMA {}", quote_ident(&of.schema))
        };
        for of in beyond(&wanted_by_default, &held) {
            let begin = by_default(&of);
            let sql = of.statements(|privileges, kind| {
                format!("{begin} GRANT {privileges} ON {kind} TO {name};\n")
            });
            add(RoleProblem::MissedByDefault(of), sql);
        }
        for of in beyond(&held, &wanted_by_default) {
            let begin = by_default(&of);
            let sql = of.statements(|privileges, kind| {
                format!("{begin} REVOKE {privileges} ON {kind} FROM {name};\n")
            });
            add(RoleProblem::NotDeclaredByDefault(of), sql);
        }
    }

    /// The privileges of a kind of access on a kind of object.
    fn declared(&self, access: Access, kind: &str, by_default: bool) -> Vec<&'static str> {
        let maintain = self.has_maintain.then_some("MAINTAIN");
        let all_on_tables =
            ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];
        match (kind, access) {
            ("SCHEMA", Access::Read) | ("TYPES", _) => vec!["USAGE"],
            ("SCHEMA", Access::Write) => vec!["USAGE", "CREATE"],
            ("TABLE" | "TABLES", Access::Read) => vec!["SELECT", "REFERENCES", "TRIGGER"],
            ("TABLE" | "TABLES", Access::Write) => {
                all_on_tables.into_iter().chain(maintain).collect()
            }
            ("SEQUENCE" | "SEQUENCES", Access::Read) if by_default => vec!["SELECT"],
            ("SEQUENCE" | "SEQUENCES", Access::Read) => vec!["USAGE", "SELECT"],
            ("SEQUENCE" | "SEQUENCES", Access::Write) => vec!["USAGE", "SELECT", "UPDATE"],
            _ => vec!["EXECUTE"],
        }
    }

    /// The roles that are not declared and have privileges in the schemas.
    fn others(&self, schemas: &[&str], declared: &[&str]) -> Vec<OtherRole> {
        let mut others: BTreeMap<&str, ByObject<'_>> = BTreeMap::new();
        let held = self.privileges.iter().filter(|held| !held.is_owner);
        for Held { kind, schema, object, by, .. } in
            held.filter(|held| schemas.contains(&&*held.schema))
        {
            if let Some((role, privilege)) = by
                && !declared.contains(&&**role)
            {
                let of_role = others.entry(role).or_default();
                of_role.entry((kind, schema, object)).or_default().insert(privilege);
            }
        }
        others.into_iter().map(|(name, held)| OtherRole::new(name, &held)).collect()
    }
}

impl OtherRole {
    fn new(name: &str, held: &ByObject<'_>) -> Self {
        let schemas: BTreeSet<&str> = held.keys().map(|(_, schema, _)| *schema).collect();
        let role = quote_ident(name);
        let revoke = |of: Privileges| {
            of.statements(|privileges, object| {
                format!("REVOKE {privileges} ON {} {object} FROM {role};\n", of.kind)
            })
        };
        Self {
            name: name.to_owned(),
            schemas: schemas.into_iter().map(str::to_owned).collect(),
            sql: beyond(held, &ByObject::new()).into_iter().map(revoke).collect(),
        }
    }
}

/// The privileges of a role.
fn held_by<'a>(role: &str, all: &'a [Held]) -> ByObject<'a> {
    let mut held = ByObject::new();
    for Held { kind, schema, object, by, .. } in all {
        if let Some((grantee, privilege)) = by
            && grantee == role
        {
            held.entry((kind, schema, object)).or_default().insert(privilege);
        }
    }
    held
}

/// The privileges of one that are none of the other: those that are alike together.
fn beyond(of: &ByObject<'_>, other: &ByObject<'_>) -> Vec<Privileges> {
    let mut alike: BTreeMap<(&str, &str, Vec<&str>), Vec<String>> = BTreeMap::new();
    for (place, privileges) in of {
        let (kind, schema, object) = *place;
        let known = other.get(place);
        let more = privileges.iter().filter(|it| known.is_none_or(|known| !known.contains(*it)));
        let more: Vec<&str> = more.copied().collect();
        if !more.is_empty() {
            alike.entry((schema, kind, more)).or_default().push(object.to_owned());
        }
    }
    let privileges =
        |((schema, kind, privileges), objects): ((&str, &str, Vec<&str>), _)| Privileges {
            names: privileges.into_iter().map(str::to_owned).collect(),
            kind: kind.to_owned(),
            schema: schema.to_owned(),
            objects,
        };
    alike.into_iter().map(privileges).collect()
}

impl Privileges {
    /// A statement for each object.
    fn statements(&self, statement: impl Fn(&str, &str) -> String) -> String {
        let names = self.names.join(", ");
        self.objects.iter().map(|object| statement(&names, object)).collect()
    }
}
