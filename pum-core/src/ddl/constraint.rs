//! Constraints of tables and domains.

use super::inheritance;
use super::name;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements, same};
use crate::model::{Constraint, ConstraintType, Domain, Identity, Model, Table};
use crate::sql::{quote_ident, quote_literal};

impl Ddl for Constraint {
    fn described(&self, identity: &Identity, model: &Model) -> Result<String, NoStatement> {
        let domain = if name::is_of::<Domain>(identity, model) { "DOMAIN " } else { "" };
        let (own, parent) = (quote_ident(&identity.name), name::parent(identity)?);
        Ok(format!("CONSTRAINT {own} ON {domain}{parent}"))
    }

    /// The key of a partitioned table has none of its partitions.
    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let is_needed = inheritance::is_needed_to_join(identity, schemas.current, schemas.wanted);
        if self.inherited && self.partition_of.is_none() && !is_needed {
            return Err(NoStatement::ComesWithParent);
        }
        let mut alter = name::alter_parent(identity, schemas.wanted)?;
        if self.has_index() && name::is_of::<Table>(identity, schemas.wanted) {
            alter = format!("ALTER TABLE ONLY {}", name::parent(identity)?);
        }
        let mut statements = self.create_on(&alter, identity, schemas)?;
        if !self.validated && self.constraint_type == ConstraintType::Check {
            statements.extend(validate_in_children(identity, schemas)?);
        }
        Ok(statements)
    }

    fn finish(&self, identity: &Identity, _: &Schemas<'_>) -> Statements {
        // The index of a constraint is in the schema of its table; a plain index stands for itself.
        let attach = |whole: &String| {
            let (before, own) = name::split_last(whole)?;
            let index = match name::split_last(before) {
                Some((schema, _)) => format!("{schema}.{own}"),
                None => whole.clone(),
            };
            Some(name::attach_index(&index, identity))
        };
        let statement = self.partition_of.as_ref().map(|it| attach(it).ok_or(NoStatement::Unknown));
        statement.into_iter().collect()
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
        let is_key = self.has_index();
        if self.inherited && !inherited && self.definition == *definition && !is_key {
            // It is merged with the one that is inherited.
            return Ok(Alteration::InPlace(wanted.create(identity, schemas)?));
        }
        let is_attached = self.partition_of.is_none() && partition_of.is_some();
        if self.partition_of == *partition_of {
            same(&self.inherited, inherited, NoStatement::NotInPostgres)?;
        } else if !is_attached {
            return Ok(Alteration::Recreate);
        }
        let is_same = (&self.constraint_type, &self.definition) == (constraint_type, definition);
        if !is_same || self.validated && !validated {
            return Ok(Alteration::Recreate);
        }
        let mut actions = name::change_parameters(&self.storage_parameters, storage_parameters);
        if self.tablespace != *tablespace {
            let tablespace = tablespace.as_deref().unwrap_or("pg_default");
            actions.push(format!("SET TABLESPACE {}", quote_ident(tablespace)));
        }
        let index = name::full(identity);
        let mut statements: Vec<String> =
            actions.iter().map(|action| format!("ALTER INDEX {index} {action};")).collect();
        if self.validated != *validated {
            let alter = name::alter_parent(identity, schemas.current)?;
            statements
                .push(format!("{alter} VALIDATE CONSTRAINT {};", quote_ident(&identity.name)));
        }
        if is_attached {
            statements.extend(wanted.finish(identity, schemas)?);
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

/// A check comes to the children as it is made: those in which it is to be valid are looked through.
fn validate_in_children(check: &Identity, schemas: &Schemas<'_>) -> Statements {
    let inherits = |(child, own): &(&Identity, &Constraint)| {
        own.inherited
            && own.validated
            && child.name == check.name
            && schemas.wanted.inherited_from(child).contains(check)
            && !inheritance::is_needed_to_join(child, schemas.current, schemas.wanted)
    };
    let own = quote_ident(&check.name);
    let children = schemas.wanted.all_of::<Constraint>().filter(inherits);
    let of_child = |(child, _): (&Identity, _)| {
        let is_there = schemas.current.parent_of::<Table>(child).is_some();
        let alter = is_there.then(|| name::alter_parent(child, schemas.wanted)).transpose()?;
        Ok(alter.map(|alter| format!("{alter} VALIDATE CONSTRAINT {own};")))
    };
    children.filter_map(|child| of_child(child).transpose()).collect()
}

impl Constraint {
    fn create_on(&self, alter: &str, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let valid = if self.validated { "" } else { " NOT VALID" };
        let (own, definition) = (quote_ident(&identity.name), self.full_definition()?);
        let mut statements = vec![format!("{alter} ADD CONSTRAINT {own} {definition}{valid};")];
        let Self { index_comment, comment, .. } = self;
        if index_comment.is_some() {
            statements.push(comment_on_index(identity, index_comment.as_deref()));
        }
        let described = self.described(identity, schemas.wanted)?;
        statements.extend(Properties::new(comment.as_ref()).create(&described, schemas)?);
        Ok(statements)
    }

    /// The definition after the name in `CREATE TABLE` and `ADD CONSTRAINT`.
    pub(super) fn full_definition(&self) -> Result<String, NoStatement> {
        let Self {
            constraint_type: _,
            definition,
            validated: _,
            inherited: _,
            partition_of: _,
            storage_parameters,
            tablespace,
            index_comment: _,
            comment: _,
        } = self;
        let mut of_index = String::new();
        if !storage_parameters.is_empty() {
            of_index += &format!(" WITH ({})", name::storage_parameters(storage_parameters));
        }
        if let Some(tablespace) = tablespace {
            of_index += &format!(" USING INDEX TABLESPACE {}", quote_ident(tablespace));
        }
        if of_index.is_empty() {
            return Ok(definition.0.clone());
        }
        // They stand behind the columns.
        let behind = |text: &str, start: usize| {
            let open = start + text[start..].find('(')? + 1;
            Some(open + name::closing(&text[open..])? + 1)
        };
        let text = &definition.0;
        let mut at = behind(text, 0).ok_or(NoStatement::Unknown)?;
        if text[at..].starts_with(" INCLUDE (") {
            at = behind(text, at).ok_or(NoStatement::Unknown)?;
        }
        Ok(format!("{}{of_index}{}", &text[..at], &text[at..]))
    }

    /// Whether there is an index behind it.
    pub(crate) fn has_index(&self) -> bool {
        use ConstraintType::{Exclusion, PrimaryKey, Unique};
        matches!(self.constraint_type, PrimaryKey | Unique | Exclusion)
    }
}

/// The index of a constraint has its name.
fn comment_on_index(identity: &Identity, comment: Option<&str>) -> String {
    let comment = comment.map_or_else(|| "NULL".to_owned(), quote_literal);
    format!("COMMENT ON INDEX {} IS {comment};", name::full(identity))
}
