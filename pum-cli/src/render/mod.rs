//! Reports, for people and for programs.

pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod failed;
pub(crate) mod fleet;
pub(crate) mod html;
pub(crate) mod info_page;
pub(crate) mod init;
pub(crate) mod json;
pub(crate) mod lint;
pub(crate) mod lint_ci;
pub(crate) mod migration;
pub(crate) mod plan;
pub(crate) mod rehearsal;
pub(crate) mod role;
pub(crate) mod run;
pub(crate) mod sarif;
pub(crate) mod style;
pub(crate) mod text;
pub(crate) mod undecided;
pub(crate) mod verify;
