//! Verifies that a database is intact and restorable.
//!
//! [`verify`] checks a database at a [`Level`] and returns a [`VerifyReport`] with the findings,
//! exclusions and duration of each [`Check`]. Nothing is written: sessions are read-only. Only if
//! `amcheck` is not installed and the role is a superuser, its functions are created in a
//! transaction that is rolled back.
//!
//! ```no_run
//! use pum_core::Context;
//! use pum_core::connect::{Environment, Settings};
//! use pum_core::verify::{Level, VerifyOptions, verify};
//!
//! let settings = Settings::resolve("host=db.example.org", &Environment::default())?;
//! let mut options = VerifyOptions::default();
//! options.level = Level::Standard;
//! let report = verify(&settings, &options, &mut Context::default())?;
//! println!("{} findings", report.findings());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod against;
mod amcheck;
mod check;
mod contents;
mod databases;
mod error;
mod finding;
mod options;
mod quick;
mod relations;
mod report;
mod run;
mod sequences;
mod session;
mod sql;
mod task;
mod workers;

pub use against::{Against, Pair};
pub use check::{Check, Level};
pub use databases::{OneDatabase, databases};
pub use error::VerifyError;
pub use finding::{Finding, SequenceState, Severity, Skip, TableContent};
pub use options::VerifyOptions;
pub use report::{CheckReport, Verdict, VerifyReport};
pub use run::verify;
