//! Attributes in serde's data model: a map from their names to plain values.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::attribute::AttributeReader;
use super::privileges::Privileges;
use super::value::Value;
use super::word::Word;

pub(super) fn serialize<S: Serializer>(
    names: &[&str],
    values: &[Value],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(names.iter().zip(values.iter().map(PlainRef)))
}

/// A value without its type.
struct PlainRef<'a>(&'a Value);

impl Serialize for PlainRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::None => serializer.serialize_none(),
            Value::Boolean(value) => value.serialize(serializer),
            Value::Integer(value) => value.serialize(serializer),
            Value::Text(text) | Value::Sql(text) => text.serialize(serializer),
            Value::List(items) => items.serialize(serializer),
            Value::Secrets(secrets) => secrets.serialize(serializer),
        }
    }
}

/// The same, read.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Plain {
    Null(()),
    Boolean(bool),
    Integer(i64),
    Text(String),
    List(Vec<String>),
}

/// The values that are still to be read.
#[derive(Debug)]
pub(super) struct NamedValues(BTreeMap<String, Plain>);

impl NamedValues {
    /// Values that were told, to be read again. Those of secrets are not known.
    pub(super) fn of(names: &[&str], values: Vec<Value>) -> Self {
        let plain = |value| match value {
            Value::None => Plain::Null(()),
            Value::Boolean(value) => Plain::Boolean(value),
            Value::Integer(value) => Plain::Integer(value),
            Value::Text(text) | Value::Sql(text) => Plain::Text(text),
            Value::List(items) => Plain::List(items),
            Value::Secrets(secrets) => Plain::List(secrets.hidden()),
        };
        let keys = names.iter().map(|name| (*name).to_owned());
        Self(keys.zip(values.into_iter().map(plain)).collect())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self)
    }

    fn next<T>(
        &mut self,
        name: &'static str,
        what: &str,
        take: impl FnOnce(Plain) -> Option<T>,
    ) -> Result<Option<T>, String> {
        match self.0.remove(name) {
            None | Some(Plain::Null(())) => Ok(None),
            Some(value) => {
                take(value).map(Some).ok_or_else(|| format!("`{name}` is not a valid {what}"))
            }
        }
    }
}

impl AttributeReader for NamedValues {
    type Error = String;

    fn text(&mut self, name: &'static str) -> Result<Option<String>, String> {
        self.next(name, "text", |value| match value {
            Plain::Text(text) => Some(text),
            _ => None,
        })
    }

    fn word<W: Word>(&mut self, name: &'static str) -> Result<Option<W>, String> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let problem = || self.invalid(name, &format!("\"{text}\" is not one of {:?}", W::WORDS));
        W::from_written(&text).ok_or_else(problem).map(Some)
    }

    fn missing(&self, name: &'static str) -> Result<(), String> {
        Err(format!("`{name}` is missing"))
    }

    fn invalid(&self, name: &'static str, problem: &str) -> String {
        format!("`{name}`: {problem}")
    }

    fn boolean(&mut self, name: &'static str) -> Result<bool, String> {
        let value = self.next(name, "boolean", |value| match value {
            Plain::Boolean(value) => Some(value),
            _ => None,
        });
        Ok(value?.unwrap_or_default())
    }

    fn integer(&mut self, name: &'static str) -> Result<Option<i64>, String> {
        self.next(name, "whole number", |value| match value {
            Plain::Integer(value) => Some(value),
            _ => None,
        })
    }

    fn privileges(&mut self, name: &'static str) -> Result<Privileges, String> {
        let list = self.list(name)?;
        Privileges::parse(&list).map_err(|text| self.invalid(name, &format!("\"{text}\"")))
    }

    fn list(&mut self, name: &'static str) -> Result<Vec<String>, String> {
        let value = self.next(name, "list of texts", |value| match value {
            Plain::List(items) => Some(items),
            _ => None,
        });
        Ok(value?.unwrap_or_default())
    }
}
