//! A live database, read into a [`Model`].
//!
//! Every kind of object has a query in `queries/<kind>.sql`, after the system catalogs as the
//! PostgreSQL documentation describes them ("System Catalogs"). All queries of one reading run in
//! one read-only snapshot, with an empty `search_path` so that the server prints every name with
//! its schema, and see what the catalogs hold rather than what the connecting role may use.

mod query;
mod read;

use crate::connect::Session;
use crate::model::Model;

pub use read::CatalogError;

/// What to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Schemas to leave out.
    pub exclude_schemas: Vec<String>,
}

/// Reads the schema of the database that the session is connected to.
///
/// The session must not be inside a transaction; afterwards it is not inside one either.
pub fn read(session: &mut Session, scope: &Scope) -> Result<Model, CatalogError> {
    read::read(session, scope)
}
