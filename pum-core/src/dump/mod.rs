//! `pg_dump` and `pg_restore`: found, chosen by version, driven and checked.
//!
//! A dump is written under another name, readable by its owner only, read back completely, and
//! only then gets its name: a file under that name is a complete dump. A restore makes a new
//! database from `template0` under a temporary name and renames it when all is in: a database
//! under the wanted name is a complete one.

mod archive;
mod database;
mod error;
mod process;
mod restore;
mod roles;
mod tools;

pub use archive::{DumpOptions, DumpReport, check, dump};
pub use database::{
    DatabaseProperties, create_empty, is_empty, maintenance_session, open_if_exists,
};
pub use error::DumpError;
pub use process::{ProgramOutcome, run_to_end};
pub use restore::{RestoreOptions, RestoreReport, restore};
pub use roles::{create_roles, let_role_work, missing_roles, roles_named_by};
pub use tools::{ToolOverrides, Tools};
