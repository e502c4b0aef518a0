//! Definitions in canonical spelling: as a server prints them that has read them once before.
//!
//! Of a schema only those definitions are built that are wanted, and what they need: in a database
//! of their own on a scratch server, from the model. They are printed as they would be in the whole
//! schema; so tables have no rows, functions do nothing, and what no wanted definition mentions is
//! not there or stands there as a placeholder.

mod bare;
mod build;
mod closure;
mod key;
mod names;
mod needs;
mod order;
mod run;
mod statements;

pub(super) use build::{Built, build};
pub(super) use key::{Wanted, is_of_names};
pub(super) use names::Names;
pub(super) use needs::Needs;
