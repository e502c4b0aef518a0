//! What end-to-end tests share: throw-away servers, databases and the command.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod server;
