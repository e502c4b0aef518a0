//! The attributes of an object as they stand in a snapshot: what is set, by name.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::ser::SerializeMap as _;
use serde_json::{Map, Value as Json, json};

use crate::model::{AttributeReader, Attributes, Kind, Object, Privileges, Value, Word};

/// What is set of an object's attributes, by name. What is not there is unset: null, false, or an
/// empty list.
pub(super) fn fields_of(object: &Object) -> Map<String, Json> {
    let values = object.attributes.values();
    let set = set_attributes(object.identity.kind, &values);
    set.map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

/// What is set of an object with these values, in the order in which its kind declares the attributes.
pub(super) fn set_attributes(
    kind: Kind,
    values: &[Value],
) -> impl Iterator<Item = (&'static str, WrittenValue<'_>)> {
    let all = kind.attribute_names().iter().zip(values);
    all.filter(|(_, value)| is_set(value)).map(|(name, value)| (*name, WrittenValue(value)))
}

fn is_set(value: &Value) -> bool {
    match value {
        Value::None | Value::Boolean(false) => false,
        Value::Boolean(true) | Value::Integer(_) | Value::Text(_) | Value::Sql(_) => true,
        Value::List(list) => !list.is_empty(),
        Value::Secrets(secrets) => secrets.names().next().is_some(),
    }
}

/// A value that is set, as it is written.
pub(super) struct WrittenValue<'a>(&'a Value);

impl Serialize for WrittenValue<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::None => serializer.serialize_none(),
            Value::Boolean(value) => serializer.serialize_bool(*value),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Text(text) | Value::Sql(text) => WrittenText(text).serialize(serializer),
            Value::List(list) => list.serialize(serializer),
            // Written without their values.
            Value::Secrets(secrets) => secrets.serialize(serializer),
        }
    }
}

/// A text; one of several lines is written line by line, so that a change in it is a changed line.
pub(super) struct WrittenText<'a>(pub(super) &'a str);

impl Serialize for WrittenText<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.0.contains('\n') {
            return serializer.serialize_str(self.0);
        }
        let lines: Vec<&str> = self.0.split('\n').collect();
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("lines", &lines)?;
        map.end()
    }
}

/// A text as it is written.
pub(super) fn text_value(text: &str) -> Json {
    json!(WrittenText(text))
}

/// Anything on one line. A model has no maps but with texts as keys, so this cannot fail.
pub(super) fn text_of(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The attributes of an object from what is written; `known` are those that the writer knew, all
/// if it is not given.
pub(super) fn attributes(
    kind: Kind,
    mut fields: Map<String, Json>,
    known: Option<&BTreeSet<String>>,
) -> Result<Attributes, String> {
    let attributes = Attributes::read(kind, &mut WrittenFields { fields: &mut fields, known })?;
    match fields.keys().next() {
        None => Ok(attributes),
        Some(name) => Err(format!("{} have no attribute \"{name}\"", kind.element())),
    }
}

/// Takes the attributes out of what is written, one after the other.
struct WrittenFields<'a> {
    fields: &'a mut Map<String, Json>,
    known: Option<&'a BTreeSet<String>>,
}

impl WrittenFields<'_> {
    fn take<T>(
        &mut self,
        name: &str,
        what: &str,
        read: impl FnOnce(&Json) -> Option<T>,
    ) -> Result<Option<T>, String> {
        let Some(value) = self.fields.remove(name) else { return Ok(None) };
        read(&value).map(Some).ok_or_else(|| format!("\"{name}\" is not a valid {what}"))
    }
}

impl AttributeReader for WrittenFields<'_> {
    type Error = String;

    fn text(&mut self, name: &'static str) -> Result<Option<String>, String> {
        self.take(name, "text", text)
    }

    fn word<W: Word>(&mut self, name: &'static str) -> Result<Option<W>, String> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let problem = || format!("\"{text}\" is not one of {}", W::WORDS.join(", "));
        W::from_written(&text).ok_or_else(|| self.invalid(name, &problem())).map(Some)
    }

    fn invalid(&self, name: &'static str, problem: &str) -> String {
        format!("\"{name}\": {problem}")
    }

    fn missing(&self, name: &'static str) -> Result<(), String> {
        // An attribute that the writer did not know does not count.
        if self.known.is_some_and(|known| !known.contains(name)) {
            Ok(())
        } else {
            Err(format!("\"{name}\" is missing"))
        }
    }

    fn boolean(&mut self, name: &'static str) -> Result<bool, String> {
        Ok(self.take(name, "true or false", Json::as_bool)?.unwrap_or_default())
    }

    fn integer(&mut self, name: &'static str) -> Result<Option<i64>, String> {
        self.take(name, "whole number", Json::as_i64)
    }

    fn privileges(&mut self, name: &'static str) -> Result<Privileges, String> {
        let list = self.list(name)?;
        Privileges::parse(&list).map_err(|text| {
            self.invalid(
                name,
                &format!("\"{text}\" is not a privilege, such as \"reader: SELECT\""),
            )
        })
    }

    fn list(&mut self, name: &'static str) -> Result<Vec<String>, String> {
        Ok(self.take(name, "list of texts", list)?.unwrap_or_default())
    }
}

fn list(value: &Json) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// A text, or one that is written line by line.
pub(super) fn text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Object(object) if object.len() == 1 => Some(list(object.get("lines")?)?.join("\n")),
        _ => None,
    }
}
