//! Compare PostgreSQL schemas and bring databases forward by versioned SQL deltas.
//!
//! The library never prints, never reads the environment or the home directory, and never asks:
//! it takes explicit inputs and reports through the types it returns.

#[cfg(feature = "postgres")]
pub mod connect;
pub mod delta;
mod interrupt;

pub use interrupt::{Interrupt, Interrupted, Watch};
