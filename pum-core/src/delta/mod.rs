//! A directory of versioned step files, read into an ordered history.
//!
//! A delta is named `delta_X.Y.Z[_name].sql`, or `.pre.sql` or `.post.sql` for what must run before
//! or after the normal deltas of the same version. `pre-all.sql` and `post-all.sql` run at the
//! start and end of every run. [`DeltaSet::read`] reads them, refuses files that look like deltas
//! but have invalid names, and sorts them: by version (never as text), then pre, normal, post, then
//! by name.
//!
//! [`DeltaDirectory`] writes new deltas, in the layout that the directory has.
//!
//! This module does not connect to a database: [`Script::prepare`] turns a file and the variables
//! into [`Statement`]s, which the module `upgrade` runs.

mod background_md5;
mod checksum;
mod configuration;
mod copy_data;
#[cfg(feature = "postgres")]
mod delta_directory;
mod dependency;
mod directory;
mod drops;
mod duration;
mod embedded;
mod encoding;
mod error;
mod files;
mod header;
mod hex;
mod listing;
mod name;
mod new_delta;
#[cfg(any(test, not(feature = "yaml")))]
mod no_yaml;
mod non_transactional;
mod object_name;
mod parameter;
mod prepare;
mod prepared;
mod prepared_script;
mod program;
mod project;
mod psql;
mod python_version;
mod reader;
mod repeatable;
pub(crate) mod role_sql;
mod roles;
mod rule;
mod script;
mod script_message;
mod secrets;
mod source;
mod statement;
mod statement_reader;
mod step_file;
mod substitute;
#[cfg(test)]
mod tests;
mod undecided;
mod variables;
mod version;
#[cfg(feature = "yaml")]
mod yaml;

pub(crate) use crate::sql::{Token, tokens};
#[cfg(not(feature = "yaml"))]
use no_yaml as yaml;

pub use checksum::Checksum;
pub use copy_data::{CopyData, CopyReader};
#[cfg(feature = "postgres")]
pub use delta_directory::{DeltaDirectory, StagedDelta};
pub use dependency::{Dependencies, Dependency};
pub use directory::DeltaSet;
#[cfg(feature = "postgres")]
pub(crate) use duration::written as written_duration;
pub use duration::{parse_duration, parse_time_limit};
pub use embedded::{EmbeddedDeltas, IntoDeltaSet, embedding};
pub use error::DeltaError;
pub use files::Unpack;
pub use header::Header;
pub use name::{DeltaLanguage, DeltaName, Stage};
pub use new_delta::{DeltaSection, NewDelta, NextVersion};
pub use non_transactional::{
    NonTransactional, cannot_run_in_transaction, may_commit, resets_session, sets_session,
};
pub(crate) use object_name::Name;
pub use prepared::Location;
pub use prepared_script::PreparedScript;
pub use program::{Program, Runner};
pub(crate) use project::directories_in;
pub use project::{Project, ProjectPart};
pub use python_version::{InvalidPythonVersion, PythonVersion};
pub(crate) use reader::{read_text, utf16};
pub use repeatable::{PreparedRepeatable, Repeatable};
pub use roles::{Access, Permission, ProjectRole};
#[cfg(feature = "lint")]
pub(crate) use rule::lint_rules;
pub use rule::{LintRule, UnknownRule};
pub use script::Script;
pub use script_message::{ScriptMessage, ScriptWarning};
pub(crate) use secrets::without_passwords;
pub use statement::{Statement, StatementKind};
pub(crate) use statement_reader::Reader;
pub use step_file::Delta;
pub use variables::{VariableForm, VariableValue, Variables};
pub use version::{InvalidVersion, Version};
