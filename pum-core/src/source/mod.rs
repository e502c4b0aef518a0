//! Sources: anything that a schema can be read from.
//!
//! A [`Source`] is recognized from user input ([`Source::recognise`]) or from the contents of a
//! file ([`Source::at`]). [`open`] and [`open_both`] turn it into an [`Opened`] source, whose
//! schema can be read: databases and [`Snapshot`]s directly, and migrations, scripts and dumps
//! after building them on a scratch server. [`compare_sources`](crate::compare::compare_sources)
//! compares two of them.
//!
//! ```no_run
//! # use pum_core::connect::Environment;
//! # use pum_core::dump::ToolOverrides;
//! # use pum_core::installation::{Installations, SearchPath};
//! # use pum_core::scratch::{OnDemand, ServerOptions};
//! use pum_core::Context;
//! use pum_core::compare::{CompareOptions, compare_sources};
//! use pum_core::source::{OpenOptions, Source, Toolchain, open_both};
//!
//! let installations = Installations::find(&SearchPath::default());
//! let toolchain = Toolchain {
//!     scratch: OnDemand::new(ServerOptions::new(installations.clone())),
//!     overrides: ToolOverrides::default(),
//!     installations,
//! };
//! let mut context = Context::default();
//! let production = Source::recognise("service=prod", &Environment::default())?;
//! let migrations = Source::at("migrations".as_ref())?;
//! let [mut left, mut right] = open_both(
//!     [&production, &migrations],
//!     &OpenOptions::default(),
//!     &toolchain,
//!     &mut context,
//! )?;
//! let options = CompareOptions::default();
//! let found = compare_sources(&mut left, &mut right, &options, Some(&toolchain), &mut context)?;
//! for difference in &found.differences {
//!     println!("{difference}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod build_database;
mod capture;
mod decompress;
mod error;
mod layout;
mod object_names;
mod open;
mod opened;
mod prerequisites;
mod recognise;
mod round_trip;
mod source_location;
mod target_profile;
mod toolchain;

pub use capture::SnapshotOptions;
pub use error::SourceError;
pub use layout::{Layout, Migration};
pub use open::{OpenOptions, open, open_both};
pub use opened::Opened;
pub use recognise::Source;
pub use source_location::SourceLocation;
pub use toolchain::Toolchain;

pub use crate::snapshot::{Excluded, FORMAT_VERSION, Snapshot, SnapshotError};

pub(crate) use object_names::{NameHistory, ObjectKey, ObjectName, read as read_object_names};
pub(crate) use open::open_deltas;
pub(crate) use opened::Content;
pub(crate) use round_trip::{RoundTrip, provide_roles};
pub(crate) use source_location::last_named;
pub(crate) use target_profile::snapshot_roles;
