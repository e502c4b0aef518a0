//! What all types have in common.

use super::grants::GrantTarget;
use super::name;
use super::properties::Properties;
use super::statements::{NoStatement, Schemas};
use crate::model::{Column, Domain, Identity, Kind, Model, Object, Privileges};
use crate::sql::quote_ident;

/// A type behind `ALTER`, `DROP` and `COMMENT ON`.
pub(super) fn described(identity: &Identity) -> String {
    format!("TYPE {}", name::full(identity))
}

/// Owner, comment and privileges of a type.
pub(super) fn properties<'a>(
    identity: &'a Identity,
    owner: &'a str,
    comment: Option<&'a String>,
    privileges: &'a Privileges,
) -> Properties<'a> {
    // Domains are types too here.
    let on = GrantTarget::new(described(identity), owner);
    Properties::new(comment)
        .owned_by(owner)
        .granted(privileges, Ok(on))
        .with_defaults("TYPES", &identity.schema)
}

/// Renames the type, as another one gets its name.
pub(crate) fn make_place(identity: &Identity) -> String {
    let old = quote_ident(&name::out_of_the_way(identity).name);
    format!("ALTER {} RENAME TO {old};", described(identity))
}

/// Drops the renamed type.
pub(crate) fn drop_replaced(identity: &Identity) -> String {
    format!("DROP {};", described(&name::out_of_the_way(identity)))
}

/// The type that a domain is over.
pub(crate) fn base_of<'m>(data_type: &str, model: &'m Model) -> Option<&'m str> {
    let domain = model.of::<Domain>(&model.named(Kind::Domain, data_type)?.identity)?;
    Some(base_of(&domain.data_type, model).unwrap_or(&domain.data_type))
}

/// A value of a type as one of the other type of its name. By its text, but the attributes of a
/// composite type by their names.
pub(super) fn converted(
    value: &str,
    data_type: &str,
    schemas: &Schemas<'_>,
) -> Result<String, NoStatement> {
    let by_text = format!("{value}::text::{data_type}");
    let name = data_type.strip_suffix("[]").unwrap_or(data_type);
    let Some(Object { identity, .. }) = schemas.wanted.named(Kind::CompositeType, name) else {
        return Ok(by_text);
    };
    let (had, has) = (attributes(identity, schemas.current), attributes(identity, schemas.wanted));
    if had.iter().map(|(it, _)| it).eq(has.iter().map(|(it, _)| it)) {
        return Ok(by_text);
    }
    if data_type.ends_with("[]") {
        return Err(NoStatement::NoConversion);
    }
    let attribute = |(identity, column): &(&Identity, &Column)| {
        let own = quote_ident(&identity.name);
        if had.iter().any(|(it, _)| it == identity) {
            format!("({value}).{own}::text::{}", column.data_type)
        } else {
            "NULL".to_owned()
        }
    };
    let attributes: Vec<String> = has.iter().map(attribute).collect();
    let row = attributes.join(", ");
    Ok(format!("CASE WHEN {value} IS NOT DISTINCT FROM NULL THEN NULL ELSE ROW({row})::{name} END"))
}

/// The attributes of a composite type in order.
fn attributes<'m>(composite: &Identity, model: &'m Model) -> Vec<(&'m Identity, &'m Column)> {
    let mut attributes: Vec<_> = model.parts_of::<Column>(composite).collect();
    attributes.sort_by_key(|(_, column)| column.position);
    attributes
}

/// Whether the text of a value of a type is one of the type of its name, too: of a composite type if it
/// has the same attributes.
pub(super) fn has_same_form(data_type: &str, schemas: &Schemas<'_>) -> bool {
    let name = data_type.strip_suffix("[]").unwrap_or(data_type);
    let composite = schemas.wanted.named(Kind::CompositeType, name).map(|it| &it.identity);
    composite.is_none_or(|composite| {
        let names = |model| attributes(composite, model).into_iter().map(|(it, _)| it);
        names(schemas.current).eq(names(schemas.wanted))
    })
}
