//! Versions of the PostgreSQL clients with vulnerabilities that a database can exploit
//! (<https://www.postgresql.org/support/security/>).

use std::fmt;
use std::path::PathBuf;

/// Known vulnerabilities of a program's version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Vulnerability {
    /// The program.
    pub program: PathBuf,
    /// Its version.
    pub version: String,
    /// The vulnerability.
    pub name: &'static str,
    /// The first version of the same major version without it; `None` if there is none.
    pub fixed: Option<String>,
}

impl fmt::Display for Vulnerability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { program, version, name, fixed } = self;
        write!(f, "{} {version} has the known weakness {name}: ", program.display())?;
        match fixed {
            Some(fixed) => write!(f, "use {fixed} or newer"),
            None => write!(f, "this major version no longer gets fixes, use a newer one"),
        }
    }
}

/// A weakness, and the first minor version of each major that is without it. Majors before the
/// first in the list were not repaired, those after the last never had it.
type Weakness = (&'static str, &'static [(u32, u32)]);

const WEAKNESSES: &[Weakness] = &[
    (
        "CVE-2024-7348 (a table owner can run code as the role that dumps it)",
        &[(12, 20), (13, 16), (14, 13), (15, 8), (16, 4)],
    ),
    (
        "CVE-2025-8714 (the origin's superuser can put commands into a plain dump)",
        &[(13, 22), (14, 19), (15, 14), (16, 10), (17, 6)],
    ),
    (
        "CVE-2026-6477 (the origin's superuser can overwrite pg_dump's memory through a large object)",
        &[(14, 23), (15, 18), (16, 14), (17, 10), (18, 4)],
    ),
];

/// The first weakness of a version, and what repairs it.
pub(super) fn vulnerability(major: u32, minor: u32) -> Option<(&'static str, Option<String>)> {
    WEAKNESSES.iter().find_map(|(name, repaired)| {
        let (oldest, newest) = (repaired.first()?.0, repaired.last()?.0);
        let fixed = repaired.iter().find(|(of, _)| *of == major).map(|(_, fixed)| *fixed);
        match fixed {
            Some(fixed) if minor < fixed => Some((*name, Some(format!("{major}.{fixed}")))),
            None if major < oldest => Some((*name, None)),
            // Not in the list and in between: there is no such major.
            None if major < newest => Some((*name, None)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_with_and_without_a_weakness() {
        for (version, has) in [
            ((15, 7), Some("CVE-2024-7348")),
            ((15, 13), Some("CVE-2025-8714")),
            ((15, 17), Some("CVE-2026-6477")),
            ((15, 18), None),
            ((18, 3), Some("CVE-2026-6477")),
            ((18, 4), None),
            ((19, 0), None),
            ((13, 23), Some("CVE-2026-6477")),
            ((11, 22), Some("CVE-2024-7348")),
        ] {
            let found = vulnerability(version.0, version.1);
            let found = found.map(|(name, _)| name.split(' ').next().unwrap());
            assert_eq!(found, has, "{version:?}");
        }
        assert_eq!(vulnerability(15, 7).unwrap().1.as_deref(), Some("15.8"));
        assert_eq!(vulnerability(13, 23).unwrap().1, None);
    }
}
