//! Event triggers.

use super::firing;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{EventTrigger, FiringMode, Identity, Model};
use crate::sql::{quote_ident, quote_literal};

impl Ddl for EventTrigger {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(described(identity))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { owner: _, event, tags, function, enabled, comment: _ } = self;
        let described = described(identity);
        let mut sql = format!("CREATE {described} ON {event}");
        if !tags.is_empty() {
            let tags: Vec<String> = tags.iter().map(|tag| quote_literal(tag)).collect();
            sql += &format!(" WHEN TAG IN ({})", tags.join(", "));
        }
        let mut statements = vec![format!("{sql} EXECUTE FUNCTION {function};")];
        if *enabled != FiringMode::Origin {
            statements.push(format!("ALTER {described} {};", firing::action(enabled)?));
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
        let Self { owner: _, event, tags, function, enabled, comment: _ } = wanted;
        if (&self.event, &self.tags, &self.function) != (event, tags, function) {
            return Ok(Alteration::Recreate);
        }
        let described = described(identity);
        let mut statements = Vec::new();
        if self.enabled != *enabled {
            statements.push(format!("ALTER {described} {};", firing::action(enabled)?));
        }
        statements.extend(self.properties().alter(&wanted.properties(), &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

impl EventTrigger {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).owned_by(&self.owner)
    }
}

fn described(identity: &Identity) -> String {
    format!("EVENT TRIGGER {}", quote_ident(&identity.name))
}
