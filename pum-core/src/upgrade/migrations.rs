/// The contents of such a table, and the values of a new row other than its version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Migrations {
    /// The module of the table.
    pub module: String,
    /// Whether the last row is from a beta test; PUM 1 does not use this otherwise.
    pub beta_testing: bool,
    /// The parameters of the last row, or of the run: a JSON object.
    pub parameters: String,
    /// In what form the table is.
    pub(super) table_version: i32,
    pub(super) has_pum_version: bool,
}

/// The name that the table always has.
pub(super) const NAME: &str = "pum_migrations";

/// What is written as the version of PUM.
pub(super) const WRITTEN_BY: &str = concat!("pum-core ", env!("CARGO_PKG_VERSION"));

/// The newest form of the table that is known.
pub(super) const TABLE_VERSION: i32 = 3;

impl Migrations {
    /// A table that is to be made.
    pub(super) fn new(module: &str) -> Self {
        let parameters = "{}".to_owned();
        Self {
            module: module.to_owned(),
            beta_testing: false,
            parameters,
            table_version: TABLE_VERSION,
            has_pum_version: true,
        }
    }

    /// The same with the parameters of another run; once a beta test, always one.
    pub(super) fn of_run(self, parameters: &str, is_beta_test: bool) -> Self {
        let beta_testing = self.beta_testing || is_beta_test;
        Self { parameters: parameters.to_owned(), beta_testing, ..self }
    }

    /// The value that a parameter had in the last run.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let all: serde_json::Value = serde_json::from_str(&self.parameters).ok()?;
        match all.get(name)? {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}
