//! Triggers.

use super::firing;
use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use crate::model::{FiringMode, Identity, Inheritance, Model, Table, Trigger, quoted_name};
use crate::sql::quote_ident;

impl Ddl for Trigger {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("TRIGGER {} ON {}", quote_ident(&identity.name), name::parent(identity)?))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { definition, enabled, extensions: _, comment: _ } = self;
        let mut statements = vec![name::statement(&definition.0)];
        if *enabled != FiringMode::Origin {
            statements.push(firing::alter("TRIGGER", identity, enabled)?);
        }
        let described = self.described(identity, schemas.wanted)?;
        statements.extend(self.properties().create(&described, schemas)?);
        Ok(statements)
    }

    /// A partition gets those of its table by itself, and they may fire otherwise than there.
    fn create_alone(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        if !is_of_partitioned_table(identity, schemas.wanted) {
            return self.create(identity, schemas);
        }
        Ok(vec![firing::alter("TRIGGER", identity, &self.enabled)?])
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self { definition, enabled, extensions: _, comment: _ } = wanted;
        if self.definition != *definition {
            return Ok(Alteration::Recreate);
        }
        let mut statements = Vec::new();
        if self.enabled != *enabled {
            statements.push(firing::alter("TRIGGER", identity, enabled)?);
        }
        let described = self.described(identity, schemas.current)?;
        statements.extend(self.properties().alter(&wanted.properties(), &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

/// Whether a trigger of a partition is that of its partitioned table.
fn is_of_partitioned_table(identity: &Identity, model: &Model) -> bool {
    let Some(table) = model.parent_of::<Table>(identity) else { return false };
    let Inheritance::Partition { of, .. } = &table.inheritance else { return false };
    model.all_of::<Trigger>().any(|(other, _)| {
        other.name == identity.name
            && other
                .parent
                .as_ref()
                .is_some_and(|parent| quoted_name([&*other.schema, parent]) == *of)
    })
}

impl Trigger {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).depending_on(&self.extensions)
    }
}
