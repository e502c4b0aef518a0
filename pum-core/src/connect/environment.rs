//! What libpq would take from the process: given explicitly.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Everything libpq would take from the process it runs in.
///
/// The library never looks at the process itself: a program that wants its users' `PG*`
/// variables, service file and password file honoured passes them in here. The default value
/// holds nothing, so that only what a connection string says counts.
///
/// ```
/// use pum_core::connect::{Environment, Settings};
///
/// let environment = Environment {
///     variables: [("PGHOST".to_owned(), "db.example.org".to_owned())].into(),
///     home: None,
///     user: Some("ann".to_owned()),
/// };
/// let settings = Settings::resolve("dbname=parcels", &environment)?;
/// assert_eq!(settings.get("host"), Some("db.example.org"));
/// assert_eq!(settings.user(), "ann");
/// # Ok::<(), pum_core::connect::ConnectError>(())
/// ```
#[derive(Clone, Default)]
pub struct Environment {
    /// Environment variables; only those whose names start with `PG` are looked at.
    pub variables: BTreeMap<String, String>,
    /// The home directory: the place of `.pgpass`, `.pg_service.conf` and `.postgresql/`.
    pub home: Option<PathBuf>,
    /// The operating system's user name, which is the default database user.
    pub user: Option<String>,
}

impl Environment {
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// A file below the home directory, whether it exists or not.
    pub(super) fn home_file(&self, name: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(name))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: BTreeMap<&str, &str> = self
            .variables
            .iter()
            .filter(|(name, _)| name.starts_with("PG"))
            .map(|(name, value)| (name.as_str(), if name == "PGPASSWORD" { "***" } else { value }))
            .collect();
        f.debug_struct("Environment")
            .field("variables", &shown)
            .field("home", &self.home)
            .field("user", &self.user)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_a_password_nor_foreign_variables() {
        let variables = [("PGPASSWORD", "hush"), ("PGHOST", "h"), ("AWS_SECRET", "hush")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let shown =
            format!("{:?}", Environment { variables: variables.into(), ..Default::default() });
        assert!(shown.contains("PGHOST"), "{shown}");
        assert!(!shown.contains("hush"), "{shown}");
    }
}
