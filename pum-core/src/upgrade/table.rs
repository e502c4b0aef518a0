use std::fmt;
use std::str::FromStr;

use super::migrations::{self, Migrations};
use crate::connect::quote_ident;

/// A text that is not the name of a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is not a table name: schema.table is expected, with double quotes around parts that \
     need them"
)]
#[non_exhaustive]
pub struct InvalidTableName {
    /// What was given.
    pub text: String,
}

/// The name of an upgrades table, with its schema.
///
/// Written as in SQL: what is not in double quotes is folded to lower case; without a schema it is
/// in `public`.
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
    schema: String,
    name: String,
    /// What is known of it if it is one of PUM 1.
    migrations: Option<Box<Migrations>>,
}

impl TableName {
    /// The table `pum_migrations` of PUM 1 in that schema.
    ///
    /// Where it is to be made, it is made for this module.
    pub fn of_pum_1(schema: &str, module: &str) -> Self {
        let table = Self::new(schema.to_owned(), migrations::NAME.to_owned());
        table.in_form(Some(Migrations::new(module)))
    }

    pub(super) fn new(schema: String, name: String) -> Self {
        Self { schema, name, migrations: None }
    }

    /// The same table, in the form in which it was found.
    pub(super) fn in_form(&self, migrations: Option<Migrations>) -> Self {
        Self { migrations: migrations.map(Box::new), ..self.clone() }
    }

    /// What is known of it if it is one of PUM 1.
    pub(super) fn migrations(&self) -> Option<&Migrations> {
        self.migrations.as_deref()
    }

    /// Whether both names mean one table.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.schema, &self.name) == (&other.schema, &other.name)
    }

    /// The schema.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The table in that schema.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The table beside the upgrades table in which pum keeps how far a delta without a
    /// transaction came. It is there only while such a delta is half done.
    #[must_use]
    pub fn progress(&self) -> Self {
        self.beside("_progress")
    }

    /// The table beside the upgrades table in which pum keeps which repeatable scripts were run.
    #[must_use]
    pub fn repeatable(&self) -> Self {
        self.beside("_repeatable")
    }

    /// All tables of pum: this one, and those beside it, of which none need be there.
    pub fn all(&self) -> [Self; 3] {
        [self.clone(), self.progress(), self.repeatable()]
    }

    fn beside(&self, suffix: &str) -> Self {
        // The server cuts longer names, and could take this one for the upgrades table.
        const LONGEST: usize = 63;
        let mut end = self.name.len().min(LONGEST - suffix.len());
        while !self.name.is_char_boundary(end) {
            end -= 1;
        }
        Self::new(self.schema.clone(), format!("{}{suffix}", &self.name[..end]))
    }

    /// The name for SQL statements, both parts quoted.
    pub(crate) fn to_sql(&self) -> String {
        format!("{}.{}", quote_ident(&self.schema), quote_ident(&self.name))
    }
}

impl FromStr for TableName {
    type Err = InvalidTableName;

    fn from_str(text: &str) -> Result<Self, InvalidTableName> {
        let wrong = || InvalidTableName { text: text.to_owned() };
        let mut parts = Vec::new();
        let mut rest = text.trim();
        loop {
            let (part, after) = identifier(rest).ok_or_else(wrong)?;
            parts.push(part);
            match after.strip_prefix('.') {
                Some(next) => rest = next,
                None if after.is_empty() => break,
                None => return Err(wrong()),
            }
        }
        let mut parts = parts.into_iter();
        match (parts.next(), parts.next(), parts.next()) {
            (Some(name), None, None) => Ok(Self::new("public".to_owned(), name)),
            (Some(schema), Some(name), None) => Ok(Self::new(schema, name)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |part: &str| {
            identifier(part).is_some_and(|(read, rest)| read == part && rest.is_empty())
        };
        let shown = |part: &str| if plain(part) { part.to_owned() } else { quote_ident(part) };
        write!(f, "{}.{}", shown(&self.schema), shown(&self.name))
    }
}

/// An identifier at the start of the text, and what follows it.
fn identifier(text: &str) -> Option<(String, &str)> {
    let Some(inside) = text.strip_prefix('"') else {
        let end = text
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
            .unwrap_or(text.len());
        let word = &text[..end];
        let starts_well = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
        return starts_well.then(|| (word.to_lowercase(), &text[end..]));
    };
    let mut name = String::new();
    let mut chars = inside.char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if inside[at + 1..].starts_with('"') {
            name.push('"');
            chars.next();
        } else {
            return (!name.is_empty()).then(|| (name, &inside[at + 1..]));
        }
    }
    None
}
