//! Foreign servers.

use super::grants::GrantTarget;
use super::options;
use super::properties::Properties;
use super::secret::Secret;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{ForeignServer, Identity, Model};
use crate::sql::{quote_ident, quote_literal};

impl Ddl for ForeignServer {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(described(identity))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self {
            owner: _,
            foreign_data_wrapper,
            server_type,
            version,
            options,
            secrets,
            comment: _,
            privileges: _,
        } = self;
        let described = described(identity);
        let mut sql = format!("CREATE {described}");
        for (word, text) in [("TYPE", server_type), ("VERSION", version)] {
            if let Some(text) = text {
                sql += &format!(" {word} {}", quote_literal(text));
            }
        }
        sql += &format!(" FOREIGN DATA WRAPPER {}", quote_ident(foreign_data_wrapper));
        let mut statements =
            vec![format!("{sql}{};", options::clause_with(options, secrets, Secret(identity)))];
        statements.extend(self.properties(identity).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self {
            owner: _,
            foreign_data_wrapper,
            server_type,
            version,
            options,
            secrets,
            comment: _,
            privileges: _,
        } = wanted;
        let is_same =
            (&self.foreign_data_wrapper, &self.server_type) == (foreign_data_wrapper, server_type);
        if !is_same || (self.version.is_some() && version.is_none()) {
            return Ok(Alteration::Recreate);
        }
        let described = described(identity);
        let mut actions = Vec::new();
        if let Some(version) = version.as_ref().filter(|_| self.version != *version) {
            actions.push(format!("VERSION {}", quote_literal(version)));
        }
        actions.extend(options::change_with(
            (&self.options, &self.secrets),
            (options, secrets),
            Secret(identity),
        ));
        let mut statements = Vec::new();
        if !actions.is_empty() {
            statements.push(format!("ALTER {described} {};", actions.join(" ")));
        }
        let (from, to) = (self.properties(identity), wanted.properties(identity));
        statements.extend(from.alter(&to, &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

impl ForeignServer {
    fn properties(&self, identity: &Identity) -> Properties<'_> {
        let on = GrantTarget::new(format!("FOREIGN {}", described(identity)), &self.owner);
        Properties::new(self.comment.as_ref())
            .owned_by(&self.owner)
            .granted(&self.privileges, Ok(on))
    }
}

fn described(identity: &Identity) -> String {
    format!("SERVER {}", quote_ident(&identity.name))
}
