//! Columns that get another type: how their values are converted.

use super::name::alter_column;
use super::statements::{NoStatement, Schemas, Statements};
use super::types;
use crate::model::{Attributes, Cast, CastContext, Column, Identity, Kind, Model, Word};
use crate::sql::quote_ident;

/// `TYPE …` with its collation and, where it must be said, the conversion.
pub(super) fn action(
    from: &Column,
    to: &Column,
    identity: &Identity,
    schemas: &Schemas<'_>,
) -> String {
    let Column { data_type, collation, .. } = to;
    let own = quote_ident(&identity.name);
    let asked = schemas.conversions.get(identity).cloned();
    let using = asked.or_else(|| conversion(&own, &from.data_type, data_type, schemas));
    let collate = collation.as_ref().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
    let using = using.map(|expression| format!(" USING {expression}")).unwrap_or_default();
    format!("TYPE {data_type}{collate}{using}")
}

/// The expression that converts values, where there is no cast that an assignment takes by itself. That
/// one refuses what the other type cannot hold; an explicit cast to `varchar(n)` cuts it.
pub(super) fn conversion(
    column: &str,
    from: &str,
    to: &str,
    schemas: &Schemas<'_>,
) -> Option<String> {
    let base = |data_type: &str| data_type.split('(').next().unwrap_or_default().to_owned();
    let is_text = |name: &str| {
        matches!(name, "text" | "character varying" | "character" | "name" | "\"char\"")
    };
    let (from_base, to_base) = (base(from), base(to));
    if from_base == to_base || is_text(&to_base) {
        None
    } else if let Some(context) = context_of_cast(&from_base, &to_base, schemas) {
        (context == CastContext::Explicit).then(|| format!("{column}::{to}"))
    } else if from.contains('.') || to.contains('.') {
        // Between types of users there are seldom casts, and all have a text.
        Some(format!("{column}::text::{to}"))
    } else if is_text(&from_base) || is_explicit(&from_base, &to_base) {
        Some(format!("{column}::{to}"))
    } else {
        None
    }
}

/// Where a cast that users have made is used; one that is there before and after.
fn context_of_cast(from: &str, to: &str, schemas: &Schemas<'_>) -> Option<CastContext> {
    let name = format!("{from} AS {to}");
    let cast = |model: &Model| {
        let identity = Identity {
            kind: Kind::Cast,
            schema: String::new(),
            parent: None,
            name: name.clone(),
            arguments: None,
        };
        model.of::<Cast>(&identity).map(|cast| cast.context.clone())
    };
    let (before, after) = (cast(schemas.current)?, cast(schemas.wanted)?);
    (before == after).then_some(after)
}

/// Whether the cast between two built-in types must be written: an assignment does not take it
/// (`pg_cast.dat`).
fn is_explicit(from: &str, to: &str) -> bool {
    let is_whole = |name: &str| matches!(name, "smallint" | "integer" | "bigint");
    let is_number =
        |name: &str| is_whole(name) || matches!(name, "numeric" | "real" | "double precision");
    match (from, to) {
        ("jsonb", to) => is_number(to) || to == "boolean",
        ("bit" | "bytea", other) | (other, "bit" | "bytea") => is_whole(other),
        ("boolean", _)
        | (_, "boolean")
        | ("xid8", "xid")
        | ("lseg" | "box" | "polygon" | "circle", "point")
        | ("box", "lseg" | "circle")
        | ("polygon", "box" | "circle")
        | ("circle", "box" | "polygon") => true,
        _ => false,
    }
}

/// The storage strategy of a type (`pg_type.dat` for the built-in ones).
pub(super) fn storage_of_type(data_type: &str, model: &Model) -> Option<String> {
    let name = data_type.split('(').next().unwrap_or_default();
    if name.ends_with("[]") {
        return Some("EXTENDED".to_owned());
    }
    let built_in = match name {
        "text" | "character varying" | "character" | "bytea" | "json" | "jsonb" | "xml"
        | "tsvector" | "tsquery" | "path" | "polygon" | "bit" | "bit varying" => Some("EXTENDED"),
        "numeric" | "inet" | "cidr" => Some("MAIN"),
        _ => None,
    };
    let of_users = || {
        let kinds =
            [Kind::BaseType, Kind::RangeType, Kind::CompositeType, Kind::Table, Kind::Domain];
        let mut types = kinds.iter().filter_map(|kind| model.named(*kind, name));
        types.find_map(|object| match &object.attributes {
            Attributes::BaseType(own) => Some(own.storage.word().into_owned()),
            Attributes::RangeType(_) | Attributes::CompositeType(_) | Attributes::Table(_) => {
                Some("EXTENDED".to_owned())
            }
            Attributes::Domain(own) => storage_of_type(&own.data_type, model),
            _ => None,
        })
    };
    built_in.map(str::to_owned).or_else(of_users)
}

/// Converts the values of a column to the type of the same name that takes the place of
/// another one.
pub(crate) fn convert(column: &Column, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
    let alter = alter_column(identity, schemas.wanted)?;
    let (own, data_type) = (quote_ident(&identity.name), &column.data_type);
    let collate = column.collation.as_ref().map(|name| format!(" COLLATE {name}"));
    let collate = collate.unwrap_or_default();
    let bases = [schemas.current, schemas.wanted].map(|model| types::base_of(data_type, model));
    let using = match bases {
        _ if schemas.conversions.contains_key(identity) => {
            format!(" USING {}", schemas.conversions[identity])
        }
        // A cast to a domain cuts what is too long; an assignment refuses it.
        [Some(from), Some(to)]
            if !from.contains('.')
                && !to.contains('.')
                && conversion(&own, from, to, schemas).is_none() =>
        {
            String::new()
        }
        _ => format!(" USING {}", types::converted(&own, data_type, schemas)?),
    };
    let mut statements = vec![format!("{alter} TYPE {data_type}{collate}{using};")];
    statements.extend(kept_as_before(column, identity, schemas)?);
    Ok(statements)
}

/// Another type has its own storage and compression.
fn kept_as_before(column: &Column, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
    let only = Column { statistics_target: None, options: Vec::new(), ..column.clone() };
    only.storage(identity, schemas.wanted)
}

/// Turns the values of a column into texts. They are read again, so they must not depend on the
/// settings of the role.
pub(crate) fn park(identity: &Identity, model: &Model) -> Statements {
    let (alter, own) = (alter_column(identity, model)?, quote_ident(&identity.name));
    Ok(vec![
        "SET LOCAL extra_float_digits = 1;".to_owned(),
        "SET LOCAL DateStyle = 'ISO';".to_owned(),
        "SET LOCAL IntervalStyle = 'postgres';".to_owned(),
        format!("{alter} TYPE text USING {own}::text;"),
    ])
}

/// Turns the texts of a column into values of its type again.
pub(crate) fn unpark(column: &Column, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
    let (alter, own) = (alter_column(identity, schemas.wanted)?, quote_ident(&identity.name));
    let Column { data_type, collation, .. } = column;
    let collate = collation.as_ref().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
    let using = match schemas.conversions.get(identity) {
        Some(expression) => expression.clone(),
        None if types::has_same_form(data_type, schemas) => format!("{own}::{data_type}"),
        None => return Err(NoStatement::NoConversion),
    };
    let mut statements = vec![format!("{alter} TYPE {data_type}{collate} USING {using};")];
    statements.extend(kept_as_before(column, identity, schemas)?);
    Ok(statements)
}
