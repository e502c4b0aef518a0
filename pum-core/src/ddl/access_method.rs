//! Access methods.

use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{AccessMethod, AccessMethodType, Identity, Model, Word};
use crate::sql::quote_ident;

impl Ddl for AccessMethod {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("ACCESS METHOD {}", quote_ident(&identity.name)))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { method_type, handler, comment } = self;
        if let AccessMethodType::Unknown(_) = method_type {
            return Err(NoStatement::Unknown);
        }
        let described = self.described(identity, schemas.wanted)?;
        let mut statements = vec![format!(
            "CREATE {described} TYPE {} HANDLER {};",
            method_type.word().to_uppercase(),
            name::without_arguments(handler)
        )];
        statements.extend(Properties::new(comment.as_ref()).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { method_type, handler, comment } = wanted;
        if (&self.method_type, &self.handler) != (method_type, handler) {
            return Ok(Alteration::Recreate);
        }
        let (from, to) =
            (Properties::new(self.comment.as_ref()), Properties::new(comment.as_ref()));
        let described = self.described(identity, schemas.current)?;
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}
