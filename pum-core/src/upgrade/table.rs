use std::fmt;
use std::str::FromStr;

use super::migrations::{self, Migrations};
use crate::connect::quote_ident;
use crate::model::{InvalidTableName, TablePath};

/// The name of an upgrades table, with its schema.
///
/// Written as in SQL: unquoted names are folded to lower case, and the default schema is `public`.
///
/// ```
/// use pum_core::upgrade::TableName;
///
/// let table: TableName = "qwat_sys.Upgrades".parse()?;
/// assert_eq!((table.schema(), table.name()), ("qwat_sys", "upgrades"));
/// assert_eq!("\"My Schema\".\"a.b\"".parse::<TableName>()?.to_string(), "\"My Schema\".\"a.b\"");
/// assert!("a.b.c".parse::<TableName>().is_err());
/// # Ok::<(), pum_core::upgrade::InvalidTableName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName {
    path: TablePath,
    /// Details if it is the table of a PUM 1 project.
    migrations: Option<Box<Migrations>>,
}

impl TableName {
    /// The table `pum_migrations` of PUM 1 in that schema.
    ///
    /// If it must be created, it is created for this module.
    pub fn of_pum_1(schema: &str, module: &str) -> Self {
        let table = Self::new(schema.to_owned(), migrations::NAME.to_owned());
        table.in_form(Some(Migrations::new(module)))
    }

    pub(super) fn new(schema: String, name: String) -> Self {
        Self { path: TablePath { schema, name }, migrations: None }
    }

    /// The same table, in the form in which it was found.
    pub(super) fn in_form(&self, migrations: Option<Migrations>) -> Self {
        Self { migrations: migrations.map(Box::new), ..self.clone() }
    }

    /// Details if it is the table of a PUM 1 project.
    pub(super) fn migrations(&self) -> Option<&Migrations> {
        self.migrations.as_deref()
    }

    /// The name without the schema.
    pub fn path(&self) -> &TablePath {
        &self.path
    }

    /// Whether both names refer to the same table.
    pub fn is_same(&self, other: &Self) -> bool {
        self.path == other.path
    }

    /// The schema.
    pub fn schema(&self) -> &str {
        &self.path.schema
    }

    /// The table in that schema.
    pub fn name(&self) -> &str {
        &self.path.name
    }

    /// The table next to the upgrades table in which pum records the progress of a delta without a
    /// transaction. It exists only while such a delta is partially applied.
    #[must_use]
    pub fn progress(&self) -> Self {
        self.beside("_progress")
    }

    /// The table next to the upgrades table in which pum records which repeatable scripts were run.
    #[must_use]
    pub fn repeatable(&self) -> Self {
        self.beside("_repeatable")
    }

    /// All tables of pum: this one and those next to it, which need not exist.
    pub fn all(&self) -> [Self; 3] {
        [self.clone(), self.progress(), self.repeatable()]
    }

    fn beside(&self, suffix: &str) -> Self {
        // The server cuts longer names, and could take this one for the upgrades table.
        const LONGEST: usize = 63;
        let name = &self.path.name;
        let mut end = name.len().min(LONGEST - suffix.len());
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        Self::new(self.path.schema.clone(), format!("{}{suffix}", &name[..end]))
    }

    /// The name for SQL statements, both parts quoted.
    pub(crate) fn to_sql(&self) -> String {
        format!("{}.{}", quote_ident(self.schema()), quote_ident(self.name()))
    }
}

impl FromStr for TableName {
    type Err = InvalidTableName;

    fn from_str(text: &str) -> Result<Self, InvalidTableName> {
        let TablePath { schema, name } = text.parse()?;
        Ok(Self::new(schema, name))
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}
