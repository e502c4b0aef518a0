//! Ways that keep a busy table readable and writable.
//!
//! Each way is a file: it takes a step that would lock a table for as long as its rows are read or
//! written, and makes parts of it that lock it for a moment only, or in a mode that readers and writers
//! do not wait for. [`OnlineMode`] says for which tables that is done. `docs/online.md` lists the ways with
//! their locks.

mod attach;
mod backfill;
mod detach;
mod disjoint_bounds;
mod drop_column;
mod fill;
mod index;
mod key;
mod names;
mod not_null;
mod not_valid;
mod retype;
mod rewrite;
mod sizes;
mod way;

pub(super) use names::whole_of;
pub(super) use rewrite::Online;
pub use sizes::TableSizes;

/// For which tables statements are written so that others can read and write them meanwhile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnlineMode {
    /// For none: the statements are as few as possible, and one transaction where they can be.
    #[default]
    Never,
    /// For those that take [`OnlineMode::BUSY_FROM`] bytes or more.
    Auto,
    /// For all that are there before, also by copying columns in batches.
    Always,
}

impl OnlineMode {
    /// From which size on a table is taken to be busy, in bytes: 10 MB, which a server reads in some
    /// hundredths of a second.
    pub const BUSY_FROM: u64 = 10_000_000;
}
