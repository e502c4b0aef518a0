//! Casts.

use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Cast, CastContext, CastMethod, Identity, Model};

impl Ddl for Cast {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        // The name is `source AS target`.
        Ok(format!("CAST ({})", identity.name))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { method, context, comment } = self;
        let described = self.described(identity, schemas.wanted)?;
        let method = match method {
            CastMethod::Function(function) => format!("WITH FUNCTION {function}"),
            CastMethod::InOut => "WITH INOUT".to_owned(),
            CastMethod::Binary => "WITHOUT FUNCTION".to_owned(),
            CastMethod::Unknown(_) => return Err(NoStatement::Unknown),
        };
        let context = match context {
            CastContext::Explicit => "",
            CastContext::Assignment => " AS ASSIGNMENT",
            CastContext::Implicit => " AS IMPLICIT",
            CastContext::Unknown(_) => return Err(NoStatement::Unknown),
        };
        let mut statements = vec![format!("CREATE {described} {method}{context};")];
        statements.extend(Properties::new(comment.as_ref()).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { method, context, comment } = wanted;
        if (&self.method, &self.context) != (method, context) {
            return Ok(Alteration::Recreate);
        }
        let (from, to) =
            (Properties::new(self.comment.as_ref()), Properties::new(comment.as_ref()));
        let described = self.described(identity, schemas.current)?;
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}
