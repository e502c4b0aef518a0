//! Compare PostgreSQL schemas and bring databases forward by versioned SQL deltas.
//!
//! The library never prints, never reads the environment or the home directory, and never asks:
//! it takes explicit inputs and reports through the types it returns.

#![deny(missing_docs)]

#[cfg(feature = "postgres")]
pub mod catalog;
#[cfg(feature = "postgres")]
pub mod compare;
#[cfg(feature = "postgres")]
pub mod connect;
pub mod delta;
#[cfg(feature = "diesel")]
pub mod diesel;
pub mod diff;
#[cfg(feature = "postgres")]
pub mod doctor;
#[cfg(feature = "postgres")]
pub mod dump;
#[cfg(feature = "postgres")]
mod error;
pub mod exit;
#[cfg(feature = "postgres")]
mod figures;
#[cfg(feature = "postgres")]
pub mod installation;
mod interrupt;
pub mod lint;
#[cfg(feature = "postgres")]
pub mod manager;
pub mod model;
pub mod progress;
#[cfg(feature = "postgres")]
pub mod scratch;
#[cfg(feature = "postgres")]
pub mod source;
#[cfg(feature = "postgres")]
pub mod upgrade;
#[cfg(feature = "postgres")]
pub mod verify;

/// The examples of `docs/embedding.md` are run as tests.
#[cfg(all(doctest, feature = "postgres"))]
#[doc = include_str!("../../docs/embedding.md")]
struct Embedding;

#[cfg(feature = "postgres")]
pub use error::{Error, ErrorKind};
pub use interrupt::{Interrupt, Interrupted, Watch};
