//! Extended statistics.

use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, Statistics};

impl Ddl for Statistics {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(described(identity))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { owner: _, table: _, definition, statistics_target, comment: _ } = self;
        let described = described(identity);
        let mut statements = vec![name::statement(&definition.0)];
        if let Some(target) = statistics_target {
            statements.push(format!("ALTER {described} SET STATISTICS {target};"));
        }
        statements.extend(self.properties().create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { owner: _, table, definition, statistics_target, comment: _ } = wanted;
        if (&self.table, &self.definition) != (table, definition) {
            return Ok(Alteration::Recreate);
        }
        let described = described(identity);
        let mut statements = Vec::new();
        if self.statistics_target != *statistics_target {
            let target = statistics_target.unwrap_or(-1);
            statements.push(format!("ALTER {described} SET STATISTICS {target};"));
        }
        statements.extend(self.properties().alter(&wanted.properties(), &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

impl Statistics {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).owned_by(&self.owner)
    }
}

fn described(identity: &Identity) -> String {
    format!("STATISTICS {}", name::full(identity))
}
