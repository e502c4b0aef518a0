//! Text search templates.

use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, TextSearchTemplate};

impl Ddl for TextSearchTemplate {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("TEXT SEARCH TEMPLATE {}", name::full(identity)))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { init, lexize, comment } = self;
        let mut parts = Vec::new();
        if let Some(init) = init {
            parts.push(format!("INIT = {}", name::without_arguments(init)));
        }
        parts.push(format!("LEXIZE = {}", name::without_arguments(lexize)));
        let described = self.described(identity, schemas.wanted)?;
        let mut statements = vec![format!("CREATE {described} ({});", parts.join(", "))];
        statements.extend(Properties::new(comment.as_ref()).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { init, lexize, comment } = wanted;
        if (&self.init, &self.lexize) != (init, lexize) {
            return Ok(Alteration::Recreate);
        }
        let (from, to) =
            (Properties::new(self.comment.as_ref()), Properties::new(comment.as_ref()));
        let described = self.described(identity, schemas.current)?;
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}
