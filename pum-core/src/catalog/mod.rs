//! A live database, read into a [`Model`].
//!
//! Every kind of object has a query in `queries/<kind>.sql`, after the system catalogs as the
//! PostgreSQL documentation describes them ("System Catalogs"). All queries of one reading run in
//! one read-only snapshot, with an empty `search_path` so that the server prints every name with
//! its schema, and see what the catalogs hold rather than what the connecting role may use.
//!
//! A query reads its catalog as a set: no row asks the server for something of its own, where it can be
//! avoided. Comments, defaults and the like are read once (`queries/sets/<set>.sql`) and joined here by
//! the object identifier and the number of the column. Definitions that the server composes of names
//! alone (plain indexes, primary, unique and foreign keys) are composed here, exactly as it prints
//! them; of anything else, or of any doubt, it is asked.

mod address;
mod addressed;
mod constraint;
mod context;
mod dependencies;
mod dictionaries;
mod error;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod index;
mod locks;
mod needed;
mod object;
mod privileges;
mod query;
mod read;
pub(crate) mod record;
mod scope;
mod two_sessions;

use std::collections::BTreeSet;

use crate::connect::SessionOn;
use crate::model::{Dependencies, Identity, Model};

pub(crate) use addressed::Addressed;
pub use error::CatalogError;
pub(crate) use needed::Needed;
pub use scope::Scope;

/// Reads the schema of the database that the session is connected to.
///
/// The session must not be inside a transaction; afterwards it is not inside one either.
///
/// # Errors
///
/// If the server refuses a query, a lock is held for longer than the scope says, the role may not read
/// something, or a letter in a catalog is not known.
pub fn read(session: &mut SessionOn<'_>, scope: &Scope) -> Result<Model, CatalogError> {
    read::read(session, scope)
}

/// The same, with what depends on what (`pg_depend`), in one snapshot.
///
/// # Errors
///
/// As [`read`].
pub fn read_with_dependencies(
    session: &mut SessionOn<'_>,
    scope: &Scope,
) -> Result<(Model, Dependencies), CatalogError> {
    let (read, dependencies) = with_dependencies(session, scope)?;
    Ok((read.into_model(), dependencies))
}

/// The same by two sessions at once, for a single database and a server with processors to spare.
pub(crate) fn read_with_dependencies_by_two(
    session: &mut SessionOn<'_>,
    scope: &Scope,
) -> Result<(Model, Dependencies), CatalogError> {
    if !two_sessions::is_possible(session) {
        return read_with_dependencies(session, scope);
    }
    let (read, dependencies) =
        read::with_dependencies(|sets| two_sessions::read_objects(session, scope, sets))?;
    Ok((read.into_model(), dependencies))
}

fn with_dependencies(
    session: &mut SessionOn<'_>,
    scope: &Scope,
) -> Result<(Addressed, Dependencies), CatalogError> {
    let frame = read::Frame::Transaction;
    read::with_dependencies(|sets| read::read_objects(session, scope, frame, sets))
}

/// Reads the schema, with the addresses of its objects.
pub(crate) fn read_addressed(
    session: &mut SessionOn<'_>,
    scope: &Scope,
) -> Result<Addressed, CatalogError> {
    read::read_addressed(session, scope)
}

/// The same, with what depends on what.
#[cfg(feature = "scratch")]
pub(crate) fn read_addressed_with_dependencies(
    session: &mut SessionOn<'_>,
    scope: &Scope,
) -> Result<(Addressed, Dependencies), CatalogError> {
    with_dependencies(session, scope)
}

/// Reads what these objects of a schema that was read need.
pub(crate) fn read_needed(
    session: &mut SessionOn<'_>,
    scope: &Scope,
    read: &Addressed,
    of: &BTreeSet<&Identity>,
) -> Result<Needed, CatalogError> {
    needed::read(session, scope, read, of)
}

/// Reads the schema as the transaction sees it that the session is in, which may not be committed.
///
/// The transaction goes on afterwards as it was; on an error it can only be rolled back. There is
/// one snapshot only if the transaction has one: what others commit meanwhile may show in a part of
/// the model.
///
/// # Errors
///
/// As [`read`].
pub fn read_in_transaction(
    session: &mut SessionOn<'_>,
    scope: &Scope,
) -> Result<Model, CatalogError> {
    read::read_once(session, scope, read::Frame::Savepoint)
}
