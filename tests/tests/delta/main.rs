//! Deltas read, split and sent, with psql as the oracle.

mod atomic_bodies;
mod commands;
mod memory;
mod splitting;
