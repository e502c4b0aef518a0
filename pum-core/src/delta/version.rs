use std::fmt;
use std::str::FromStr;

/// The version of a data model: three numbers, ordered as numbers.
///
/// ```
/// use pum_core::delta::Version;
///
/// let old: Version = "1.9.0".parse()?;
/// let new: Version = "1.10.0".parse()?;
/// assert!(old < new);
/// assert_eq!("1.02.0".parse::<Version>()?.to_string(), "1.2.0");
/// assert!("1.2".parse::<Version>().is_err());
/// # Ok::<(), pum_core::delta::InvalidVersion>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(semver::Version);

impl Version {
    /// The version `major.minor.patch`.
    pub fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self(semver::Version::new(major, minor, patch))
    }

    /// Major, minor, patch.
    pub(super) fn numbers(&self) -> (u64, u64, u64) {
        (self.0.major, self.0.minor, self.0.patch)
    }

    /// Reads `X.Y.Z` or, as PUM 1 allows it, `X.Y`.
    pub fn of_two_or_three(text: &str) -> Option<Self> {
        text.parse().or_else(|_| format!("{text}.0").parse()).ok()
    }
}

/// A text that is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a version: three numbers with dots are expected, like 1.10.0")]
pub struct InvalidVersion {
    /// The given text.
    pub text: String,
}

impl FromStr for Version {
    type Err = InvalidVersion;

    /// Reads `X.Y.Z`. Leading zeros are dropped, as the Python program drops them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse::<u64>().ok()).flatten()
        };
        let parts: Option<Vec<u64>> = text.split('.').map(number).collect();
        match parts.as_deref() {
            Some(&[major, minor, patch]) => Ok(Self::new(major, minor, patch)),
            _ => Err(InvalidVersion { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}
