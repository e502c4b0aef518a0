//! Rewrite rules.

use super::firing;
use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{FiringMode, Identity, Model, Rule};
use crate::sql::quote_ident;

impl Ddl for Rule {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("RULE {} ON {}", quote_ident(&identity.name), name::parent(identity)?))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { definition, enabled, comment } = self;
        let mut statements = vec![name::statement(&definition.0)];
        if *enabled != FiringMode::Origin {
            statements.push(firing::alter("RULE", identity, enabled)?);
        }
        let described = self.described(identity, schemas.wanted)?;
        statements.extend(Properties::new(comment.as_ref()).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { definition, enabled, comment } = wanted;
        if self.definition != *definition {
            return Ok(Alteration::Recreate);
        }
        let mut statements = Vec::new();
        if self.enabled != *enabled {
            statements.push(firing::alter("RULE", identity, enabled)?);
        }
        let (from, to) =
            (Properties::new(self.comment.as_ref()), Properties::new(comment.as_ref()));
        let described = self.described(identity, schemas.current)?;
        statements.extend(from.alter(&to, &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}
