//! Range types.

use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use super::{name, types};
use crate::model::{Identity, Model, RangeType};

impl Ddl for RangeType {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(types::described(identity))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self {
            owner: _,
            subtype,
            operator_class,
            collation,
            canonical,
            subtype_diff,
            multirange,
            comment: _,
            privileges: _,
        } = self;
        let mut parts =
            vec![format!("SUBTYPE = {subtype}"), format!("SUBTYPE_OPCLASS = {operator_class}")];
        let function = |name: &Option<String>| {
            name.as_deref().map(|name| name::without_arguments(name).to_owned())
        };
        for (word, value) in [
            ("COLLATION", collation.clone()),
            ("CANONICAL", function(canonical)),
            ("SUBTYPE_DIFF", function(subtype_diff)),
            ("MULTIRANGE_TYPE_NAME", multirange.clone()),
        ] {
            parts.extend(value.map(|value| format!("{word} = {value}")));
        }
        let described = types::described(identity);
        let mut statements = vec![format!("CREATE {described} AS RANGE ({});", parts.join(", "))];
        statements.extend(self.properties(identity).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self {
            owner: _,
            subtype,
            operator_class,
            collation,
            canonical,
            subtype_diff,
            multirange,
            comment: _,
            privileges: _,
        } = wanted;
        let is_same = (&self.subtype, &self.operator_class, &self.collation)
            == (subtype, operator_class, collation)
            && (&self.canonical, &self.subtype_diff, &self.multirange)
                == (canonical, subtype_diff, multirange);
        if !is_same {
            return Ok(Alteration::Recreate);
        }
        let described = self.described(identity, schemas.current)?;
        let (from, to) = (self.properties(identity), wanted.properties(identity));
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}

impl RangeType {
    fn properties<'a>(&'a self, identity: &'a Identity) -> Properties<'a> {
        types::properties(identity, &self.owner, self.comment.as_ref(), &self.privileges)
    }
}
