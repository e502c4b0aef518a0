//! What end-to-end tests share: throw-away servers, databases and the command.
// Test support panics, and says so by what it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

pub mod server;
