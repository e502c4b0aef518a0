use std::fmt;

use crate::delta::Dependency;

/// A Python package that a project needs, and that is not installed as it needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingDependency {
    /// What the project needs.
    pub wanted: Dependency,
    /// The installed version; `None` if the package is not installed.
    pub installed: Option<String>,
}

impl fmt::Display for MissingDependency {
    /// `requests 2.0 or newer is needed, and 1.2 is installed`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wanted, installed } = self;
        match installed {
            Some(installed) => write!(f, "{wanted} is needed, and {installed} is installed"),
            None => write!(f, "{wanted} is needed, and it is not installed"),
        }
    }
}
