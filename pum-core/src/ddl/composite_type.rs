//! Composite types.

use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use super::{parts, types};
use crate::model::{CompositeType, Identity, Model};

impl Ddl for CompositeType {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(types::described(identity))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { owner: _, comment: _, privileges: _ } = self;
        let described = types::described(identity);
        let columns = parts::columns(identity, schemas);
        let attributes: Vec<String> =
            columns.iter().map(|(identity, column)| column.attribute(identity)).collect();
        let mut statements = vec![format!("CREATE {described} AS ({});", attributes.join(", "))];
        for (identity, column) in columns {
            statements.extend(column.create_properties(identity, schemas)?);
        }
        statements.extend(self.properties(identity).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { owner: _, comment: _, privileges: _ } = wanted;
        let (from, to) = (self.properties(identity), wanted.properties(identity));
        Ok(Alteration::InPlace(from.alter(&to, &types::described(identity), schemas)?))
    }
}

impl CompositeType {
    fn properties<'a>(&'a self, identity: &'a Identity) -> Properties<'a> {
        types::properties(identity, &self.owner, self.comment.as_ref(), &self.privileges)
    }
}
