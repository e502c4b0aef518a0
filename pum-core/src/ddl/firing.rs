//! Whether triggers and rules fire.

use super::name;
use super::statements::NoStatement;
use crate::model::{FiringMode, Identity};
use crate::sql::quote_ident;

/// `ALTER TABLE … ENABLE TRIGGER …`; `word` is what is enabled.
pub(super) fn alter(
    word: &str,
    identity: &Identity,
    mode: &FiringMode,
) -> Result<String, NoStatement> {
    let action = action(mode)?;
    let (on, own) = (name::parent(identity)?, quote_ident(&identity.name));
    Ok(format!("ALTER TABLE {on} {action} {word} {own};"))
}

/// `ENABLE`, `DISABLE`, `ENABLE REPLICA` or `ENABLE ALWAYS`.
pub(super) fn action(mode: &FiringMode) -> Result<&'static str, NoStatement> {
    Ok(match mode {
        FiringMode::Origin => "ENABLE",
        FiringMode::Disabled => "DISABLE",
        FiringMode::Replica => "ENABLE REPLICA",
        FiringMode::Always => "ENABLE ALWAYS",
        FiringMode::Unknown(_) => return Err(NoStatement::Unknown),
    })
}
