//! The Python packages that the hooks of a project need, and whether they are installed.

use std::path::Path;

use super::options::PYTHON;
use super::python::{self, Versions};
use super::{MissingDependency, UpgradeError};
use crate::Interrupt;
use crate::delta::{Dependencies, Dependency};

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
