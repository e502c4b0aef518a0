//! The Python packages that the hooks of a project need, and whether they are installed.

use std::fmt;
use std::path::Path;

use super::UpgradeError;
use super::options::PYTHON;
use super::python::{self, Versions};
use crate::Interrupt;
use crate::delta::{Dependencies, Dependency};

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

/// Fails if a Python package is missing that the hooks of a project need, or has another version than
/// they need. `python` is the program that runs the hooks, if not `python3` in the search path; it is not
/// started if the project needs none.
///
/// # Errors
///
/// That, or if the program cannot be run.
pub fn check_dependencies(
    python: Option<&Path>,
    dependencies: &Dependencies,
    interrupt: &Interrupt,
) -> Result<(), UpgradeError> {
    let Dependencies { packages, configuration } = dependencies;
    if packages.is_empty() {
        return Ok(());
    }
    let python = python.unwrap_or(Path::new(PYTHON));
    let names = packages.iter().map(|wanted| &*wanted.name);
    let versions = python::versions_of(python, names, interrupt)?;
    let missing: Vec<MissingDependency> =
        packages.iter().filter_map(|wanted| missing(wanted, &versions)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (python, configuration) = (python.to_owned(), configuration.clone());
    Err(UpgradeError::Dependencies { python, configuration, missing })
}

fn missing(wanted: &Dependency, versions: &Versions) -> Option<MissingDependency> {
    let found = versions.iter().find(|(name, ..)| *name == wanted.name);
    let installed = found.map(|(_, _, version)| version.clone()).filter(|it| !it.is_empty());
    let has_limits = wanted.minimum_version.is_some() || wanted.maximum_version.is_some();
    // A version that cannot be compared is not known to be one that is needed.
    let is_met = installed.as_deref().is_some_and(|text| {
        !has_limits || text.parse().is_ok_and(|version| wanted.is_met_by(&version))
    });
    (!is_met).then(|| MissingDependency { wanted: wanted.clone(), installed })
}
