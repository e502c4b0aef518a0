//! Compare PostgreSQL schemas and bring databases forward by versioned SQL deltas.
//!
//! # Upgrade when a program starts
//!
//! ```no_run
//! use pum_core::{Migrator, embed_deltas};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut client = postgres::Client::connect("host=localhost user=app", postgres::NoTls)?;
//! let report = Migrator::new(embed_deltas!("tests/deltas"))
//!     .table("sys.upgrades")
//!     .baseline_if_new("0.0.0")
//!     .run(&mut client)?;
//! println!("the database is at version {}", report.version);
//! # Ok(())
//! # }
//! ```
//!
//! # Compare
//!
//! Databases, snapshots, directories of migrations, SQL files and dumps, in any pair:
//!
//! ```no_run
//! let found = pum_core::compare("host=db dbname=prod user=ann", "schema.json")?;
//! for difference in &found.differences {
//!     println!("{difference}");
//! }
//! # Ok::<(), pum_core::Error>(())
//! ```
//!
//! # Write the SQL from one schema to another
//!
//! In the right order, with what depends on it rebuilt, and proven on a copy:
//!
//! ```no_run
//! use pum_core::plan::{PlanRequest, plan_sources};
//! use pum_core::source::{OpenOptions, Source, open_both};
//! use pum_core::{Context, Toolchain};
//!
//! let (toolchain, mut context) = (Toolchain::find(), Context::default());
//! let sides: [Source; 2] = ["host=db dbname=prod user=ann".try_into()?, "schema.json".try_into()?];
//! let options = OpenOptions::default();
//! let [mut prod, mut wanted] =
//!     open_both([&sides[0], &sides[1]], &options, &toolchain, &mut context)?;
//! let mut request = PlanRequest::default();
//! request.renames = vec!["column app.orders.note=remark".parse()?];
//! let migration =
//!     plan_sources(&mut prod, &mut wanted, &request, Some(&toolchain), &mut context)?;
//! let proof = migration.prove([&mut prod, &mut wanted], &request, &toolchain, &mut context)?;
//! println!("{proof:?}\n{}", migration.plan.to_sql());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to go from here
//!
//! | task | see |
//! |---|---|
//! | upgrades with a plan, timeouts, a rehearsal, measurements | [`upgrade::UpgradePlan`], [`upgrade::Upgrade`] |
//! | comparisons with filters, on the program's own connection, with an embedded snapshot | [`compare::compare_sources`], [`compare::compare_with_snapshot`] |
//! | the statements from one schema to another as data, renames, what is lost | [`plan::plan_sources`], [`plan::MigrationPlan`] |
//! | the rehearsal on a copy before production is upgraded | [`manager::run`] |
//! | backups, restores and copies | [`dump`] |
//! | progress and stopping | [`Context`], [`progress::Observer`], [`Interrupt`] |
//! | asynchronous programs | [`Migrator::run_at`] in `spawn_blocking` |
//!
//! All errors convert to [`Error`] with `?`: its [`kind`](Error::kind) is for decisions, and its
//! [`hint`](Error::hint) says what to do.
//!
//! The library never prints, never reads the environment or the home directory, and never asks:
//! it takes explicit inputs and reports through the types it returns.
//!
//! # Features
//!
//! | feature | provides |
//! |---|---|
//! | none (`default-features = false`) | [`model`], [`diff`], [`delta`]: no driver, nothing that talks to a server |
//! | `postgres` | connections without TLS, [`catalog`], [`upgrade`], [`verify`], [`roles`], [`snapshot`], and [`mod@compare`] with a snapshot |
//! | `tls` (default; with `postgres`) | `sslmode=require` and above. Without it such a connection is refused |
//! | `dump` (default; with `postgres`) | [`dump`], [`doctor`]: `pg_dump` and `pg_restore` driven |
//! | `scratch` (default; with `dump`) | [`scratch`] servers, every [`source`], comparisons that ignore different spelling of SQL, [`plan::plan_sources`], the [`manager`] |
//! | `schema` | JSON Schemas of the types that are written for programs (`schemars::JsonSchema`) |
//! | `yaml` | projects of PUM 1, which have a configuration in YAML. Without it they are refused |
//! | `lint` (default) | [`lint`]: risks in deltas |
//! | `diesel` | deltas as migrations of Diesel; needs no libpq, and no other feature |

#![deny(missing_docs)]
// What only a room uses that a build does not have is not dead: the whole library is looked at.
#![cfg_attr(
    not(all(feature = "lint", feature = "scratch", feature = "tls")),
    allow(dead_code, unused_imports)
)]

#[cfg(feature = "postgres")]
pub mod catalog;
#[cfg(feature = "postgres")]
pub mod compare;
#[cfg(feature = "postgres")]
pub mod connect;
mod context;
mod ddl;
pub mod delta;
pub mod did_you_mean;
#[cfg(feature = "diesel")]
pub mod diesel;
pub mod diff;
#[cfg(feature = "dump")]
pub mod doctor;
#[cfg(feature = "dump")]
pub mod dump;
#[cfg(feature = "postgres")]
mod error;
mod error_kind;
pub mod exit;
#[cfg(all(fuzzing, feature = "postgres"))]
#[doc(hidden)]
pub mod fuzzing;
mod hint;
pub mod humanize;
#[cfg(feature = "dump")]
pub mod installation;
mod interrupt;
#[cfg(feature = "lint")]
pub mod lint;
#[cfg(feature = "scratch")]
pub mod manager;
#[cfg(feature = "postgres")]
mod migrator;
pub mod model;
mod pattern;
#[cfg(feature = "postgres")]
pub mod plan;
#[cfg(feature = "postgres")]
mod process;
pub mod progress;
#[cfg(feature = "postgres")]
pub mod roles;
#[cfg(feature = "scratch")]
pub mod scratch;
#[cfg(feature = "scratch")]
mod shortcuts;
#[cfg(feature = "postgres")]
pub mod snapshot;
#[cfg(feature = "scratch")]
pub mod source;
mod sql;
#[cfg(feature = "postgres")]
pub mod upgrade;
#[cfg(feature = "postgres")]
pub mod verify;

/// The examples of `docs/embedding.md` are run as tests.
#[cfg(all(doctest, feature = "postgres"))]
#[doc = include_str!("../../docs/embedding.md")]
struct Embedding;

pub use context::Context;
#[cfg(feature = "postgres")]
pub use error::{Error, FilePosition};
pub use error_kind::ErrorKind;
pub use hint::Hint;
pub use interrupt::{Interrupt, Interrupted, Watch};
#[cfg(feature = "postgres")]
pub use migrator::{MigrationReport, Migrator};
#[cfg(feature = "scratch")]
pub use {shortcuts::compare, source::Toolchain};

/// Embeds a delta directory in a program. The path is relative to the package's `Cargo.toml`.
///
/// Returns [`delta::EmbeddedDeltas`], for [`Migrator::new`] and [`delta::DeltaSet`]. The files are
/// read at compile time, and a changed file triggers a rebuild. For new files to do so as well, add
/// a `build.rs` that prints `cargo::rerun-if-changed=deltas`. An error in a delta is reported when
/// the deltas are read; use [`delta::embedding`] in a build script to find it at compile time.
///
/// ```
/// let deltas = pum_core::embed_deltas!("tests/deltas").read()?;
/// assert_eq!(deltas.deltas.len(), 2);
/// # Ok::<(), pum_core::delta::DeltaError>(())
/// ```
#[macro_export]
macro_rules! embed_deltas {
    ($directory:literal) => {
        $crate::delta::EmbeddedDeltas::new($crate::__list_files!($directory))
    };
}

#[doc(hidden)]
pub use pum_macros::list_files as __list_files;
