//! How migrations are named and ordered in a directory.

use std::fmt;
use std::str::FromStr;

/// How migrations are named and ordered in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Layout {
    /// pum's own deltas, or the changelogs of PUM 1.
    Pum,
    /// A directory for each migration, with `up.sql`.
    Diesel,
    /// `N_name.sql` or `N_name.up.sql`, `-- no-transaction`.
    Sqlx,
    /// `V1__name.sql`, `U1__name.sql` for those that may come late.
    Refinery,
    /// `V1.2__name.sql`, `R__name.sql`, `U1.2__name.sql` for what undoes.
    Flyway,
    /// `N_name.up.sql`.
    GolangMigrate,
    /// `N_name.sql` with `-- +goose Up`.
    Goose,
    /// `N_name.sql` with `-- migrate:up`.
    Dbmate,
    /// `N….sql`, run one after the other.
    Numbered,
}

impl Layout {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Pum,
        Self::Diesel,
        Self::Sqlx,
        Self::Refinery,
        Self::Flyway,
        Self::GolangMigrate,
        Self::Goose,
        Self::Dbmate,
        Self::Numbered,
    ];

    /// Its name, as `--layout` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pum => "pum",
            Self::Diesel => "diesel",
            Self::Sqlx => "sqlx",
            Self::Refinery => "refinery",
            Self::Flyway => "flyway",
            Self::GolangMigrate => "golang-migrate",
            Self::Goose => "goose",
            Self::Dbmate => "dbmate",
            Self::Numbered => "numbered",
        }
    }

    /// How its files are named, for people.
    pub(in crate::source) fn pattern(self) -> &'static str {
        match self {
            Self::Pum => "delta_X.Y.Z[_name].sql",
            Self::Diesel => "VERSION_name/up.sql",
            Self::Sqlx => "N_name.sql, N_name.up.sql or N_name.down.sql",
            Self::Refinery => "V1__name.sql or U1__name.sql",
            Self::Flyway => "V1.2__name.sql, R__name.sql, B1.2__name.sql or U1.2__name.sql",
            Self::GolangMigrate => "N_name.up.sql or N_name.down.sql",
            Self::Goose => "N_name.sql with a line \"-- +goose Up\"",
            Self::Dbmate => "N_name.sql with a line \"-- migrate:up\"",
            Self::Numbered => "N_name.sql",
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Layout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|layout| layout.name() == text);
        found.copied().ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|layout| layout.name()).collect();
            format!("the layouts are {}", names.join(", "))
        })
    }
}
