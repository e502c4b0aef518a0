//! Owner, comment, privileges and dependence on extensions: what many kinds have.

use std::borrow::Cow;

use super::grants::GrantTarget;
use super::statements::{NoStatement, Schemas, Statements};
use crate::model::{DefaultPrivileges, Privileges, quoted_name};
use crate::sql::{quote_ident, quote_literal};

/// Who owns an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner<'a> {
    /// It has none of its own.
    None,
    /// This role.
    Role(Cow<'a, str>),
    /// A role whose name is not known.
    Unknown,
}

/// Properties that many kinds have; empty if a kind does not have one.
#[derive(Debug, Clone)]
pub(super) struct Properties<'a> {
    pub(super) owner: Owner<'a>,
    pub(super) comment: Option<&'a str>,
    /// With where they are granted.
    pub(super) privileges: Option<(&'a Privileges, Result<GrantTarget, NoStatement>)>,
    /// What default privileges call such objects, and the schema.
    pub(super) defaults: Option<(&'static str, &'a str)>,
    /// `DEPENDS ON EXTENSION`.
    pub(super) extensions: &'a [String],
}

impl<'a> Properties<'a> {
    /// A comment alone.
    pub(super) fn new(comment: Option<&'a String>) -> Self {
        let comment = comment.map(String::as_str);
        Self { owner: Owner::None, comment, privileges: None, defaults: None, extensions: &[] }
    }

    pub(super) fn owned_by(self, owner: &'a str) -> Self {
        Self { owner: Owner::Role(owner.into()), ..self }
    }

    pub(super) fn granted(
        self,
        privileges: &'a Privileges,
        on: Result<GrantTarget, NoStatement>,
    ) -> Self {
        Self { privileges: Some((privileges, on)), ..self }
    }

    /// It gets the default privileges for such objects: `TABLES`, `SEQUENCES` and so on.
    pub(super) fn with_defaults(self, objects: &'static str, schema: &'a str) -> Self {
        Self { defaults: Some((objects, schema)), ..self }
    }

    pub(super) fn depending_on(self, extensions: &'a [String]) -> Self {
        Self { extensions, ..self }
    }

    /// Sets them on a new object, which is named as after `COMMENT ON`.
    pub(super) fn create(&self, object: &str, schemas: &Schemas<'_>) -> Statements {
        let role = schemas.role;
        let mut from = Properties { owner: Owner::Role(role.into()), ..Properties::new(None) };
        if self.owner == Owner::None {
            from.owner = Owner::None;
        }
        let initial = self.defaults.map_or_else(Privileges::default, |(objects, schema)| {
            initial_privileges(objects, schema, schemas)
        });
        from.privileges = self.privileges.clone().map(|(_, on)| (&initial, on));
        from.alter(self, object, schemas)
    }

    /// Changes them to the others, on an object that is named as after `COMMENT ON`.
    pub(super) fn alter(
        &self,
        wanted: &Properties<'_>,
        object: &str,
        schemas: &Schemas<'_>,
    ) -> Statements {
        let Properties { owner, comment, privileges, defaults: _, extensions } = wanted;
        let mut statements = Vec::new();
        if *owner != self.owner {
            let Owner::Role(owner) = owner else { return Err(NoStatement::Unknown) };
            statements.push(format!("ALTER {object} OWNER TO {};", quote_ident(owner)));
        }
        if *comment != self.comment {
            let comment = comment.map_or_else(|| "NULL".to_owned(), quote_literal);
            statements.push(format!("COMMENT ON {object} IS {comment};"));
        }
        if let (Some((from, _)), Some((to, on))) = (&self.privileges, privileges)
            && from != to
        {
            statements.extend(on.clone()?.change(from, to)?);
        }
        statements.extend(depend(self.extensions, extensions, object, schemas)?);
        Ok(statements)
    }
}

/// The privileges by default on what the role that runs the statements creates ("ALTER DEFAULT
/// PRIVILEGES" in the documentation).
fn initial_privileges(objects: &str, schema: &str, schemas: &Schemas<'_>) -> Privileges {
    let role = quoted_name([schemas.role]);
    let everywhere = format!("{role} ON {objects}");
    let in_schema = format!("{role} IN SCHEMA {} ON {objects}", quoted_name([schema]));
    let all = schemas.current.all_of::<DefaultPrivileges>();
    let own = all.filter(|(identity, _)| [&everywhere, &in_schema].contains(&&identity.name));
    let changes = own.flat_map(|(_, defaults)| defaults.privileges.changes().iter().cloned());
    Privileges::new(changes.collect())
}

fn depend(from: &[String], to: &[String], object: &str, schemas: &Schemas<'_>) -> Statements {
    let statement = |not: &str, extension: &String| {
        format!("ALTER {object} {not}DEPENDS ON EXTENSION {};", quote_ident(extension))
    };
    let gone = from.iter().filter(|extension| !to.contains(extension));
    let mut statements: Vec<String> = gone.map(|extension| statement("NO ", extension)).collect();
    if !statements.is_empty() && schemas.major < 13 {
        return Err(NoStatement::NotInPostgres);
    }
    let new = to.iter().filter(|extension| !from.contains(extension));
    statements.extend(new.map(|extension| statement("", extension)));
    Ok(statements)
}
