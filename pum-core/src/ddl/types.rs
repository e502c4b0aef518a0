//! What all types have in common.

use super::grants::GrantTarget;
use super::name;
use super::properties::Properties;
use crate::model::{Identity, Privileges};

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
