//! Columns of tables and views, attributes of composite types.

use super::grants::GrantTarget;
use super::name;
use super::properties::Properties;
use super::sequence;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements, same};
use crate::model::{
    Column, ColumnValue, CompositeType, GeneratedKind, Identity, Model, Nullability, Sequence,
    SequenceOwner, Table, TableKind, View, Word,
};
use crate::sql::quote_ident;

impl Ddl for Column {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("COLUMN {}.{}", name::parent(identity)?, quote_ident(&identity.name)))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        if self.inherited {
            return Err(NoStatement::ComesWithParent);
        }
        let alter = name::alter_parent(identity, schemas.wanted)?;
        let mut statements = Vec::new();
        if name::is_of::<CompositeType>(identity, schemas.wanted) {
            statements.push(format!("{alter} ADD ATTRIBUTE {};", self.attribute(identity)));
        } else {
            statements.extend(create_sequences(&[(identity, self)], schemas)?);
            statements.push(format!("{alter} ADD COLUMN {};", self.definition(identity, schemas)?));
            statements.extend(own_sequences(&[(identity, self)], schemas));
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
        same(&self.inherited, inherited, NoStatement::ComesWithParent)?;
        same(&self.options, options, NoStatement::NotWritten)?;
        let mut actions = Vec::new();
        if (&self.data_type, &self.collation) != (data_type, collation) {
            let collate = collation.as_ref().map(|name| format!(" COLLATE {name}"));
            actions.push(format!("TYPE {data_type}{}", collate.unwrap_or_default()));
        }
        if self.nullability != *nullability {
            actions.push(alter_nullability(self.nullability, *nullability)?.to_owned());
        }
        actions.extend(alter_value(&self.value, value)?);
        if self.storage != *storage {
            let storage = storage.as_ref().ok_or(NoStatement::NotWritten)?;
            actions.push(format!("SET STORAGE {}", storage.word()));
        }
        if self.compression != *compression {
            let method = compression.as_ref().map_or("default".into(), Word::word);
            actions.push(format!("SET COMPRESSION {method}"));
        }
        if self.statistics_target != *statistics_target {
            actions.push(format!("SET STATISTICS {}", statistics_target.unwrap_or(-1)));
        }
        let mut statements = Vec::new();
        if !actions.is_empty() {
            // Views and composite types have columns too, and none of this is for them.
            if !name::is_of::<Table>(identity, schemas.current) {
                return Err(NoStatement::NotWritten);
            }
            let alter = alter_column(identity, schemas.current)?;
            statements.extend(actions.iter().map(|action| format!("{alter} {action};")));
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
        let is_attribute = name::is_of::<CompositeType>(identity, schemas.current);
        let part = if is_attribute { "ATTRIBUTE" } else { "COLUMN" };
        let alter = name::alter_parent(identity, schemas.current)?;
        Ok(vec![format!("{alter} DROP {part} {};", quote_ident(&identity.name))])
    }
}

impl Column {
    /// An attribute as it stands in `CREATE TYPE`.
    pub(super) fn attribute(&self, identity: &Identity) -> String {
        let mut sql = format!("{} {}", quote_ident(&identity.name), self.data_type);
        if let Some(collation) = &self.collation {
            sql += &format!(" COLLATE {collation}");
        }
        sql
    }

    /// A column as it stands in `CREATE TABLE`.
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
        let mut sql = self.attribute(identity);
        match value {
            ColumnValue::Null => {}
            ColumnValue::Default(default) => sql += &format!(" DEFAULT {default}"),
            ColumnValue::Generated { expression, kind } => {
                let kind = match kind {
                    GeneratedKind::Stored => "STORED",
                    GeneratedKind::Virtual => "VIRTUAL",
                };
                sql += &format!(" GENERATED ALWAYS AS ({expression}) {kind}");
            }
            ColumnValue::Identity(generation) => {
                let mut sequences = sequences(identity, schemas.wanted);
                let is_own = |(_, sequence): &(_, &Sequence)| {
                    matches!(sequence.owner_column, SequenceOwner::IdentityColumn(_))
                };
                let (own, sequence) = sequences.find(is_own).ok_or(NoStatement::NotInModel)?;
                let when = generation.word().to_uppercase();
                let (own, options) = (name::full(own), sequence.options()?);
                sql += &format!(" GENERATED {when} AS IDENTITY (SEQUENCE NAME {own} {options})");
            }
        }
        match nullability {
            Nullability::Nullable => {}
            Nullability::NotNull { validated: true, no_inherit: false } => sql += " NOT NULL",
            Nullability::NotNull { .. } => return Err(NoStatement::NotWritten),
        }
        Ok(sql)
    }

    /// What says how its values are kept, once it is there.
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
            let table = model.parent_of::<Table>(identity);
            // Those of a foreign table are for its wrapper.
            if table.is_none_or(|table| table.relation == TableKind::ForeignTable) {
                return Err(NoStatement::NotWritten);
            }
            settings.push(format!("({})", options.join(", ")));
        }
        let alter = alter_column(identity, model)?;
        Ok(settings.iter().map(|setting| format!("{alter} SET {setting};")).collect())
    }

    /// What gives it its comment and privileges, once it is there.
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

fn alter_column(identity: &Identity, model: &Model) -> Result<String, NoStatement> {
    let (alter, own) = (name::alter_parent(identity, model)?, quote_ident(&identity.name));
    Ok(format!("{alter} ALTER COLUMN {own}"))
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

fn alter_value(from: &ColumnValue, to: &ColumnValue) -> Statements {
    use ColumnValue::{Default, Generated, Identity, Null};
    if from == to {
        return Ok(Vec::new());
    }
    let mut actions = Vec::new();
    match (from, to) {
        (Identity(_), Identity(generation)) => {
            return Ok(vec![format!("SET GENERATED {}", generation.word().to_uppercase())]);
        }
        (Null, _) | (Default(_), Default(_)) => {}
        (Default(_), _) => actions.push("DROP DEFAULT".to_owned()),
        (Identity(_), _) => actions.push("DROP IDENTITY".to_owned()),
        (Generated { kind: GeneratedKind::Stored, .. }, Null | Default(_) | Identity(_)) => {
            actions.push("DROP EXPRESSION".to_owned());
        }
        (Generated { .. }, _) => return Err(NoStatement::NotInPostgres),
    }
    match to {
        Null => {}
        Default(default) => actions.push(format!("SET DEFAULT {default}")),
        Identity(_) => return Err(NoStatement::NotWritten),
        Generated { .. } => return Err(NoStatement::NotInPostgres),
    }
    Ok(actions)
}

/// The sequences that a column owns.
fn sequences<'a>(
    column: &Identity,
    model: &'a Model,
) -> impl Iterator<Item = (&'a Identity, &'a Sequence)> {
    let column = column.quoted_name();
    let all = model.all_of::<Sequence>();
    all.filter(move |(_, sequence)| sequence.owner_column.column() == Some(&*column))
}

/// The sequences that columns own, without those of identity columns, and without those that are
/// there.
fn missing_sequences<'a>(
    columns: &[(&Identity, &Column)],
    schemas: &Schemas<'a>,
) -> Vec<(&'a Identity, &'a Sequence)> {
    let owned = columns.iter().flat_map(|(column, _)| sequences(column, schemas.wanted));
    owned
        .filter(|(_, it)| matches!(it.owner_column, SequenceOwner::Column(_)))
        .filter(|(identity, _)| schemas.current.get(identity).is_none())
        .collect()
}

/// What makes the sequences that the defaults of columns need.
pub(super) fn create_sequences(
    columns: &[(&Identity, &Column)],
    schemas: &Schemas<'_>,
) -> Statements {
    let mut statements = Vec::new();
    for (identity, sequence) in missing_sequences(columns, schemas) {
        statements.extend(sequence.create_alone(identity, schemas)?);
    }
    Ok(statements)
}

/// What gives those sequences to their columns, once these are there.
pub(super) fn own_sequences(
    columns: &[(&Identity, &Column)],
    schemas: &Schemas<'_>,
) -> Vec<String> {
    let missing = missing_sequences(columns, schemas);
    let owned = missing.iter().filter_map(|(identity, sequence)| {
        sequence.owner_column.column().map(|column| sequence::owned_by(identity, column))
    });
    owned.collect()
}
