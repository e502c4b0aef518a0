//! Publications.

use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, Publication};
use crate::sql::{quote_ident, quote_literal};

impl Ddl for Publication {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(described(identity))
    }

    fn create(&self, identity: &Identity, sides: &Schemas<'_>) -> Statements {
        let described = described(identity);
        let what = if self.all_tables {
            " FOR ALL TABLES".to_owned()
        } else if self.schemas.is_empty() {
            String::new()
        } else {
            format!(" FOR TABLES IN SCHEMA {}", list(&self.schemas))
        };
        let parameters = self.parameters(sides.major).join(", ");
        let mut statements = vec![format!("CREATE {described}{what} WITH ({parameters});")];
        statements.extend(self.properties().create(&described, sides)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        sides: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        if self.all_tables != wanted.all_tables {
            return Ok(Alteration::Recreate);
        }
        let described = described(identity);
        let mut statements = Vec::new();
        let missing = |from: &[String], to: &[String]| -> Vec<String> {
            to.iter().filter(|schema| !from.contains(schema)).cloned().collect()
        };
        for (word, schemas) in [
            ("DROP", missing(&wanted.schemas, &self.schemas)),
            ("ADD", missing(&self.schemas, &wanted.schemas)),
        ] {
            if !schemas.is_empty() {
                let schemas = list(&schemas);
                statements.push(format!("ALTER {described} {word} TABLES IN SCHEMA {schemas};"));
            }
        }
        let parameters = wanted.parameters(sides.major);
        if self.parameters(sides.major) != parameters {
            statements.push(format!("ALTER {described} SET ({});", parameters.join(", ")));
        }
        statements.extend(self.properties().alter(&wanted.properties(), &described, sides)?);
        Ok(Alteration::InPlace(statements))
    }
}

impl Publication {
    /// Those that servers of a major version know.
    fn parameters(&self, major: u32) -> Vec<String> {
        let Self {
            owner: _,
            all_tables: _,
            schemas: _,
            operations,
            via_root,
            generated_columns,
            comment: _,
        } = self;
        let mut parameters = vec![format!("publish = {}", quote_literal(&operations.join(", ")))];
        if major >= 13 {
            parameters.push(format!("publish_via_partition_root = {via_root}"));
        }
        if major >= 18 {
            let generated = match generated_columns.as_deref() {
                Some("s") => "stored",
                _ => "none",
            };
            parameters.push(format!("publish_generated_columns = {generated}"));
        }
        parameters
    }

    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).owned_by(&self.owner)
    }
}

fn list(schemas: &[String]) -> String {
    schemas.iter().map(|schema| quote_ident(schema)).collect::<Vec<_>>().join(", ")
}

fn described(identity: &Identity) -> String {
    format!("PUBLICATION {}", quote_ident(&identity.name))
}
