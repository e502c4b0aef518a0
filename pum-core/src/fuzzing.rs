//! Private functions for fuzz targets; built only with `--cfg fuzzing`, as cargo-fuzz does.

use crate::connect::ConnectError;
use crate::model::{Kind, Object, PrivilegeChange};
use crate::{catalog, connect, plan};

/// In what an access control list differs from the default one, if these are lists at all; `Err` is
/// a letter that is not known.
pub fn privileges(
    owner: &str,
    all: &str,
    default: &str,
    list: &str,
) -> Option<Result<Vec<PrivilegeChange>, char>> {
    catalog::fuzzing::privileges(owner, all, default, list)
}

/// The object of a row in the server's text form.
///
/// # Errors
///
/// If the row does not fit the model.
pub fn row(kind: Kind, row: &str, allow_unknown: bool) -> Result<Object, catalog::CatalogError> {
    catalog::fuzzing::row(kind, row, allow_unknown)
}

/// What is not a statement by itself in the scripts to and from a schema in which this text stands
/// wherever users can write what they want.
pub fn escapes(text: &str) -> Option<String> {
    plan::hostile::escapes(text)
}

/// How many columns a row of a catalog has for a kind.
pub fn columns(kind: Kind) -> usize {
    catalog::fuzzing::columns(kind)
}

/// Pairs of key word and value of a connection string or URI.
///
/// # Errors
///
/// If it is neither.
pub fn pairs(text: &str) -> Result<Vec<(String, String)>, ConnectError> {
    connect::fuzzing::pairs(text)
}

/// A connection string of these pairs.
pub fn conninfo_of(pairs: &[(String, String)]) -> String {
    connect::fuzzing::conninfo_of(pairs)
}

/// The password for a host, port, database and user in a password file, and its line.
pub fn password_in(file: &[u8], of: [&str; 4]) -> Option<(Vec<u8>, usize)> {
    connect::fuzzing::password_in(file, of)
}

/// A line of a password file.
pub fn password_line(fields: [&str; 4], password: &str) -> String {
    connect::fuzzing::password_line(fields, password)
}
