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

    /// A partition gets those of its table by itself, and they may fire otherwise than there.
    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self { definition, enabled, extensions: _, comment: _ } = self;
        if of_partitioned_table(identity, schemas.wanted).is_some() {
            return Ok(vec![firing::alter("TRIGGER", identity, enabled)?]);
        }
        let mut statements = vec![name::statement(&definition.0)];
        if *enabled != FiringMode::Origin {
            statements.push(firing::alter("TRIGGER", identity, enabled)?);
        }
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

    /// That of a partition which fires otherwise than that of its table fires as that again.
    fn drop(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        if of_partitioned_table(identity, schemas.current).is_none() {
            return Ok(vec![format!("DROP {};", self.described(identity, schemas.current)?)]);
        }
        match of_partitioned_table(identity, schemas.wanted) {
            Some(whole) => Ok(vec![firing::alter("TRIGGER", identity, &whole.enabled)?]),
            None => Err(NoStatement::ComesWithParent),
        }
    }
}

/// The trigger of the partitioned table that one of a partition belongs to.
fn of_partitioned_table<'m>(identity: &Identity, model: &'m Model) -> Option<&'m Trigger> {
    let table = model.parent_of::<Table>(identity)?;
    let Inheritance::Partition { of, .. } = &table.inheritance else { return None };
    let mut triggers = model.all_of::<Trigger>();
    let found = triggers.find(|(other, _)| {
        let table = other.parent.as_ref();
        other.name == identity.name
            && table.is_some_and(|table| quoted_name([&*other.schema, table]) == *of)
    });
    found.map(|(_, trigger)| trigger)
}

impl Trigger {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).depending_on(&self.extensions)
    }
}
