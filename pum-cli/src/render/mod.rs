//! Reports, as text for people and JSON for programs.

pub(crate) mod json;
pub(crate) mod lint;
pub(crate) mod plan;
pub(crate) mod rehearsal;
pub(crate) mod text;
pub(crate) mod verify;
