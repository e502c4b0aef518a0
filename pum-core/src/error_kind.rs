/// What sort of error it is: what a program does next depends on this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something that was given is wrong: a name, a file, a setting. Nothing was done with it.
    Input,
    /// A server cannot be reached, or does not let us in.
    Connection,
    /// A server refused something that pum asked it.
    Server,
    /// A script of the user failed. What was committed before stays.
    Script,
    /// A program is missing, too old or failed.
    Program,
    /// It would not have been safe to go on.
    Refused,
    /// Another run is at work.
    Busy,
    /// The caller asked to stop.
    Interrupted,
}
