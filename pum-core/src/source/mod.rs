//! Sources: anything that a schema can be read from.
//!
//! A [`Source`] is recognised by what somebody wrote ([`Source::recognise`]) or by what a file
//! holds ([`Source::at`]). [`open`] and [`open_both`] make an [`Opened`] one of it, whose schema
//! can be read: a database as it is, a [`Snapshot`] as it was written; migrations, scripts and
//! dumps are built on a scratch server first. [`compare_sources`](crate::compare::compare_sources)
//! compares two of them.
//!
//! ```no_run
//! # use pum_core::connect::Environment;
//! # use pum_core::dump::ToolOverrides;
//! # use pum_core::installation::{Installations, SearchPath};
//! # use pum_core::progress::Silent;
//! # use pum_core::scratch::{OnDemand, Options};
//! use pum_core::{Context, Interrupt};
//! use pum_core::compare::{CompareOptions, compare_sources};
//! use pum_core::source::{OpenOptions, Source, Workshop, open_both};
//!
//! let installations = Installations::find(&SearchPath::default());
//! let workshop = Workshop {
//!     scratch: OnDemand::new(Options::new(installations.clone())),
//!     overrides: ToolOverrides::default(),
//!     installations,
//! };
//! let interrupt = Interrupt::new();
//! let production = Source::recognise("service=prod", &Environment::default())?;
//! let migrations = Source::at("migrations".as_ref())?;
//! let [mut left, mut right] = open_both(
//!     [&production, &migrations],
//!     &OpenOptions::default(),
//!     &workshop,
//!     &mut Silent,
//!     &interrupt,
//! )?;
//! let options = CompareOptions::default();
//! let found = compare_sources(&mut left, &mut right, &options, Some(&workshop), &mut Context::silent(&interrupt))?;
//! for difference in &found.differences {
//!     println!("{difference}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod error;
mod ground;
mod layout;
mod needs;
mod open;
mod opened;
mod packed;
mod places;
mod recognise;
mod settle;
mod site;
mod take;
mod workshop;

pub use error::SourceError;
pub use layout::Layout;
pub use open::{OpenOptions, open, open_both};
pub use opened::Opened;
pub use places::Place;
pub use recognise::Source;
pub use take::SnapshotOptions;
pub use workshop::Workshop;

pub use crate::snapshot::{FORMAT_VERSION, LeftOut, Snapshot, SnapshotError};

pub(crate) use open::open_deltas;
pub(crate) use opened::Content;
pub(crate) use places::last_named;
pub(crate) use settle::{RoundTrip, SettleError, provide_roles};
