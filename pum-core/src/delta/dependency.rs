//! The Python packages that the hooks of a project need.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

use super::python_version::PythonVersion;

/// What the hooks of a project need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dependencies {
    /// The file that says so.
    pub configuration: PathBuf,
    /// The packages; none if no hook needs any.
    pub packages: Vec<Dependency>,
}

/// A Python package that the hooks of a project need.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Dependency {
    /// The name of the package.
    pub name: String,
    /// The lowest version that will do; `None` for any.
    #[serde(default)]
    pub minimum_version: Option<PythonVersion>,
    /// The highest version that will do; `None` for any.
    #[serde(default)]
    pub maximum_version: Option<PythonVersion>,
}

impl Dependency {
    /// Whether this is the name of a package.
    pub(super) fn check(&self) -> Result<(), String> {
        let Self { name, minimum_version, maximum_version } = self;
        let is_inside = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let is_name = name.chars().all(is_inside)
            && name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.ends_with(|c: char| c.is_ascii_alphanumeric());
        if !is_name {
            return Err(format!("dependencies: \"{name}\" is not the name of a Python package"));
        }
        match (minimum_version, maximum_version) {
            (Some(minimum), Some(maximum)) if minimum > maximum => Err(format!(
                "dependencies: {name}: minimum_version {minimum} is higher than maximum_version \
                 {maximum}"
            )),
            _ => Ok(()),
        }
    }

    /// Whether an installed version will do.
    pub(crate) fn is_met_by(&self, installed: &PythonVersion) -> bool {
        self.minimum_version.as_ref().is_none_or(|minimum| installed >= minimum)
            && self.maximum_version.as_ref().is_none_or(|maximum| installed <= maximum)
    }

    /// As `pip` takes it: `requests>=2.0,<=3.0`.
    pub fn requirement(&self) -> String {
        let minimum = self.minimum_version.iter().map(|version| format!(">={version}"));
        let maximum = self.maximum_version.iter().map(|version| format!("<={version}"));
        let limits: Vec<String> = minimum.chain(maximum).collect();
        format!("{}{}", self.name, limits.join(","))
    }
}

impl fmt::Display for Dependency {
    /// `requests 2.0 to 3.0`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match (&self.minimum_version, &self.maximum_version) {
            (None, None) => f.write_str(name),
            (Some(minimum), None) => write!(f, "{name} {minimum} or newer"),
            (None, Some(maximum)) => write!(f, "{name} {maximum} or older"),
            (Some(minimum), Some(maximum)) => write!(f, "{name} {minimum} to {maximum}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(name: &str, minimum: Option<&str>, maximum: Option<&str>) -> Dependency {
        let version = |text: &str| text.parse().unwrap();
        Dependency {
            name: name.to_owned(),
            minimum_version: minimum.map(version),
            maximum_version: maximum.map(version),
        }
    }

    #[test]
    fn versions_are_limits_and_part_of_the_requirement() {
        let both = dependency("a", Some("1.9"), Some("2.0"));
        let met = |text: &str| both.is_met_by(&text.parse().unwrap());
        assert!(met("1.9.0") && met("1.10") && met("2.0.0") && met("2.0rc1"));
        assert!(!met("1.9rc1") && !met("1.8.99") && !met("2.0.1") && !met("2.0.post1"));
        assert_eq!(both.requirement(), "a>=1.9,<=2.0");
        assert_eq!(dependency("a", None, Some("2")).requirement(), "a<=2");
        assert_eq!(dependency("a", None, None).requirement(), "a");
    }

    #[test]
    fn names_are_those_of_packages() {
        for name in ["requests", "zope.interface", "a", "PyYAML_2"] {
            assert_eq!(dependency(name, None, None).check(), Ok(()));
        }
        for name in ["", "-r", "--index-url=x", "a b", "a;b", "../a", "a'"] {
            assert!(dependency(name, None, None).check().is_err(), "{name}");
        }
        let err = dependency("a", Some("2"), Some("1.9")).check().unwrap_err();
        assert!(err.contains("minimum_version 2 is higher than maximum_version 1.9"), "{err}");
    }
}
