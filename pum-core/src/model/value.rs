use std::fmt;

use serde::{Deserialize, Serialize};

/// A piece of SQL that the server printed from its parsed form (`pg_get_expr`,
/// `pg_get_viewdef` …). Two different texts may mean the same: a dump and restore rewrites some
/// expressions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql(pub String);

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Options that hold passwords, as `name=value`. They are compared; what shows, prints or writes
/// them says only `name=(hidden)`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secrets(Vec<String>);

/// The replacement for a secret.
const HIDDEN: &str = "(hidden)";

impl Secrets {
    /// Options with their values.
    pub fn new(options: Vec<String>) -> Self {
        Self(options)
    }

    /// The names of the options.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|option| name_of(option))
    }

    /// Whether an option is there with another value, as far as both are known.
    pub(crate) fn differs_in(&self, other: &Self, name: &str) -> bool {
        let find = |secrets: &Self| {
            secrets.0.iter().find(|option| name_of(option) == name).cloned().unwrap_or_default()
        };
        let (one, other) = (find(self), find(other));
        let is_hidden = |option: &str| option.strip_prefix(name) == Some(&format!("={HIDDEN}"));
        one != other && !is_hidden(&one) && !is_hidden(&other)
    }

    /// The same without the values, as they are written.
    #[must_use]
    pub(crate) fn without_values(&self) -> Self {
        Self(self.hidden())
    }

    pub(super) fn hidden(&self) -> Vec<String> {
        let hide = |option: &String| format!("{}={HIDDEN}", name_of(option));
        self.0.iter().map(hide).collect()
    }

    /// Whether the values are gone, as they are in a model that was written down.
    fn is_hidden(&self) -> bool {
        *self.0 == *self.hidden()
    }
}

fn name_of(option: &str) -> &str {
    option.split_once('=').map_or(option, |(name, _)| name)
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.hidden()).finish()
    }
}

impl Serialize for Secrets {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.hidden().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Secrets {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self)
    }
}

/// The value of any attribute, for comparison reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Not set.
    None,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A name, a type, a body: compared to the letter.
    Text(String),
    /// SQL printed by the server from its parsed form, see [`Sql`].
    Sql(String),
    /// Several texts.
    List(Vec<String>),
    /// Passwords and the like, see [`Secrets`].
    Secrets(#[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))] Secrets),
}

impl Value {
    /// Whether this is not what the other one is. A secret that was written down is not known
    /// any more: it differs from none of the same name.
    pub fn differs_from(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Secrets(a), Self::Secrets(b)) if a.is_hidden() || b.is_hidden() => {
                a.hidden() != b.hidden()
            }
            (a, b) => a != b,
        }
    }

    /// SQL that may not be set.
    pub(super) fn sql(sql: Option<&Sql>) -> Self {
        sql.map_or(Self::None, |sql| Self::Sql(sql.0.clone()))
    }

    /// The value of such an attribute when it is not set.
    pub(crate) fn unset(&self) -> Self {
        match self {
            Self::List(_) => Self::List(Vec::new()),
            Self::Secrets(_) => Self::Secrets(Secrets::default()),
            Self::None | Self::Boolean(_) | Self::Integer(_) | Self::Text(_) | Self::Sql(_) => {
                Self::None
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("(none)"),
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Text(text) | Self::Sql(text) => f.write_str(text),
            Self::List(texts) if texts.is_empty() => f.write_str("(none)"),
            Self::List(texts) => f.write_str(&texts.join(", ")),
            Self::Secrets(secrets) if secrets.0.is_empty() => f.write_str("(none)"),
            Self::Secrets(secrets) => f.write_str(&secrets.hidden().join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_compared_and_not_told() {
        let secrets = |value: &str| Value::Secrets(Secrets(vec![format!("password={value}")]));
        let (one, other) = (secrets("s3cret"), secrets("0ther"));
        assert!(one.differs_from(&other) && !one.differs_from(&one));
        for text in [format!("{one:?}"), one.to_string(), serde_json::to_string(&one).unwrap()] {
            assert!(text.contains("password=(hidden)") && !text.contains("s3cret"), "{text}");
        }
        let written: Value = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
        assert!(!written.differs_from(&other) && !other.differs_from(&written));
        assert!(written.differs_from(&Value::Secrets(Secrets::default())));
    }
}
