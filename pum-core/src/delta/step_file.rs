use super::{DeltaName, Script};

/// One versioned step file of an upgrade.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delta {
    /// What its name says.
    pub name: DeltaName,
    /// The file, as it was when it was read. What is rehearsed and what is applied are these
    /// very bytes: the SQL is not read again, and COPY data only if they have not changed.
    pub script: Script,
}
