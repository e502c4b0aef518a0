//! Transforms.

use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, Transform};

impl Ddl for Transform {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        // The name is `FOR type LANGUAGE name`.
        Ok(format!("TRANSFORM {}", identity.name))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { from_sql, to_sql, comment } = self;
        let described = self.described(identity, schemas.wanted)?;
        let directions = [("FROM SQL", from_sql), ("TO SQL", to_sql)];
        let parts: Vec<String> = directions
            .into_iter()
            .filter_map(|(word, function)| {
                Some(format!("{word} WITH FUNCTION {}", function.as_ref()?))
            })
            .collect();
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
        let Self { from_sql, to_sql, comment } = wanted;
        if (&self.from_sql, &self.to_sql) != (from_sql, to_sql) {
            return Ok(Alteration::Recreate);
        }
        let (from, to) =
            (Properties::new(self.comment.as_ref()), Properties::new(comment.as_ref()));
        let described = self.described(identity, schemas.current)?;
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}
