//! Reports, for people and for programs.

pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod html;
pub(crate) mod init;
pub(crate) mod json;
pub(crate) mod lint;
mod paint;
pub(crate) mod plan;
pub(crate) mod rehearsal;
pub(crate) mod run;
pub(crate) mod several;
pub(crate) mod text;
pub(crate) mod verify;

pub(crate) use paint::Paint;
pub(crate) use text::{printable, printable_lines};
