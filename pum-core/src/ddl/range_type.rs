//! Range types.

use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements, same};
use super::types;
use crate::model::{Identity, Model, RangeType};

impl Ddl for RangeType {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(types::described(identity))
    }

    fn create(&self, _: &Identity, _: &Schemas<'_>) -> Statements {
        let Self {
            owner: _,
            subtype: _,
            operator_class: _,
            collation: _,
            canonical: _,
            subtype_diff: _,
            multirange: _,
            comment: _,
            privileges: _,
        } = self;
        Err(NoStatement::NotWritten)
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
        same(&self.subtype, subtype, NoStatement::NotWritten)?;
        same(&self.operator_class, operator_class, NoStatement::NotWritten)?;
        same(&self.collation, collation, NoStatement::NotWritten)?;
        same(&self.canonical, canonical, NoStatement::NotWritten)?;
        same(&self.subtype_diff, subtype_diff, NoStatement::NotWritten)?;
        same(&self.multirange, multirange, NoStatement::NotWritten)?;
        let described = self.described(identity, schemas.current)?;
        let (from, to) = (self.properties(identity), wanted.properties(identity));
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}

impl RangeType {
    fn properties(&self, identity: &Identity) -> Properties<'_> {
        types::properties(identity, &self.owner, self.comment.as_ref(), &self.privileges)
    }
}
