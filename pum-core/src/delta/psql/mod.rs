//! psql's own lines in a script: their arguments, `\if`, variables.

mod arguments;
mod boolean;
mod command;
mod conditional;
mod copy;
mod scope;

pub(super) use arguments::Arguments;
pub(super) use command::{Channel, Command, condition, parse};
pub(super) use conditional::{Conditional, Conditionals};
pub(super) use copy::{Copy, CopyFrom};
pub(super) use scope::{Scope, Stored};
