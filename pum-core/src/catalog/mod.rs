//! A live database, read into a [`Model`].
//!
//! Every kind of object has a query in `queries/<kind>.sql`, after the system catalogs as the
//! PostgreSQL documentation describes them ("System Catalogs"). All queries of one reading run in
//! one read-only snapshot, with an empty `search_path` so that the server prints every name with
//! its schema, and see what the catalogs hold rather than what the connecting role may use.

mod error;
mod locks;
mod privileges;
mod query;
mod read;
pub(crate) mod record;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::connect::SessionOn;
use crate::model::{Kind, Model};

pub use error::CatalogError;

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Globs of the schemas to leave out. Where the database is not in UTF-8, schemas are read whose
    /// globs are not ASCII.
    pub exclude_schemas: Vec<String>,
    /// Kinds to leave out.
    pub exclude_kinds: BTreeSet<Kind>,
    /// Go on at a letter in a catalog that pum does not know.
    pub allow_unknown: bool,
    /// How long to wait for a lock that somebody holds. Reading needs the weakest one.
    pub lock_timeout: Duration,
}

impl Default for Scope {
    /// All kinds of all schemas; five seconds for a lock.
    fn default() -> Self {
        Self {
            exclude_schemas: Vec::new(),
            exclude_kinds: BTreeSet::new(),
            allow_unknown: false,
            lock_timeout: Duration::from_secs(5),
        }
    }
}

/// Reads the schema of the database that the session is connected to.
///
/// The session must not be inside a transaction; afterwards it is not inside one either.
pub fn read(session: &mut SessionOn<'_>, scope: &Scope) -> Result<Model, CatalogError> {
    read::read(session, scope)
}

/// Reads the schema as the transaction sees it that the session is in, which may not be committed.
///
/// The transaction goes on afterwards as it was; on an error it can only be rolled back. There is
/// one snapshot only if the transaction has one: what others commit meanwhile may show in a part of
/// the model.
pub fn read_in_transaction(
    session: &mut SessionOn<'_>,
    scope: &Scope,
) -> Result<Model, CatalogError> {
    read::read_once(session, scope, read::Frame::OpenTransaction)
}
