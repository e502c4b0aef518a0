//! Triggers.

use super::firing;
use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{FiringMode, Identity, Model, Trigger};
use crate::sql::quote_ident;

impl Ddl for Trigger {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("TRIGGER {} ON {}", quote_ident(&identity.name), name::parent(identity)?))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { definition, enabled, extensions: _, comment: _ } = self;
        let mut statements = vec![name::statement(&definition.0)];
        if *enabled != FiringMode::Origin {
            statements.push(firing::alter("TRIGGER", identity, enabled)?);
        }
        let described = self.described(identity, schemas.wanted)?;
        statements.extend(self.properties().create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { definition, enabled, extensions: _, comment: _ } = wanted;
        if self.definition != *definition {
            return Ok(Alteration::Recreate);
        }
        let mut statements = Vec::new();
        if self.enabled != *enabled {
            statements.push(firing::alter("TRIGGER", identity, enabled)?);
        }
        let described = self.described(identity, schemas.current)?;
        statements.extend(self.properties().alter(&wanted.properties(), &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

impl Trigger {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).depending_on(&self.extensions)
    }
}
