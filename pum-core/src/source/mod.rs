//! Sources: anything that a schema can be read from.
//!
//! A [`Source`] is recognised by what somebody wrote ([`Source::recognise`]) or by what a file
//! holds ([`Source::at`]). [`open`] and [`open_both`] make an [`Opened`] one of it, whose schema
//! can be read: a database as it is, a [`Snapshot`] as it was written; migrations, scripts and
//! dumps are built on a scratch server first. [`compare_sources`](crate::compare::compare_sources)
//! compares two of them.

mod build;
mod error;
mod ground;
mod layout;
mod open;
mod opened;
mod recognise;
mod settle;
mod site;
mod snapshot;
mod workshop;

pub use error::SourceError;
pub use layout::Layout;
pub use open::{OpenOptions, open, open_both};
pub use opened::{LeftOut, Opened};
pub use recognise::Source;
pub use snapshot::{FORMAT_VERSION, Snapshot, SnapshotError, SnapshotOptions};
pub use workshop::Workshop;

pub(crate) use opened::Side;
pub(crate) use settle::{RoundTrip, SettleError, provide_roles};
