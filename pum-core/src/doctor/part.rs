//! What a database is for.

/// What a database is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DoctorPart {
    /// It is upgraded.
    Production,
    /// The Manager's test database, which is re-created.
    Test,
    /// It is read, and compared with.
    Reference,
    /// Any of these, or something else.
    Unknown,
}

impl DoctorPart {
    /// The word for it.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Production => Some("production"),
            Self::Test => Some("test"),
            Self::Reference => Some("reference"),
            Self::Unknown => None,
        }
    }
}
