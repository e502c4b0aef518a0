use super::dump::dump;
use super::{ErrorKind, compare, connect, upgrade};
use crate::manager::StepError;
use crate::scratch::ScratchError;
use crate::source::SourceError;

pub(super) fn scratch(err: &ScratchError) -> ErrorKind {
    match err {
        ScratchError::Interrupted(_) => ErrorKind::Interrupted,
        ScratchError::Connect(err) => connect(err),
        _ => ErrorKind::Program,
    }
}

pub(super) fn source(err: &SourceError) -> ErrorKind {
    match err {
        SourceError::Script { .. } => ErrorKind::Script,
        SourceError::Server { .. } | SourceError::Query { .. } | SourceError::Catalog(_) => {
            ErrorKind::Server
        }
        SourceError::Deltas { source, .. } => upgrade(source),
        SourceError::Connect(err) => connect(err),
        SourceError::Dump(err) => dump(err),
        SourceError::Scratch(err) => scratch(err),
        SourceError::Interrupted(_) => ErrorKind::Interrupted,
        _ => ErrorKind::Input,
    }
}

pub(super) fn step(err: &StepError) -> ErrorKind {
    match err {
        StepError::SameDatabase { .. }
        | StepError::ReadOnly { .. }
        | StepError::TestTooOld { .. }
        | StepError::ProductionChanged { .. }
        | StepError::NotACopy { .. }
        | StepError::NotDisposable { .. }
        | StepError::NoTemplate { .. }
        | StepError::RowsWouldGo { .. }
        | StepError::RunChanged { .. }
        | StepError::RunEnded { .. }
        | StepError::NotAsRehearsed { .. } => ErrorKind::Refused,
        StepError::Script(_) => ErrorKind::Script,
        StepError::Connect(err) => connect(err),
        StepError::Dump(err) => dump(err),
        StepError::Upgrade(err) => upgrade(err),
        StepError::Compare(err) => compare(err),
        StepError::Scratch(err) => scratch(err),
        StepError::Source(err) => source(err),
        StepError::Catalog(_) => ErrorKind::Server,
        StepError::Interrupted(_) => ErrorKind::Interrupted,
        StepError::NoBaseline { .. }
        | StepError::Reference { .. }
        | StepError::Command { .. }
        | StepError::Run { .. }
        | StepError::Delta(_)
        | StepError::Filter(_) => ErrorKind::Input,
    }
}
