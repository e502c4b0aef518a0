//! User mappings.

use super::options;
use super::secret::Secret;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, UserMapping};
use crate::sql::quote_ident;

impl Ddl for UserMapping {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        let server = identity.parent.as_deref().ok_or(NoStatement::NotInModel)?;
        let user = match &*identity.name {
            "PUBLIC" => "PUBLIC".to_owned(),
            // A role can be called so, too.
            "\"PUBLIC\"" => quote_ident("PUBLIC"),
            name => quote_ident(name),
        };
        Ok(format!("USER MAPPING FOR {user} SERVER {}", quote_ident(server)))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { options, secrets } = self;
        let described = self.described(identity, schemas.wanted)?;
        Ok(vec![format!(
            "CREATE {described}{};",
            options::clause_with(options, secrets, Secret(identity))
        )])
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { options, secrets } = wanted;
        let described = self.described(identity, schemas.current)?;
        let change = options::change_with(
            (&self.options, &self.secrets),
            (options, secrets),
            Secret(identity),
        );
        let statement = change.map(|options| format!("ALTER {described} {options};"));
        Ok(Alteration::InPlace(statement.into_iter().collect()))
    }
}
