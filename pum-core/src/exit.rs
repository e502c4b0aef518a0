//! The exit codes of the `pum` command.

/// No differences, nothing pending, no problems, or done.
pub const SUCCESS: u8 = 0;

/// Differences or problems were found; deltas are pending and the command was asked to report that;
/// or a question was answered with no.
pub const DIFFERENT: u8 = 1;

/// An error: bad usage, an unreachable database, a failed delta.
pub const ERROR: u8 = 2;

/// Stopped by Ctrl-C or a signal before the work was done, as shells say it: 128 and SIGINT.
pub const INTERRUPTED: u8 = 130;
