//! Schemas.

use super::grants::GrantTarget;
use super::properties::{Owner, Properties};
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, Schema, unquoted_name};
use crate::sql::quote_ident;

impl Ddl for Schema {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(described(identity))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { owner: _, comment: _, privileges: _ } = self;
        let described = described(identity);
        let mut statements = vec![format!("CREATE {described};")];
        if is_public(identity) {
            // Its privileges are told as they differ from those that `initdb` grants.
            let all = if schemas.major < 15 { "ALL" } else { "USAGE" };
            statements.push(format!("GRANT {all} ON {described} TO PUBLIC;"));
        }
        let properties = self.properties(identity, schemas.major);
        statements.extend(properties.create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { owner: _, comment: _, privileges: _ } = wanted;
        let from = self.properties(identity, schemas.major);
        let to = wanted.properties(identity, schemas.major);
        Ok(Alteration::InPlace(from.alter(&to, &described(identity), schemas)?))
    }
}

impl Schema {
    fn properties<'a>(&'a self, identity: &'a Identity, major: u32) -> Properties<'a> {
        let is_initial = is_public(identity) && self.owner == "default";
        // Which superuser ran `initdb` is not known.
        let owner = match is_initial {
            true if major < 15 => Owner::Unknown,
            true => Owner::Role("pg_database_owner".into()),
            // A role can be called `default` too.
            false if is_public(identity) && self.owner.starts_with('"') => {
                unquoted_name(&self.owner).map_or(Owner::Unknown, |name| Owner::Role(name.into()))
            }
            false => Owner::Role(self.owner.as_str().into()),
        };
        let target = GrantTarget::new(described(identity), "");
        let on = GrantTarget {
            owner: match &owner {
                Owner::Role(name) if !is_initial => Some(name.to_string()),
                _ => None,
            },
            ..target
        };
        let properties = Properties::new(self.comment.as_ref());
        let properties =
            properties.granted(&self.privileges, Ok(on)).with_defaults("SCHEMAS", &identity.schema);
        Properties { owner, ..properties }
    }
}

fn is_public(identity: &Identity) -> bool {
    identity.name == "public"
}

fn described(identity: &Identity) -> String {
    format!("SCHEMA {}", quote_ident(&identity.name))
}

#[cfg(test)]
mod tests {
    use super::super::statements::{NO_COLUMNS, NO_CONVERSIONS};
    use super::*;
    use crate::model::{Attributes, Kind, Object, Privileges};

    fn alter_owner(owner: &str, major: u32) -> Statements {
        let identity = Identity {
            kind: Kind::Schema,
            schema: String::new(),
            parent: None,
            name: "public".to_owned(),
            arguments: None,
        };
        let schema = |owner: &str| Schema {
            owner: owner.to_owned(),
            comment: None,
            privileges: Privileges::default(),
        };
        let attributes = Attributes::Schema(Box::new(schema("app")));
        let model = Model::new(vec![Object { identity: identity.clone(), attributes }]);
        let schemas = Schemas {
            current: &model,
            wanted: &model,
            role: "me",
            major,
            late_defaults: &NO_COLUMNS,
            recreated: &NO_COLUMNS,
            conversions: &NO_CONVERSIONS,
        };
        match schema("app").alter(&schema(owner), &identity, &schemas)? {
            Alteration::InPlace(statements) => Ok(statements),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_owner_of_public_may_be_that_of_initdb_or_a_role_called_so() {
        assert_eq!(
            alter_owner("default", 15).unwrap(),
            ["ALTER SCHEMA \"public\" OWNER TO \"pg_database_owner\";"]
        );
        assert_eq!(alter_owner("default", 14), Err(NoStatement::Unknown));
        assert_eq!(
            alter_owner("\"default\"", 14).unwrap(),
            ["ALTER SCHEMA \"public\" OWNER TO \"default\";"]
        );
    }
}
