//! Throw-away PostgreSQL servers.
//!
//! A [`ScratchServer`] lives in a directory of its own, is reached through a Unix socket in that
//! directory, which only its user may enter, listens to no network and does not sync to disk.
//! It ends and its directory goes when the value is dropped. A small shell process watches over
//! it and does the same should this process die without dropping anything; and what a killed
//! watcher leaves behind is removed by the next [`ScratchServer::start`].

mod data_cache;
mod error;
mod leftover;
mod on_demand;
mod server;
mod system_identifier;
mod user;

pub use error::ScratchError;
pub use on_demand::OnDemand;
pub use server::{ScratchServer, ServerOptions, would_start};
