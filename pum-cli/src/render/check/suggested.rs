//! SQL that would remove differences.

use pum_core::manager::Suggestion;
use pum_core::model::Identity;
use pum_core::plan::Migration;

use crate::render::rehearsal::origin;

/// What would remove the differences of one object.
#[derive(Debug, Clone)]
pub(crate) struct Suggested {
    pub(crate) identity: Identity,
    /// Which delta changed it last, if there are deltas.
    pub(crate) origin: Option<String>,
    /// What loses data is only a comment.
    pub(crate) sql: Option<String>,
}

impl From<&Suggestion> for Suggested {
    fn from(one: &Suggestion) -> Self {
        Self { identity: one.identity.clone(), origin: origin(one), sql: one.sql.clone() }
    }
}

/// What a plan says of each object.
pub(crate) fn of_plan(migration: &Migration) -> Vec<Suggested> {
    let by_object = migration.sql_by_object().into_iter();
    by_object.map(|(identity, sql)| Suggested { identity, origin: None, sql: Some(sql) }).collect()
}
