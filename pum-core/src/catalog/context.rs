//! What is read from where.

use super::Scope;
use super::error::CatalogError;
use super::query::{Part, Reader};
use crate::connect::{ServerVersion, SessionOn};
use crate::pattern::Pattern;

/// What is read from where.
pub(super) struct Context<'a> {
    pub(super) scope: &'a Scope,
    /// Regular expressions of the schemas that the server can be asked about: not every encoding has
    /// every character.
    pub(super) exclude_schemas: Vec<String>,
    pub(super) label: String,
    pub(super) user: String,
    pub(super) version: ServerVersion,
    pub(super) is_superuser: bool,
    /// The server converts nothing: names may be bytes in any encoding.
    pub(super) is_sql_ascii: bool,
}

impl<'a> Context<'a> {
    pub(super) fn new(session: &SessionOn<'_>, scope: &'a Scope) -> Result<Self, CatalogError> {
        let can_be_sent = |glob: &&String| glob.is_ascii() || session.encoding() == "UTF8";
        let regex = |glob: &String| {
            let broken = || CatalogError::Pattern { pattern: glob.clone() };
            Pattern::glob(glob).map(|pattern| pattern.regex()).ok_or_else(broken)
        };
        let exclude_schemas = scope.exclude_schemas.iter().filter(can_be_sent).map(regex);
        Ok(Self {
            scope,
            exclude_schemas: exclude_schemas.collect::<Result<_, _>>()?,
            label: session.settings().label().to_owned(),
            user: session.settings().user().to_owned(),
            version: session.version(),
            is_superuser: session.is_superuser(),
            is_sql_ascii: session.encoding() == "SQL_ASCII",
        })
    }

    pub(super) fn reader(&self, part: Part) -> Reader<'_> {
        Reader {
            major: self.version.major(),
            is_superuser: self.is_superuser,
            exclude_schemas: &self.exclude_schemas,
            part,
        }
    }
}
