//! Columns of tables and views, attributes of composite types.

use super::grants::GrantTarget;
use super::inheritance;
use super::name;
use super::options;
use super::properties::Properties;
use super::retype;
use super::sequence;
use super::sequence_move::SequenceMove;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements, same};
use crate::model::{
    Column, ColumnValue, CompositeType, GeneratedKind, Identity, IdentityGeneration, Model,
    Nullability, Sequence, SequenceOwner, Table, View, Word,
};
use crate::sql::quote_ident;

impl Ddl for Column {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("COLUMN {}.{}", name::parent(identity)?, quote_ident(&identity.name)))
    }

    /// Without the sequences that it owns.
    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        if self.inherited
            && !inheritance::is_needed_to_join(identity, schemas.current, schemas.wanted)
        {
            return self.alter_inherited(identity, schemas);
        }
        let alter = name::alter_parent(identity, schemas.wanted)?;
        let mut statements = Vec::new();
        if name::is_of::<CompositeType>(identity, schemas.wanted) {
            let attribute = self.attribute(identity);
            statements.push(format!("{alter} ADD ATTRIBUTE {attribute} CASCADE;"));
        } else {
            statements.push(format!("{alter} ADD COLUMN {};", self.definition(identity, schemas)?));
            statements.extend(self.storage(identity, schemas.wanted)?);
        }
        statements.extend(self.create_properties(identity, schemas)?);
        Ok(statements)
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self {
            position,
            data_type,
            collation,
            nullability,
            value,
            storage,
            compression,
            statistics_target,
            options,
            inherited,
            comment: _,
            privileges: _,
        } = wanted;
        same(&self.position, position, NoStatement::NotInPostgres)?;
        let is_lost = self.inherited
            && !inherited
            && !inheritance::becomes_local(identity, schemas.current, schemas.wanted);
        if *inherited && !self.inherited || is_lost {
            return Err(NoStatement::NotInPostgres);
        }
        if self.value != *value && matches!(value, ColumnValue::Generated { .. }) {
            return Ok(Alteration::Recreate);
        }
        let mut actions = Vec::new();
        let is_retyped = (&self.data_type, &self.collation) != (data_type, collation);
        let has_default = matches!(self.value, ColumnValue::Default(_));
        // A default may have no form in the other type.
        let is_without_default = is_retyped && has_default && self.data_type != *data_type;
        if is_without_default {
            actions.push("DROP DEFAULT");
        } else {
            actions.extend(drop_value(&self.value, value)?);
        }
        let sequence = SequenceMove::of((self, wanted), identity, schemas)?;
        let first = actions.len();
        let mut actions: Vec<String> = actions.into_iter().map(str::to_owned).collect();
        if is_retyped {
            actions.push(retype::action(self, wanted, identity, schemas));
        }
        if self.nullability != *nullability {
            actions.push(alter_nullability(self.nullability, *nullability)?.to_owned());
        }
        if is_without_default || self.value != *value {
            actions.extend(set_value(&self.value, value, identity, schemas)?);
        }
        // Another type has its own storage and compression.
        let is_reset = is_retyped && self.data_type != *data_type;
        if self.storage != *storage || is_reset && storage.is_some() {
            let own = storage.as_ref().map(Word::word);
            let storage = match own {
                Some(word) => word.into_owned(),
                None if schemas.major >= 16 => "DEFAULT".to_owned(),
                None => retype::storage_of_type(data_type, schemas.wanted)
                    .ok_or(NoStatement::NotWritten)?,
            };
            actions.push(format!("SET STORAGE {storage}"));
        }
        if self.compression != *compression || is_reset && compression.is_some() {
            let method = compression.as_ref().map_or("default".into(), Word::word);
            actions.push(format!("SET COMPRESSION {method}"));
        }
        if self.statistics_target != *statistics_target {
            actions.push(format!("SET STATISTICS {}", statistics_target.unwrap_or(-1)));
        }
        let postgres = |options: &[String]| -> Vec<String> {
            options.iter().filter(|option| is_of_postgres(option)).cloned().collect()
        };
        let foreign = |options: &[String]| -> Vec<String> {
            options.iter().filter(|option| !is_of_postgres(option)).cloned().collect()
        };
        actions.extend(name::change_parameters(&postgres(&self.options), &postgres(options)));
        actions.extend(options::change(&foreign(&self.options), &foreign(options)));
        let mut statements = Vec::new();
        if !actions.is_empty() {
            if name::is_of::<CompositeType>(identity, schemas.current) {
                let alter = name::alter_parent(identity, schemas.current)?;
                let collate = collation.as_ref().map(|name| format!(" COLLATE {name}"));
                let collate = collate.unwrap_or_default();
                let own = quote_ident(&identity.name);
                statements.push(format!(
                    "{alter} ALTER ATTRIBUTE {own} TYPE {data_type}{collate} CASCADE;"
                ));
            } else {
                let alter = name::alter_column(identity, schemas.current)?;
                let (first, then) = actions.split_at(first);
                let altered = |action: &String| format!("{alter} {action};");
                statements.extend(sequence.before);
                statements.extend(first.iter().map(altered));
                statements.extend(sequence.between);
                statements.extend(then.iter().map(altered));
                statements.extend(sequence.after);
            }
        }
        let described = self.described(identity, schemas.current)?;
        let from = self.properties(identity, schemas.wanted);
        let to = wanted.properties(identity, schemas.wanted);
        statements.extend(from.alter(&to, &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }

    fn drop(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        if self.inherited {
            return Err(NoStatement::ComesWithParent);
        }
        if name::is_of::<Table>(identity, schemas.current) {
            return inheritance::drop_column(identity, schemas);
        }
        // The tables of a type follow it.
        let alter = name::alter_parent(identity, schemas.current)?;
        Ok(vec![format!("{alter} DROP ATTRIBUTE {} CASCADE;", quote_ident(&identity.name))])
    }
}

impl Column {
    /// Alters a column that its table got with that of a parent.
    fn alter_inherited(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let parent = schemas.wanted.inherited_from(identity).into_iter().next();
        let Some(parent) = parent.and_then(|parent| schemas.wanted.of::<Column>(&parent)) else {
            return Err(NoStatement::ComesWithParent);
        };
        let mut came = Column {
            position: self.position,
            inherited: true,
            comment: None,
            privileges: self.privileges.clone(),
            ..parent.clone()
        };
        // Partitions have their identity from the partitioned table since 17, other tables have none.
        if let (ColumnValue::Identity(_), ColumnValue::Identity(_) | ColumnValue::Null) =
            (&came.value, &self.value)
        {
            came.value = self.value.clone();
        }
        let Alteration::InPlace(mut statements) = came.alter(self, identity, schemas)? else {
            return Err(NoStatement::NotWritten);
        };
        statements
            .extend(Self { comment: None, ..self.clone() }.create_properties(identity, schemas)?);
        Ok(statements)
    }

    /// An attribute as in `CREATE TYPE`.
    pub(super) fn attribute(&self, identity: &Identity) -> String {
        let mut sql = format!("{} {}", quote_ident(&identity.name), self.data_type);
        if let Some(collation) = &self.collation {
            sql += &format!(" COLLATE {collation}");
        }
        sql
    }

    /// A column as in `CREATE TABLE`.
    pub(super) fn definition(
        &self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<String, NoStatement> {
        // Storage and options have statements of their own, see `storage`, and so have comment and
        // privileges.
        let Self {
            position: _,
            data_type: _,
            collation: _,
            nullability,
            value,
            storage: _,
            compression: _,
            statistics_target: _,
            options: _,
            inherited: _,
            comment: _,
            privileges: _,
        } = self;
        let mut sql = format!("{} {}", quote_ident(&identity.name), self.data_type);
        sql += &self.foreign_options();
        if let Some(collation) = &self.collation {
            sql += &format!(" COLLATE {collation}");
        }
        match value {
            ColumnValue::Null => {}
            ColumnValue::Default(_) if schemas.late_defaults.contains(identity) => {}
            ColumnValue::Default(default) => sql += &format!(" DEFAULT {default}"),
            ColumnValue::Generated { expression, kind } => {
                let kind = match kind {
                    GeneratedKind::Stored => "STORED",
                    GeneratedKind::Virtual => "VIRTUAL",
                };
                sql += &format!(" GENERATED ALWAYS AS ({expression}) {kind}");
            }
            ColumnValue::Identity(generation) => {
                sql += &format!(" {}", identity_clause(generation, identity, schemas)?);
            }
        }
        match nullability {
            Nullability::Nullable => {}
            Nullability::NotNull { validated: true, no_inherit: false } => sql += " NOT NULL",
            Nullability::NotNull { .. } => return Err(NoStatement::NotWritten),
        }
        Ok(sql)
    }

    /// The options of a column of a typed table, as in `CREATE TABLE … OF`.
    pub(super) fn options_in_typed_table(
        &self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Option<String>, NoStatement> {
        let (definition, attribute) =
            (self.definition(identity, schemas)?, self.attribute(identity));
        let own = definition.strip_prefix(&attribute).filter(|own| !own.is_empty());
        Ok(own.map(|own| format!("{} WITH OPTIONS{own}", quote_ident(&identity.name))))
    }

    /// Sets storage, compression, statistics target and attribute options, once the column exists.
    pub(super) fn storage(&self, identity: &Identity, model: &Model) -> Statements {
        let Self { storage, compression, statistics_target, options, .. } = self;
        let mut settings = Vec::new();
        if let Some(storage) = storage {
            settings.push(format!("STORAGE {}", storage.word()));
        }
        if let Some(compression) = compression {
            settings.push(format!("COMPRESSION {}", compression.word()));
        }
        if let Some(target) = statistics_target {
            settings.push(format!("STATISTICS {target}"));
        }
        if !options.is_empty() {
            let options: Vec<String> = self.options_of_postgres().cloned().collect();
            if !options.is_empty() {
                settings.push(format!("({})", options.join(", ")));
            }
        }
        if settings.is_empty() {
            return Ok(Vec::new());
        }
        let alter = name::alter_column(identity, model)?;
        Ok(settings.iter().map(|setting| format!("{alter} SET {setting};")).collect())
    }

    /// The options that are PostgreSQL's own; others are for the wrapper of a foreign table.
    fn options_of_postgres(&self) -> impl Iterator<Item = &String> {
        self.options.iter().filter(|option| is_of_postgres(option))
    }

    /// ` OPTIONS (…)` of a column of a foreign table.
    pub(super) fn foreign_options(&self) -> String {
        let foreign: Vec<String> =
            self.options.iter().filter(|option| !is_of_postgres(option)).cloned().collect();
        options::clause(&foreign)
    }

    /// Sets its comment and privileges, once it exists.
    pub(super) fn create_properties(
        &self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Statements {
        let described = self.described(identity, schemas.wanted)?;
        self.properties(identity, schemas.wanted).create(&described, schemas)
    }

    fn properties(&self, identity: &Identity, model: &Model) -> Properties<'_> {
        let on = grant_target(identity, model);
        Properties::new(self.comment.as_ref()).granted(&self.privileges, on)
    }
}

/// Drops the default of a column.
pub(crate) fn drop_default(identity: &Identity, model: &Model) -> Statements {
    Ok(vec![format!("{} DROP DEFAULT;", name::alter_column(identity, model)?)])
}

/// Sets the comment and privileges of a column, once it exists.
pub(crate) fn column_properties(
    column: &Column,
    identity: &Identity,
    schemas: &Schemas<'_>,
) -> Statements {
    column.create_properties(identity, schemas)
}

/// Attribute options ("ALTER TABLE" in the documentation).
fn is_of_postgres(option: &str) -> bool {
    option.starts_with("n_distinct=") || option.starts_with("n_distinct_inherited=")
}

/// Sets the default of a column that was created without it.
pub(crate) fn set_default(column: &Column, identity: &Identity, model: &Model) -> Statements {
    let ColumnValue::Default(default) = &column.value else { return Ok(Vec::new()) };
    Ok(vec![format!("{} SET DEFAULT {default};", name::alter_column(identity, model)?)])
}

fn grant_target(identity: &Identity, model: &Model) -> Result<GrantTarget, NoStatement> {
    let table = model.parent_of::<Table>(identity).map(|table| &table.owner);
    let view = || model.parent_of::<View>(identity).map(|view| &view.owner);
    let owner = table.or_else(view).ok_or(NoStatement::NotInModel)?;
    let columns = format!(" ({})", quote_ident(&identity.name));
    let on = format!("TABLE {}", name::parent(identity)?);
    Ok(GrantTarget { columns, ..GrantTarget::new(on, owner) })
}

fn alter_nullability(from: Nullability, to: Nullability) -> Result<&'static str, NoStatement> {
    match (from, to) {
        (_, Nullability::Nullable) => Ok("DROP NOT NULL"),
        (Nullability::Nullable, Nullability::NotNull { validated: true, no_inherit: false }) => {
            Ok("SET NOT NULL")
        }
        (_, Nullability::NotNull { .. }) => Err(NoStatement::NotWritten),
    }
}

/// `GENERATED … AS IDENTITY` with its sequence.
fn identity_clause(
    generation: &IdentityGeneration,
    column: &Identity,
    schemas: &Schemas<'_>,
) -> Result<String, NoStatement> {
    let mut sequences = sequence::of_column(column, schemas.wanted);
    let is_own = |(_, sequence): &(_, &Sequence)| {
        matches!(sequence.owner_column, SequenceOwner::IdentityColumn(_))
    };
    let (own, sequence) = sequences.find(is_own).ok_or(NoStatement::NotInModel)?;
    let when = generation.word().to_uppercase();
    let (own, options) = (name::full(own), sequence.options()?);
    Ok(format!("GENERATED {when} AS IDENTITY (SEQUENCE NAME {own} {options})"))
}

/// Drops the default, identity or expression of a column, so that it can get another one.
fn drop_value(from: &ColumnValue, to: &ColumnValue) -> Result<Option<&'static str>, NoStatement> {
    use ColumnValue::{Default, Generated, Identity, Null};
    match (from, to) {
        _ if from == to => Ok(None),
        (Null, _) | (Default(_), Default(_)) | (Identity(_), Identity(_)) => Ok(None),
        (Default(_), _) => Ok(Some("DROP DEFAULT")),
        (Identity(_), _) => Ok(Some("DROP IDENTITY")),
        (Generated { kind: GeneratedKind::Stored, .. }, Null | Default(_) | Identity(_)) => {
            Ok(Some("DROP EXPRESSION"))
        }
        (Generated { .. }, _) => Err(NoStatement::NotInPostgres),
    }
}

/// Gives a column its default, identity or expression.
fn set_value(
    from: &ColumnValue,
    to: &ColumnValue,
    identity: &Identity,
    schemas: &Schemas<'_>,
) -> Result<Option<String>, NoStatement> {
    match (from, to) {
        (_, ColumnValue::Null) => Ok(None),
        (_, ColumnValue::Default(default)) => Ok(Some(format!("SET DEFAULT {default}"))),
        (ColumnValue::Identity(_), ColumnValue::Identity(generation)) => {
            Ok(Some(format!("SET GENERATED {}", generation.word().to_uppercase())))
        }
        (_, ColumnValue::Identity(generation)) => {
            Ok(Some(format!("ADD {}", identity_clause(generation, identity, schemas)?)))
        }
        (_, ColumnValue::Generated { .. }) => Err(NoStatement::NotInPostgres),
    }
}
