//! Rows without a server.

use super::error::CatalogError;
use super::privileges;
use super::read::object_of_row;
use super::scope::Scope;
use crate::model::{Kind, Object, PrivilegeChange};

pub(crate) fn privileges(
    owner: &str,
    all: &str,
    default: &str,
    list: &str,
) -> Option<Result<Vec<PrivilegeChange>, char>> {
    privileges::changes(owner, all, default, list)
}

pub(crate) fn row(kind: Kind, row: &str, allow_unknown: bool) -> Result<Object, CatalogError> {
    object_of_row(kind, row, &Scope { allow_unknown, ..Scope::default() })
}
