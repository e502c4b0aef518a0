//! From a service name, conninfo string or URI to an open, guarded session.
//!
//! What psql accepts means the same here, after the chapter on libpq in PostgreSQL's manual:
//! connection strings and URIs, service files, `PG*` variables, password files, several hosts,
//! `sslmode` up to `verify-full`. What pum cannot honour it refuses; a TLS mode is never weakened.
//!
//! ```no_run
//! use pum_core::Interrupt;
//! use pum_core::connect::{Environment, Session, Settings};
//!
//! let settings = Settings::resolve("host=db.example.org user=ann", &Environment::default())?;
//! let mut session = Session::open(&settings, &Interrupt::new())?;
//! println!("{} runs PostgreSQL {}", settings.label(), session.version());
//! session.client().batch_execute("select 1")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attempt;
mod auth;
mod borrowed;
mod child_env;
mod connector;
mod conninfo;
mod environment;
mod error;
mod failure;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod given;
mod holding;
mod host_selection;
mod hosts;
mod keywords;
mod message;
mod notices;
mod options;
mod passfile;
mod redact;
mod rows;
mod secrets;
mod seen;
mod service;
mod session;
mod settings;
#[cfg_attr(not(feature = "tls"), path = "no_tls.rs")]
mod tls;
mod uri;
#[cfg(feature = "tls")]
mod verify;
mod version;

pub(crate) use crate::sql::{quote_ident, quote_literal};
pub use child_env::ToolConnection;
pub use environment::Environment;
pub(crate) use error::describe_driver_error as describe;
pub use error::{Attempt, ConnectError, FailureKind};
pub(crate) use holding::Holding;
pub use hosts::SOCKET_DIRECTORIES;
pub use message::ServerMessage;
pub use notices::NoticeHandler;
pub use passfile::{PasswordFile, password_file};
pub(crate) use redact::looks_like_uri;
pub use redact::redact;
pub(crate) use rows::rows;
pub use service::{SYSTEM_CONFIGURATION_DIRECTORIES, ServiceFile, service_files, services};
pub use session::{Canceller, DatabaseIdentity, Session, SessionOn};
pub use settings::Settings;
pub use version::ServerVersion;
