//! Domains.

use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use super::{name, types};
use crate::model::{Constraint, Domain, Identity, Model};

impl Ddl for Domain {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(described(identity))
    }

    /// With its constraints: a domain in use can hardly get one.
    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { owner: _, data_type, collation, not_null, default, comment: _, privileges: _ } =
            self;
        let described = described(identity);
        let mut sql = format!("CREATE {described} AS {data_type}");
        if let Some(collation) = collation {
            sql += &format!(" COLLATE {collation}");
        }
        if let Some(default) = default {
            sql += &format!(" DEFAULT {default}");
        }
        if *not_null {
            sql += " NOT NULL";
        }
        let mut statements = vec![sql + ";"];
        for (identity, constraint) in schemas.wanted.parts_of::<Constraint>(identity) {
            statements.extend(constraint.create(identity, schemas)?);
        }
        statements.extend(self.properties(identity).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { owner: _, data_type, collation, not_null, default, comment: _, privileges: _ } =
            wanted;
        if (&self.data_type, &self.collation) != (data_type, collation) {
            return Ok(Alteration::Recreate);
        }
        let described = described(identity);
        let mut statements = Vec::new();
        if self.default != *default {
            let action = match default {
                Some(default) => format!("SET DEFAULT {default}"),
                None => "DROP DEFAULT".to_owned(),
            };
            statements.push(format!("ALTER {described} {action};"));
        }
        if self.not_null != *not_null {
            let action = if *not_null { "SET" } else { "DROP" };
            statements.push(format!("ALTER {described} {action} NOT NULL;"));
        }
        let (from, to) = (self.properties(identity), wanted.properties(identity));
        statements.extend(from.alter(&to, &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

impl Domain {
    fn properties<'a>(&'a self, identity: &'a Identity) -> Properties<'a> {
        types::properties(identity, &self.owner, self.comment.as_ref(), &self.privileges)
    }
}

fn described(identity: &Identity) -> String {
    format!("DOMAIN {}", name::full(identity))
}
