//! Event triggers.

use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements, same};

use crate::model::{EventTrigger, Identity, Model};
use crate::sql::quote_ident;

impl Ddl for EventTrigger {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("EVENT TRIGGER {}", quote_ident(&identity.name)))
    }

    fn create(&self, _: &Identity, _: &Schemas<'_>) -> Statements {
        let Self { owner: _, event: _, tags: _, function: _, enabled: _, comment: _ } = self;
        Err(NoStatement::NotWritten)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { owner: _, event, tags, function, enabled, comment: _ } = wanted;
        same(&self.event, event, NoStatement::NotWritten)?;
        same(&self.tags, tags, NoStatement::NotWritten)?;
        same(&self.function, function, NoStatement::NotWritten)?;
        same(&self.enabled, enabled, NoStatement::NotWritten)?;
        let described = self.described(identity, schemas.current)?;
        let (from, to) = (self.properties(), wanted.properties());
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}

impl EventTrigger {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).owned_by(&self.owner)
    }
}
