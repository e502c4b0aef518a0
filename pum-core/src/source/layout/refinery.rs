//! refinery: `V` and `U` migrations, those that must come in order and those that may come late,
//! together in the order of their whole numbers.

use std::path::Path;

use super::file_name::{ALL_BELOW, Number, ends_in, files_in, leading_digits, name_of};
use super::migration::{Migration, Migrations, in_order, misfit};
use super::name::Layout;
use crate::source::SourceError;

pub(super) fn read(directory: &Path) -> Result<Migrations, SourceError> {
    let mut found = Vec::new();
    for path in files_in(directory, ALL_BELOW)? {
        let name = name_of(&path);
        if let Some(version) = version_of(&name, ".sql") {
            found.push((version, path));
        } else if version_of(&name, ".rs").is_some() {
            return Err(misfit(&path, Layout::Refinery, super::migration::IS_A_PROGRAM));
        } else if ends_in(&name, ".sql") {
            return Err(misfit(&path, Layout::Refinery, "that is not a migration name"));
        }
    }
    let found = in_order(Layout::Refinery, found)?;
    let scripts = found.iter().map(|(_, path)| Migration::read(path));
    Ok(Migrations { scripts: scripts.collect::<Result<_, _>>()?, notes: Vec::new() })
}

/// The version in `V1__name.sql`.
pub(super) fn version_of(name: &str, end: &str) -> Option<Number> {
    let stem = name.strip_suffix(end)?;
    let (digits, rest) = leading_digits(stem.strip_prefix(['V', 'U'])?)?;
    let description = rest.strip_prefix("__")?;
    let plain = |c: char| c.is_alphanumeric() || c == '_';
    let fits = !description.is_empty() && description.chars().all(plain);
    if fits { Number::parse(digits) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_refinery() {
        for name in ["V1__a.sql", "U20240101__a_b2.sql"] {
            assert!(version_of(name, ".sql").is_some(), "{name}");
        }
        for name in ["V1_a.sql", "V1.2__a.sql", "v1__a.sql", "V1__.sql", "V1__a-b.sql", "R__a.sql"]
        {
            assert!(version_of(name, ".sql").is_none(), "{name}");
        }
    }
}
