//! What fuzz targets try of what is private; built with `--cfg fuzzing` only, as cargo-fuzz does.

use crate::catalog;
use crate::model::{Kind, Object, PrivilegeChange};

/// In what an access control list differs from the default one, if these are lists at all; `Err` is a
/// letter that is not known.
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
