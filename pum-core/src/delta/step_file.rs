use super::{DeltaName, Script};

/// One versioned step file of an upgrade.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delta {
    /// The parts of its name.
    pub name: DeltaName,
    /// The file, as read. Rehearsal and upgrade use exactly these bytes: the SQL is not read again,
    /// and COPY data only if they have not changed.
    pub script: Script,
    /// What undoes it, if there is something: `….down.sql` beside it. An upgrade does not run it.
    pub down: Option<Script>,
}
