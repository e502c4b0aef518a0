use std::collections::BTreeMap;

use super::DeltaError;
use crate::sql::quote_literal_on_one_line;

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum VariableValue {
    /// Becomes a quoted SQL string.
    String(String),
    /// Becomes the number.
    Integer(i64),
    /// Becomes the number.
    Float(f64),
    /// Becomes `true` or `false`.
    Boolean(bool),
    /// Becomes `NULL`: a parameter of a project of PUM 1 that has no value.
    Null,
}

impl VariableValue {
    pub(super) fn to_sql(&self) -> String {
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
            Self::Boolean(value) => value.to_string(),
            Self::Null => "NULL".to_owned(),
            Self::String(text) => quote_literal_on_one_line(text),
        }
    }

    /// The value without any quotes.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::String(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Float(number) => format!("{number:?}"),
            Self::Boolean(value) => value.to_string(),
            Self::Null => String::new(),
        }
    }
}

/// The syntax in which scripts refer to variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VariableForm {
    /// `%(NAME)s`, as in psycopg, which the first Python program uses: anywhere in the text, and
    /// `%%` becomes `%`.
    Classic,
    /// `:NAME`, `:'NAME'` and `:"NAME"`, as in psql: in SQL, not inside of quotes.
    Psql,
    /// `{NAME}`, as in Python's `str.format`, which PUM 1 uses: anywhere in the text, and `{{` and
    /// `}}` become braces.
    Braces,
}

impl VariableForm {
    /// All forms, in the order in which they are searched.
    pub const ALL: [Self; 3] = [Self::Classic, Self::Psql, Self::Braces];

    /// How this form refers to a variable.
    pub fn written(self, name: &str) -> String {
        match self {
            Self::Classic => format!("%({name})s"),
            Self::Psql => format!(":{name}"),
            Self::Braces => format!("{{{name}}}"),
        }
    }
}

/// The variables that scripts may use, and their syntax.
///
/// A value becomes a quoted literal, never SQL. Without variables a script is sent unchanged. If no
/// form is set, the form in which a given variable occurs is used, see
/// [`DeltaSet::variable_form`](super::DeltaSet::variable_form).
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
pub struct Variables {
    values: BTreeMap<String, VariableValue>,
    form: Option<VariableForm>,
}

/// As an object of names and values.
impl serde::Serialize for Variables {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl Variables {
    /// Sets `name` from a text, of type `string` (or `str`), `float` or `int`.
    ///
    /// # Errors
    ///
    /// If the type is unknown or the value does not have it.
    pub fn assign(&mut self, kind: &str, name: &str, value: &str) -> Result<(), DeltaError> {
        let wrong = |message: String| DeltaError::Variable { name: name.to_owned(), message };
        let value = match kind {
            "string" | "str" if value.contains('\0') => {
                return Err(wrong("PostgreSQL strings cannot hold a NUL character".to_owned()));
            }
            "string" | "str" => VariableValue::String(value.to_owned()),
            "int" => VariableValue::Integer(
                value
                    .trim()
                    .parse()
                    .map_err(|_| wrong(format!("\"{value}\" is not a whole number")))?,
            ),
            "float" => VariableValue::Float(
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
    pub fn set(&mut self, name: &str, value: VariableValue) {
        self.values.insert(name.to_owned(), value);
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.values.remove(name);
    }

    /// The names that have a value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Whether there are no variables.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Sets the syntax in which scripts refer to variables.
    pub fn set_form(&mut self, form: VariableForm) {
        self.form = Some(form);
    }

    /// The form that was set.
    pub fn form(&self) -> Option<VariableForm> {
        self.form
    }

    pub(super) fn get(&self, name: &str) -> Option<&VariableValue> {
        self.values.get(name)
    }

    /// The names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &VariableValue)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }
}
