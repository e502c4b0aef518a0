//! Security labels.

use super::name;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, SecurityLabel};
use crate::sql::{quote_ident, quote_literal};

impl Ddl for SecurityLabel {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        name::described_object(&identity.name)
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { label } = self;
        let described = self.described(identity, schemas.wanted)?;
        Ok(vec![set(identity, &described, &quote_literal(label))?])
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { label } = wanted;
        if self.label == *label {
            return Ok(Alteration::InPlace(Vec::new()));
        }
        Ok(Alteration::InPlace(wanted.create(identity, schemas)?))
    }

    fn drop(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let described = self.described(identity, schemas.current)?;
        Ok(vec![set(identity, &described, "NULL")?])
    }
}

fn set(identity: &Identity, described: &str, label: &str) -> Result<String, NoStatement> {
    let provider = quote_ident(identity.arguments.as_deref().ok_or(NoStatement::NotInModel)?);
    Ok(format!("SECURITY LABEL FOR {provider} ON {described} IS {label};"))
}
