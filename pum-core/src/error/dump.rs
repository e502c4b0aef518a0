use super::{ErrorKind, connect};
use crate::dump::DumpError;

pub(super) fn dump(err: &DumpError) -> ErrorKind {
    match err {
        DumpError::NoTool { .. }
        | DumpError::ToolTooOld { .. }
        | DumpError::NotATool { .. }
        | DumpError::Program { .. }
        | DumpError::NewerFormat { .. }
        | DumpError::Failed { .. }
        | DumpError::NotRestored { .. } => ErrorKind::Program,
        DumpError::Destination { .. }
        | DumpError::Space { .. }
        | DumpError::Vulnerable(_)
        | DumpError::Altered { .. }
        | DumpError::PlainDump { .. }
        | DumpError::Protected { .. }
        | DumpError::Template { .. }
        | DumpError::MissingExtensions { .. }
        | DumpError::MissingTablespaces { .. }
        | DumpError::TargetExists { .. }
        | DumpError::TargetInUse { .. }
        | DumpError::MissingRoles { .. }
        | DumpError::NoSuperusers { .. } => ErrorKind::Refused,
        DumpError::Server { .. } | DumpError::NotDropped { .. } => ErrorKind::Server,
        DumpError::Connect(err) => connect(err),
        DumpError::Interrupted(_) => ErrorKind::Interrupted,
        DumpError::SameServer { .. }
        | DumpError::File { .. }
        | DumpError::Archive { .. }
        | DumpError::Manifest { .. }
        | DumpError::NameTooLong { .. }
        | DumpError::Compression { .. } => ErrorKind::Input,
    }
}
