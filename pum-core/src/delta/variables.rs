use std::collections::BTreeMap;

use super::DeltaError;
use super::lexer::{Lexer, PieceKind};

/// The value of a variable.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Becomes a quoted SQL string.
    String(String),
    /// Becomes the number.
    Integer(i64),
    /// Becomes the number.
    Float(f64),
}

impl Value {
    fn to_sql(&self) -> String {
        match self {
            // A space before a sign, as psycopg writes it: `1 -%(n)s` must not become a comment.
            Self::Integer(number) if *number < 0 => format!(" {number}"),
            Self::Integer(number) => number.to_string(),
            Self::Float(number) if number.is_nan() => "'NaN'::float".to_owned(),
            Self::Float(number) if number.is_infinite() => {
                let sign = if *number < 0.0 { "-" } else { "" };
                format!("'{sign}Infinity'::float")
            }
            Self::Float(number) if number.is_sign_negative() => format!(" {number:?}"),
            Self::Float(number) => format!("{number:?}"),
            Self::String(text) => quote(text),
        }
    }
}

/// A SQL literal, always on one line so that the script keeps its line numbers.
fn quote(text: &str) -> String {
    let plain = text.replace('\'', "''");
    if !text.contains(['\\', '\n', '\r']) {
        return format!("'{plain}'");
    }
    let escaped = plain.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    format!(" E'{escaped}'")
}

/// The variables that scripts may use, in the classic form `%(NAME)s`.
///
/// As in psycopg, which the Python program uses: a value becomes a quoted literal, and `%%`
/// becomes `%`, but only when at least one variable is given. Without variables a script is sent
/// as it is.
///
/// ```
/// use pum_core::delta::Variables;
///
/// let mut variables = Variables::default();
/// variables.assign("int", "srid", "2056")?;
/// assert!(variables.assign("int", "zone", "north").is_err());
/// # Ok::<(), pum_core::delta::DeltaError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Variables(BTreeMap<String, Value>);

/// Why a text cannot be substituted, at a byte offset.
#[derive(Debug, PartialEq)]
pub(super) enum SubstituteError {
    Missing { at: usize, name: String },
    BadPlaceholder { at: usize },
}

impl Variables {
    /// Sets `name` from a text, of type `string` (or `str`), `float` or `int`.
    pub fn assign(&mut self, kind: &str, name: &str, value: &str) -> Result<(), DeltaError> {
        let wrong = |message: String| DeltaError::Variable { name: name.to_owned(), message };
        let value = match kind {
            "string" | "str" if value.contains('\0') => {
                return Err(wrong("PostgreSQL strings cannot hold a NUL character".to_owned()));
            }
            "string" | "str" => Value::String(value.to_owned()),
            "int" => Value::Integer(
                value
                    .trim()
                    .parse()
                    .map_err(|_| wrong(format!("\"{value}\" is not a whole number")))?,
            ),
            "float" => Value::Float(
                value.trim().parse().map_err(|_| wrong(format!("\"{value}\" is not a number")))?,
            ),
            other => {
                return Err(wrong(format!(
                    "there is no variable type \"{other}\"; the types are string, float and int"
                )));
            }
        };
        self.set(name, value);
        Ok(())
    }

    /// Sets `name`.
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// The names that have a value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Puts the values in.
    pub(super) fn substitute(&self, text: &str) -> Result<String, SubstituteError> {
        if self.0.is_empty() {
            return match first_placeholder(text) {
                Some((at, name)) => Err(SubstituteError::Missing { at, name: name.to_owned() }),
                None => Ok(text.to_owned()),
            };
        }
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        while let Some(at) = text[done..].find('%').map(|offset| done + offset) {
            out.push_str(&text[done..at]);
            if text[at..].starts_with("%%") {
                out.push('%');
                done = at + 2;
                continue;
            }
            let name = placeholder(&text[at..]).ok_or(SubstituteError::BadPlaceholder { at })?;
            let value = self
                .0
                .get(name)
                .ok_or_else(|| SubstituteError::Missing { at, name: name.to_owned() })?;
            out.push_str(&value.to_sql());
            done = at + name.len() + "%()s".len();
        }
        out.push_str(&text[done..]);
        Ok(out)
    }
}

/// The name in a `%(name)s` at the start of the text.
fn placeholder(text: &str) -> Option<&str> {
    let (name, rest) = text.strip_prefix("%(")?.split_once(')')?;
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (plain && rest.starts_with('s')).then_some(name)
}

/// The first `%(name)s` in code: in comments and literals it may mean something else.
fn first_placeholder(text: &str) -> Option<(usize, &str)> {
    let mut lexer = Lexer::new(text);
    // A text that cannot be cut into pieces is reported where it is split.
    while let Ok(Some(piece)) = lexer.next_piece() {
        if piece.kind == PieceKind::Symbol('%')
            && let Some(name) = placeholder(&text[piece.range.start..])
        {
            return Some((piece.range.start, name));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        let mut variables = Variables::default();
        variables.set("SRID", Value::Integer(2056));
        variables.set("low", Value::Integer(-3));
        variables.set("factor", Value::Float(2.0));
        variables.set("who", Value::String("O'Hara; drop table t".to_owned()));
        variables.set("path", Value::String("a\\b\nc".to_owned()));
        variables
    }

    #[test]
    fn values_become_literals() {
        let sql = variables().substitute("%(SRID)s, 1 -%(low)s, %(factor)s, %(who)s, %(path)s");
        assert_eq!(sql.unwrap(), "2056, 1 - -3, 2.0, 'O''Hara; drop table t',  E'a\\\\b\\nc'");
    }

    #[test]
    fn doubled_percent_is_unescaped_only_with_variables() {
        assert_eq!(variables().substitute("a like 'x%%'").unwrap(), "a like 'x%'");
        assert_eq!(Variables::default().substitute("a like 'x%%'").unwrap(), "a like 'x%%'");
    }

    #[test]
    fn what_cannot_be_substituted_is_found() {
        let missing = |at, name: &str| SubstituteError::Missing { at, name: name.to_owned() };
        assert_eq!(variables().substitute("x %(other)s"), Err(missing(2, "other")));
        assert_eq!(
            variables().substitute("a like 'x%'"),
            Err(SubstituteError::BadPlaceholder { at: 9 })
        );
        let none = Variables::default();
        assert_eq!(none.substitute("x %(other)s"), Err(missing(2, "other")));
        assert!(none.substitute("-- %(other)s\nselect '%(other)s', 5 % (2)").is_ok());
    }
}
