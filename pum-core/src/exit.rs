//! The exit codes of the `pum` command.

/// The same, nothing pending, nothing wrong, or done.
pub const SUCCESS: u8 = 0;

/// Differences were found, or something that is wrong with a database; or deltas are pending and
/// the command was asked to tell; or a question was answered with no.
pub const DIFFERENT: u8 = 1;

/// An error: bad usage, an unreachable database, a failed delta.
pub const ERROR: u8 = 2;
