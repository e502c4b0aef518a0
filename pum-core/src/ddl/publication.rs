//! Publications.

use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements, same};

use crate::model::{Identity, Model, Publication};
use crate::sql::quote_ident;

impl Ddl for Publication {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("PUBLICATION {}", quote_ident(&identity.name)))
    }

    fn create(&self, _: &Identity, _: &Schemas<'_>) -> Statements {
        let Self {
            owner: _,
            all_tables: _,
            schemas: _,
            operations: _,
            via_root: _,
            generated_columns: _,
            comment: _,
        } = self;
        Err(NoStatement::NotWritten)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        sides: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self {
            owner: _,
            all_tables,
            schemas,
            operations,
            via_root,
            generated_columns,
            comment: _,
        } = wanted;
        same(&self.all_tables, all_tables, NoStatement::NotWritten)?;
        same(&self.schemas, schemas, NoStatement::NotWritten)?;
        same(&self.operations, operations, NoStatement::NotWritten)?;
        same(&self.via_root, via_root, NoStatement::NotWritten)?;
        same(&self.generated_columns, generated_columns, NoStatement::NotWritten)?;
        let described = self.described(identity, sides.current)?;
        let (from, to) = (self.properties(), wanted.properties());
        Ok(Alteration::InPlace(from.alter(&to, &described, sides)?))
    }
}

impl Publication {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).owned_by(&self.owner)
    }
}
