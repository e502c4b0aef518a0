//! Constraints of tables and domains.

use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements, same};
use crate::model::{Constraint, Domain, Identity, Model};
use crate::sql::{quote_ident, quote_literal};

impl Ddl for Constraint {
    fn described(&self, identity: &Identity, model: &Model) -> Result<String, NoStatement> {
        let domain = if name::is_of::<Domain>(identity, model) { "DOMAIN " } else { "" };
        let (own, parent) = (quote_ident(&identity.name), name::parent(identity)?);
        Ok(format!("CONSTRAINT {own} ON {domain}{parent}"))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let Self {
            constraint_type: _,
            definition,
            validated,
            inherited,
            partition_of: _,
            storage_parameters,
            tablespace,
            index_comment,
            comment,
        } = self;
        if *inherited {
            return Err(NoStatement::ComesWithParent);
        }
        if !storage_parameters.is_empty() || tablespace.is_some() {
            return Err(NoStatement::NotWritten);
        }
        let alter = name::alter_parent(identity, schemas.wanted)?;
        let valid = if *validated { "" } else { " NOT VALID" };
        let own = quote_ident(&identity.name);
        let mut statements = vec![format!("{alter} ADD CONSTRAINT {own} {definition}{valid};")];
        if index_comment.is_some() {
            statements.push(comment_on_index(identity, index_comment.as_deref()));
        }
        let described = self.described(identity, schemas.wanted)?;
        statements.extend(Properties::new(comment.as_ref()).create(&described, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self {
            constraint_type,
            definition,
            validated,
            inherited,
            partition_of,
            storage_parameters,
            tablespace,
            index_comment,
            comment,
        } = wanted;
        same(&self.inherited, inherited, NoStatement::ComesWithParent)?;
        same(&self.partition_of, partition_of, NoStatement::ComesWithParent)?;
        let is_same = (&self.constraint_type, &self.definition) == (constraint_type, definition)
            && (&self.storage_parameters, &self.tablespace) == (storage_parameters, tablespace);
        if !is_same || self.validated && !validated {
            return Ok(Alteration::Recreate);
        }
        let mut statements = Vec::new();
        if self.validated != *validated {
            let alter = name::alter_parent(identity, schemas.current)?;
            statements
                .push(format!("{alter} VALIDATE CONSTRAINT {};", quote_ident(&identity.name)));
        }
        if self.index_comment != *index_comment {
            statements.push(comment_on_index(identity, index_comment.as_deref()));
        }
        let (from, to) =
            (Properties::new(self.comment.as_ref()), Properties::new(comment.as_ref()));
        let described = self.described(identity, schemas.current)?;
        statements.extend(from.alter(&to, &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }

    fn drop(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        if self.inherited {
            return Err(NoStatement::ComesWithParent);
        }
        let alter = name::alter_parent(identity, schemas.current)?;
        Ok(vec![format!("{alter} DROP CONSTRAINT {};", quote_ident(&identity.name))])
    }
}

/// The index of a constraint has its name.
fn comment_on_index(identity: &Identity, comment: Option<&str>) -> String {
    let comment = comment.map_or_else(|| "NULL".to_owned(), quote_literal);
    format!("COMMENT ON INDEX {} IS {comment};", name::full(identity))
}
