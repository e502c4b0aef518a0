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
        | DumpError::Unreadable { .. }
        | DumpError::DatabasesExist { .. }
        | DumpError::RolesDiffer { .. }
        | DumpError::OlderServer { .. }
        | DumpError::NoSuperusers { .. } => ErrorKind::Refused,
        DumpError::Server { .. } | DumpError::NotDropped { .. } => ErrorKind::Server,
        DumpError::OfDatabase { source, .. } => dump(source),
        DumpError::Connect(err) => connect(err),
        DumpError::Interrupted(_) => ErrorKind::Interrupted,
        DumpError::SameServer { .. }
        | DumpError::File { .. }
        | DumpError::Archive { .. }
        | DumpError::NoCluster { .. }
        | DumpError::Manifest { .. }
        | DumpError::NameTooLong { .. }
        | DumpError::Compression { .. } => ErrorKind::Input,
    }
}
