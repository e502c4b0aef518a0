//! Other names for objects.

use super::dispatch::described;
use super::name;
use super::statements::{NoStatement, Schemas, Statements};
use super::types;
use crate::model::{CompositeType, Identity, Kind, Object};
use crate::sql::{quote_ident, quote_literal};

/// Renames an object of the current schema, or moves it to another schema.
pub(crate) fn rename(object: &Object, to: &Identity, schemas: &Schemas<'_>) -> Statements {
    let identity = &object.identity;
    if identity.parent != to.parent {
        return Err(NoStatement::NotInPostgres);
    }
    let mut statements = Vec::new();
    let mut object = object.clone();
    if identity.name != to.name {
        statements.push(rename_in_place(&object, &to.name, schemas)?);
        object.identity.name.clone_from(&to.name);
    }
    if identity.schema != to.schema {
        if identity.parent.is_some() || !has_set_schema(identity.kind) {
            return Err(NoStatement::NotInPostgres);
        }
        let described = described(&object, schemas.current)?;
        statements.push(format!("ALTER {described} SET SCHEMA {};", quote_ident(&to.schema)));
    }
    Ok(statements)
}

fn rename_in_place(
    object: &Object,
    name: &str,
    schemas: &Schemas<'_>,
) -> Result<String, NoStatement> {
    let identity = &object.identity;
    let model = schemas.current;
    let (old, new) = (quote_ident(&identity.name), quote_ident(name));
    let part = match identity.kind {
        Kind::Column if name::is_of::<CompositeType>(identity, model) => Some("ATTRIBUTE"),
        Kind::Column => Some("COLUMN"),
        Kind::Constraint => Some("CONSTRAINT"),
        Kind::Database
        | Kind::Extension
        | Kind::AccessMethod
        | Kind::Operator
        | Kind::Cast
        | Kind::Transform
        | Kind::UserMapping
        | Kind::PublicationTable
        | Kind::DefaultPrivileges
        | Kind::ChangedPrivileges
        | Kind::SecurityLabel => return Err(NoStatement::NotInPostgres),
        _ => None,
    };
    Ok(match part {
        Some(part) => {
            format!("{} RENAME {part} {old} TO {new};", name::alter_parent(identity, model)?)
        }
        None => format!("ALTER {} RENAME TO {new};", described(object, model)?),
    })
}

/// Whether objects of a kind can be brought to another schema.
fn has_set_schema(kind: Kind) -> bool {
    use Kind::{
        BaseType, Collation, CompositeType, Conversion, Domain, EnumType, Function, Operator,
        OperatorClass, OperatorFamily, RangeType, Sequence, Statistics, Table,
        TextSearchConfiguration, TextSearchDictionary, TextSearchParser, TextSearchTemplate, View,
    };
    matches!(
        kind,
        BaseType
            | Collation
            | CompositeType
            | Conversion
            | Domain
            | EnumType
            | Function
            | Operator
            | OperatorClass
            | OperatorFamily
            | RangeType
            | Sequence
            | Statistics
            | Table
            | TextSearchConfiguration
            | TextSearchDictionary
            | TextSearchParser
            | TextSearchTemplate
            | View
    )
}

/// Renames a value of an enumeration.
pub(crate) fn rename_value(enumeration: &Identity, old: &str, new: &str) -> String {
    format!(
        "ALTER {} RENAME VALUE {} TO {};",
        types::described(enumeration),
        quote_literal(old),
        quote_literal(new)
    )
}
