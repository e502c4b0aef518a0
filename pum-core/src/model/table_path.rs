use std::fmt;
use std::str::FromStr;

use crate::sql::quote_ident;

/// A text that is not the name of a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is not a table name: schema.table is expected, with double quotes around parts that \
     need them"
)]
#[non_exhaustive]
pub struct InvalidTableName {
    /// The given text.
    pub text: String,
}

/// The name of a table with its schema.
///
/// Written as in SQL: what is not in double quotes is folded to lower case; without a schema it is
/// in `public`.
///
/// ```
/// use pum_core::model::TablePath;
///
/// let table: TablePath = "Orders".parse()?;
/// assert_eq!((table.schema.as_str(), table.name.as_str()), ("public", "orders"));
/// assert_eq!("app.\"Orders\"".parse::<TablePath>()?.to_string(), "app.\"Orders\"");
/// # Ok::<(), pum_core::model::InvalidTableName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TablePath {
    /// The schema.
    pub schema: String,
    /// The table in that schema.
    pub name: String,
}

impl FromStr for TablePath {
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
            (Some(name), None, None) => Ok(Self { schema: "public".to_owned(), name }),
            (Some(schema), Some(name), None) => Ok(Self { schema, name }),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for TablePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |part: &str| {
            identifier(part).is_some_and(|(read, rest)| read == part && rest.is_empty())
        };
        let shown = |part: &str| {
            if plain(part) { part.to_owned() } else { quote_ident(part) }
        };
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
