//! Deltas read, split and sent, with psql as the oracle.

mod commands;
mod splitting;
