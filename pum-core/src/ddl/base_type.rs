//! Base types.

use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements, same};
use super::types;
use crate::model::{BaseType, Identity, Model};

impl Ddl for BaseType {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(types::described(identity))
    }

    fn create(&self, _: &Identity, _: &Schemas<'_>) -> Statements {
        let Self {
            owner: _,
            defined: _,
            input: _,
            output: _,
            receive: _,
            send: _,
            modifier_input: _,
            modifier_output: _,
            analyze: _,
            subscript: _,
            length: _,
            by_value: _,
            alignment: _,
            storage: _,
            category: _,
            preferred: _,
            default: _,
            element: _,
            delimiter: _,
            collatable: _,
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
            defined,
            input,
            output,
            receive,
            send,
            modifier_input,
            modifier_output,
            analyze,
            subscript,
            length,
            by_value,
            alignment,
            storage,
            category,
            preferred,
            default,
            element,
            delimiter,
            collatable,
            comment: _,
            privileges,
        } = wanted;
        same(&self.defined, defined, NoStatement::NotWritten)?;
        same(&self.input, input, NoStatement::NotWritten)?;
        same(&self.output, output, NoStatement::NotWritten)?;
        same(&self.receive, receive, NoStatement::NotWritten)?;
        same(&self.send, send, NoStatement::NotWritten)?;
        same(&self.modifier_input, modifier_input, NoStatement::NotWritten)?;
        same(&self.modifier_output, modifier_output, NoStatement::NotWritten)?;
        same(&self.analyze, analyze, NoStatement::NotWritten)?;
        same(&self.subscript, subscript, NoStatement::NotWritten)?;
        same(&self.length, length, NoStatement::NotWritten)?;
        same(&self.by_value, by_value, NoStatement::NotWritten)?;
        same(&self.alignment, alignment, NoStatement::NotWritten)?;
        same(&self.storage, storage, NoStatement::NotWritten)?;
        same(&self.category, category, NoStatement::NotWritten)?;
        same(&self.preferred, preferred, NoStatement::NotWritten)?;
        same(&self.default, default, NoStatement::NotWritten)?;
        same(&self.element, element, NoStatement::NotWritten)?;
        same(&self.delimiter, delimiter, NoStatement::NotWritten)?;
        same(&self.collatable, collatable, NoStatement::NotWritten)?;
        same(&self.privileges, privileges, NoStatement::NotWritten)?;
        let described = self.described(identity, schemas.current)?;
        let (from, to) = (self.properties(), wanted.properties());
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}

impl BaseType {
    fn properties(&self) -> Properties<'_> {
        Properties::new(self.comment.as_ref()).owned_by(&self.owner)
    }
}
