//! Extensions.

use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Extension, Identity, Model};
use crate::sql::{quote_ident, quote_literal};

impl Ddl for Extension {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(described(identity))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { schema, version, default_version: _, not_relocatable: _, comment } = self;
        let described = described(identity);
        let (schema, version) = (quote_ident(schema), quote_literal(version));
        let mut statements = vec![format!("CREATE {described} SCHEMA {schema} VERSION {version};")];
        statements.extend(Properties::new(comment.as_ref()).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        // The default version is the server's.
        let Self { schema, version, default_version: _, not_relocatable: _, comment } = wanted;
        if self.schema != *schema && self.not_relocatable {
            return Ok(Alteration::Recreate);
        }
        let described = described(identity);
        let mut statements = Vec::new();
        if self.version != *version {
            statements.push(format!("ALTER {described} UPDATE TO {};", quote_literal(version)));
        }
        if self.schema != *schema {
            statements.push(format!("ALTER {described} SET SCHEMA {};", quote_ident(schema)));
        }
        let (from, to) =
            (Properties::new(self.comment.as_ref()), Properties::new(comment.as_ref()));
        statements.extend(from.alter(&to, &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

fn described(identity: &Identity) -> String {
    format!("EXTENSION {}", quote_ident(&identity.name))
}
