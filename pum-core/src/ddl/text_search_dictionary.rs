//! Text search dictionaries.

use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, TextSearchDictionary};

impl Ddl for TextSearchDictionary {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("TEXT SEARCH DICTIONARY {}", name::full(identity)))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { owner: _, template, options, comment: _ } = self;
        let options = options.as_ref().map_or_else(String::new, |options| format!(", {options}"));
        let described = self.described(identity, schemas.wanted)?;
        let mut statements = vec![format!("CREATE {described} (TEMPLATE = {template}{options});")];
        statements.extend(self.properties().create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { owner: _, template, options, comment: _ } = wanted;
        if (&self.template, &self.options) != (template, options) {
            return Ok(Alteration::Recreate);
        }
        let described = self.described(identity, schemas.current)?;
        let (from, to) = (self.properties(), wanted.properties());
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}

impl TextSearchDictionary {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).owned_by(&self.owner)
    }
}
