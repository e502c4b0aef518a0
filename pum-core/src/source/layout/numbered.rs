//! Files with a number in front: sqlx, golang-migrate, and those that no program was named for.

use std::path::Path;

use super::file_name::{HERE, Number, ends_in, files_in, leading_digits, name_of};
use super::migration::{Migration, Migrations, in_order, misfit};
use super::name::Layout;
use crate::source::SourceError;

pub(super) const UP: &str = ".up.sql";
pub(super) const DOWN: &str = ".down.sql";

pub(super) fn read(layout: Layout, directory: &Path) -> Result<Migrations, SourceError> {
    let mut found = Vec::new();
    for path in files_in(directory, HERE)? {
        let name = name_of(&path);
        if !ends_in(&name, ".sql") || (layout != Layout::Numbered && name.ends_with(DOWN)) {
            continue;
        }
        match key_of(layout, &name) {
            Ok(key) => found.push((key, path)),
            Err(reason) => return Err(misfit(&path, layout, reason)),
        }
    }
    let found = in_order(layout, found)?;
    let scripts = found.iter().map(|(_, path)| {
        let migration = Migration::read(path)?;
        // As `psql -f` runs it.
        let transaction = migration.transaction && layout != Layout::Numbered;
        Ok(Migration { transaction, ..migration })
    });
    Ok(Migrations { scripts: scripts.collect::<Result<_, SourceError>>()?, notes: Vec::new() })
}

/// What a file is sorted by: its version, and its name where the version need not be its own.
fn key_of(layout: Layout, name: &str) -> Result<(Vec<Number>, String), &'static str> {
    if name.strip_suffix(".sql").is_none() {
        return Err("its name does not end in \".sql\"");
    }
    let (digits, rest) = leading_digits(name).ok_or("its name does not begin with a number")?;
    if layout == Layout::Numbered {
        return Ok((dotted(name), name.to_owned()));
    }
    if !rest.starts_with('_') {
        return Err("there is no \"_\" after its number");
    }
    let in_range = match layout {
        Layout::Sqlx => digits.parse::<i64>().is_ok(),
        _ => digits.parse::<u64>().is_ok(),
    };
    let number = Number::parse(digits).filter(|_| in_range).ok_or("its number is too large")?;
    if layout == Layout::GolangMigrate && !name.ends_with(UP) {
        return Err("its name must end in \".up.sql\" or \".down.sql\"");
    }
    Ok((vec![number], String::new()))
}

/// The numbers that a name begins with, with dots between them: `1.10_x` comes behind `1.9_x`.
fn dotted(name: &str) -> Vec<Number> {
    let end = name.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(name.len());
    name[..end].split('.').map_while(Number::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_decide_and_not_text() {
        let sorted = |layout, mut names: Vec<&'static str>| {
            names.sort_by_key(|name| key_of(layout, name).unwrap());
            names
        };
        let names = vec!["10_c.sql", "1_a.sql", "9_b.up.sql"];
        assert_eq!(sorted(Layout::Sqlx, names), ["1_a.sql", "9_b.up.sql", "10_c.sql"]);
        let names = vec!["1.10-c.sql", "1.9.sql", "02_d.sql", "1.9.1_x.sql", "02_a.sql"];
        assert_eq!(
            sorted(Layout::Numbered, names),
            ["1.9.sql", "1.9.1_x.sql", "1.10-c.sql", "02_a.sql", "02_d.sql"]
        );
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let huge = "9999999999999999999_a.sql";
        assert!(key_of(Layout::Sqlx, huge).is_err() && key_of(Layout::Numbered, huge).is_ok());
        for (layout, name) in [
            (Layout::Sqlx, "a_1.sql"),
            (Layout::Sqlx, "1.sql"),
            (Layout::GolangMigrate, "1_a.sql"),
            (Layout::Numbered, "a.sql"),
            (Layout::Numbered, "1_a.SQL"),
        ] {
            assert!(key_of(layout, name).is_err(), "{name}");
        }
    }
}
