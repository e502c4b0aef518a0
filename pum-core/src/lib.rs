//! Compare PostgreSQL schemas and bring databases forward by versioned SQL deltas.
//!
//! The library never prints, never reads the environment or the home directory, and never asks:
//! it takes explicit inputs and reports through the types it returns.

pub mod delta;
pub mod diff;
mod interrupt;
pub mod model;

pub use interrupt::{Interrupt, Interrupted, Watch};
