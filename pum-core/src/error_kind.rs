/// The kind of an error, for programs that decide what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input is not valid: a name, a file, a setting. Nothing was done.
    Input,
    /// A server cannot be reached, or refuses the connection.
    Connection,
    /// A server refused a statement of pum.
    Server,
    /// A script of the user failed. Earlier commits are kept.
    Script,
    /// A program is missing, too old or failed.
    Program,
    /// It was not safe to continue.
    Refused,
    /// Another run is active.
    Busy,
    /// The caller asked to stop.
    Interrupted,
}
