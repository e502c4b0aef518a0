//! How statements name objects.

use super::statements::NoStatement;
use crate::model::{CompositeType, Domain, Identity, Model, OfKind, Table};
use crate::sql::quote_ident;

/// Schema and name.
pub(super) fn full(identity: &Identity) -> String {
    format!("{}.{}", quote_ident(&identity.schema), quote_ident(&identity.name))
}

/// Schema and name of what it belongs to.
pub(super) fn parent(identity: &Identity) -> Result<String, NoStatement> {
    let parent = identity.parent.as_deref().ok_or(NoStatement::NotInModel)?;
    Ok(format!("{}.{}", quote_ident(&identity.schema), quote_ident(parent)))
}

/// What is changed to change the parts of an object: `ALTER TABLE "s"."t"`, `ALTER DOMAIN …`.
pub(super) fn alter_parent(identity: &Identity, model: &Model) -> Result<String, NoStatement> {
    let word = if is_of::<Table>(identity, model) {
        "TABLE"
    } else if is_of::<Domain>(identity, model) {
        "DOMAIN"
    } else if is_of::<CompositeType>(identity, model) {
        "TYPE"
    } else {
        return Err(NoStatement::NotInModel);
    };
    Ok(format!("ALTER {word} {}", parent(identity)?))
}

/// Whether what the object belongs to is of this kind.
pub(super) fn is_of<T: OfKind>(identity: &Identity, model: &Model) -> bool {
    model.parent_of::<T>(identity).is_some()
}

/// A definition of the server as a statement: some have a semicolon.
pub(super) fn statement(sql: &str) -> String {
    let sql = sql.trim_end();
    if sql.ends_with(';') { sql.to_owned() } else { format!("{sql};") }
}
