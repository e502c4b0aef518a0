use std::fmt;

use serde::{Deserialize, Serialize};

/// A piece of SQL that the server printed from its parsed form (`pg_get_expr`,
/// `pg_get_viewdef` …). Two different texts may mean the same: a dump and restore rewrites some
/// expressions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sql(pub String);

/// The value of any attribute, for comparison reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
        }
    }
}

/// Where attributes are read from, one after the other in the order in which a kind declares
/// them: a row of a catalog query.
pub trait Fields {
    /// Why a field cannot be read.
    type Error;
    /// The next field as text.
    fn text(&mut self, name: &'static str) -> Result<Option<String>, Self::Error>;
    /// The next field as a boolean; SQL's null is false.
    fn boolean(&mut self, name: &'static str) -> Result<bool, Self::Error>;
    /// The next field as a number.
    fn integer(&mut self, name: &'static str) -> Result<Option<i64>, Self::Error>;
    /// The next field as a list; SQL's null is an empty one.
    fn list(&mut self, name: &'static str) -> Result<Vec<String>, Self::Error>;
}

/// A type that an attribute can have.
pub trait Attribute: Sized {
    /// Reads it.
    fn read<F: Fields>(fields: &mut F, name: &'static str) -> Result<Self, F::Error>;
    /// Its value for reports.
    fn value(&self) -> Value;
}

impl Attribute for String {
    fn read<F: Fields>(fields: &mut F, name: &'static str) -> Result<Self, F::Error> {
        Ok(fields.text(name)?.unwrap_or_default())
    }
    fn value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Attribute for Option<String> {
    fn read<F: Fields>(fields: &mut F, name: &'static str) -> Result<Self, F::Error> {
        fields.text(name)
    }
    fn value(&self) -> Value {
        self.clone().map_or(Value::None, Value::Text)
    }
}

impl Attribute for Sql {
    fn read<F: Fields>(fields: &mut F, name: &'static str) -> Result<Self, F::Error> {
        Ok(Self(fields.text(name)?.unwrap_or_default()))
    }
    fn value(&self) -> Value {
        Value::Sql(self.0.clone())
    }
}

impl Attribute for Option<Sql> {
    fn read<F: Fields>(fields: &mut F, name: &'static str) -> Result<Self, F::Error> {
        Ok(fields.text(name)?.map(Sql))
    }
    fn value(&self) -> Value {
        self.clone().map_or(Value::None, |sql| Value::Sql(sql.0))
    }
}

impl Attribute for bool {
    fn read<F: Fields>(fields: &mut F, name: &'static str) -> Result<Self, F::Error> {
        fields.boolean(name)
    }
    fn value(&self) -> Value {
        Value::Boolean(*self)
    }
}

impl Attribute for Option<i64> {
    fn read<F: Fields>(fields: &mut F, name: &'static str) -> Result<Self, F::Error> {
        fields.integer(name)
    }
    fn value(&self) -> Value {
        self.map_or(Value::None, Value::Integer)
    }
}

impl Attribute for Vec<String> {
    fn read<F: Fields>(fields: &mut F, name: &'static str) -> Result<Self, F::Error> {
        fields.list(name)
    }
    fn value(&self) -> Value {
        Value::List(self.clone())
    }
}
