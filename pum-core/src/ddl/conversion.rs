//! Conversions between encodings.

use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Conversion, Identity, Model};
use crate::sql::quote_literal;

impl Ddl for Conversion {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("CONVERSION {}", name::full(identity)))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { owner: _, source_encoding, target_encoding, function, default, comment: _ } =
            self;
        let default = if *default { "DEFAULT " } else { "" };
        let (from, to) = (quote_literal(source_encoding), quote_literal(target_encoding));
        let described = self.described(identity, schemas.wanted)?;
        let mut statements =
            vec![format!("CREATE {default}{described} FOR {from} TO {to} FROM {function};")];
        statements.extend(self.properties().create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { owner: _, source_encoding, target_encoding, function, default, comment: _ } =
            wanted;
        let is_same = (&self.source_encoding, &self.target_encoding)
            == (source_encoding, target_encoding)
            && (&self.function, self.default) == (function, *default);
        if !is_same {
            return Ok(Alteration::Recreate);
        }
        let described = self.described(identity, schemas.current)?;
        let (from, to) = (self.properties(), wanted.properties());
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}

impl Conversion {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).owned_by(&self.owner)
    }
}
