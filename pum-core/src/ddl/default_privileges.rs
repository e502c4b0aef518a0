//! Default privileges, which are nothing but grants.

use super::grants::GrantTarget;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{DefaultPrivileges, Identity, Model, Privileges, split_quoted};
use crate::sql::quote_ident;

impl Ddl for DefaultPrivileges {
    fn described(&self, _: &Identity, _: &Model) -> Result<String, NoStatement> {
        Err(NoStatement::NotInPostgres)
    }

    fn create(&self, identity: &Identity, _: &Schemas<'_>) -> Statements {
        let Self { privileges } = self;
        target(identity)?.change(&Privileges::default(), privileges)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        _: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { privileges } = wanted;
        Ok(Alteration::InPlace(target(identity)?.change(&self.privileges, privileges)?))
    }

    fn drop(&self, identity: &Identity, _: &Schemas<'_>) -> Statements {
        let Self { privileges } = self;
        target(identity)?.change(privileges, &Privileges::default())
    }
}

/// Where they are granted, from the description that is their name: `role ON TABLES`,
/// `role IN SCHEMA app ON TABLES`.
fn target(identity: &Identity) -> Result<GrantTarget, NoStatement> {
    let parts = || {
        let (role, rest) = split_name(&identity.name)?;
        if let Some(on) = rest.strip_prefix(" ON ") {
            return Some((role, String::new(), on));
        }
        let (schema, rest) = split_name(rest.strip_prefix(" IN SCHEMA ")?)?;
        let schema = format!(" IN SCHEMA {}", quote_ident(&schema));
        Some((role, schema, rest.strip_prefix(" ON ")?))
    };
    let (role, schema, on) = parts().ok_or(NoStatement::Unknown)?;
    if on.starts_with("unknown") {
        return Err(NoStatement::Unknown);
    }
    let before = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}{schema} ", quote_ident(&role));
    Ok(GrantTarget { before, ..GrantTarget::new(on.to_owned(), &role) })
}

/// A name, in quotes where it needs them, and what follows.
fn split_name(text: &str) -> Option<(String, &str)> {
    if text.starts_with('"') {
        return split_quoted(text);
    }
    let (name, rest) = text.split_at(text.find(' ')?);
    Some((name.to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn the_description_says_where_privileges_are_granted() {
        let before = |name: &str| {
            let identity = Identity {
                kind: Kind::DefaultPrivileges,
                schema: String::new(),
                parent: None,
                name: name.to_owned(),
                arguments: None,
            };
            target(&identity).map(|target| (target.before, target.on, target.owner.unwrap()))
        };
        let start = "ALTER DEFAULT PRIVILEGES FOR ROLE";
        let expected = |before: &str, on: &str, owner: &str| {
            Ok((format!("{start} {before} "), on.to_owned(), owner.to_owned()))
        };
        assert_eq!(before("app ON TABLES"), expected("\"app\"", "TABLES", "app"));
        assert_eq!(
            before("\"a ON \"\"b\" IN SCHEMA \"S IN SCHEMA x\" ON LARGE OBJECTS"),
            expected("\"a ON \"\"b\" IN SCHEMA \"S IN SCHEMA x\"", "LARGE OBJECTS", "a ON \"b")
        );
        assert_eq!(before("app ON unknown (defaclobjtype z)"), Err(NoStatement::Unknown));
        assert_eq!(before("app"), Err(NoStatement::Unknown));
    }
}
