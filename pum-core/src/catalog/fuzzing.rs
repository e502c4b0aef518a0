//! Rows without a server.

use super::error::CatalogError;
use super::object;
use super::privileges;
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
    object::object_of_row(kind, row, &Scope { allow_unknown, ..Scope::default() })
}

pub(crate) fn columns(kind: Kind) -> usize {
    object::columns(kind)
}
