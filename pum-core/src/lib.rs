//! Compare PostgreSQL schemas and bring databases forward by versioned SQL deltas.
//!
//! The library never prints, never reads the environment or the home directory, and never asks:
//! it takes explicit inputs and reports through the types it returns.
//!
//! # Features
//!
//! | feature | gives |
//! |---|---|
//! | none (`default-features = false`) | [`model`], [`diff`], [`delta`]: no driver, nothing that talks to a server |
//! | `postgres` | connections without TLS, [`catalog`], [`upgrade`], [`verify`], [`snapshot`], and [`compare`] with a snapshot |
//! | `tls` (default; with `postgres`) | `sslmode=require` and above. Without it such a connection is refused |
//! | `dump` (default; with `postgres`) | [`dump`], [`doctor`]: `pg_dump` and `pg_restore` driven |
//! | `scratch` (default; with `dump`) | [`scratch`] servers, every [`source`], comparisons that tell spelling from meaning, the [`manager`] |
//! | `lint` (default) | [`lint`]: what is risky in a delta |
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
#[cfg(feature = "postgres")]
mod humanize;
#[cfg(feature = "dump")]
pub mod installation;
mod interrupt;
#[cfg(feature = "lint")]
pub mod lint;
#[cfg(feature = "scratch")]
pub mod manager;
pub mod model;
#[cfg(feature = "postgres")]
mod process;
pub mod progress;
#[cfg(feature = "scratch")]
pub mod scratch;
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
pub use error::Error;
pub use error_kind::ErrorKind;
pub use hint::Hint;
pub use interrupt::{Interrupt, Interrupted, Watch};
