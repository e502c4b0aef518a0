//! Operator classes.

use super::name;
use super::operator_family::member;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{Identity, Model, OperatorClass};

impl Ddl for OperatorClass {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("OPERATOR CLASS {}", name::with_method(identity)?))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { owner: _, data_type, family, default, key_type, members, comment: _ } = self;
        let method = name::method(identity)?;
        let mut parts: Vec<String> = members.iter().map(|text| member(text)).collect();
        // There must be something.
        let storage = key_type.as_ref().or_else(|| parts.is_empty().then_some(data_type));
        parts.extend(storage.map(|storage| format!("STORAGE {storage}")));
        let default = if *default { " DEFAULT" } else { "" };
        let mut statements = vec![format!(
            "CREATE OPERATOR CLASS {}{default} FOR TYPE {data_type} USING {method} \
             FAMILY {family} AS\n  {};",
            name::full(identity),
            parts.join(",\n  ")
        )];
        let described = self.described(identity, schemas.wanted)?;
        statements.extend(self.properties().create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { owner: _, data_type, family, default, key_type, members, comment: _ } = wanted;
        let is_same = (&self.data_type, &self.family, self.default)
            == (data_type, family, *default)
            && (&self.key_type, &self.members) == (key_type, members);
        if !is_same {
            return Ok(Alteration::Recreate);
        }
        let described = self.described(identity, schemas.current)?;
        let (from, to) = (self.properties(), wanted.properties());
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}

impl OperatorClass {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).owned_by(&self.owner)
    }
}
