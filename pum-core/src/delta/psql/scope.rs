use std::collections::BTreeMap;

use crate::delta::variables::VariableValue;
use crate::sql::Reference;
use crate::sql::{quote_ident, quote_literal_on_one_line};

/// What a psql variable stands for.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::delta) enum Stored {
    /// A text that the script itself set: it becomes part of the SQL, as in psql.
    Pasted(String),
    /// A value from outside of the script: it never becomes anything but a literal.
    Given(VariableValue),
}

impl Stored {
    /// Its text, as the arguments of psql's commands see it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Pasted(text) => text.clone(),
            Self::Given(value) => value.text(),
        }
    }
}

/// The psql variables that have a value at some place of a script.
#[derive(Debug, Clone, Default)]
pub(in crate::delta) struct Scope(BTreeMap<String, Stored>);

impl Scope {
    pub(in crate::delta) fn get(&self, name: &str) -> Option<&Stored> {
        self.0.get(name)
    }

    pub(in crate::delta) fn set(&mut self, name: &str, value: Stored) {
        self.0.insert(name.to_owned(), value);
    }

    pub(in crate::delta) fn unset(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The SQL that stands for a reference in a quoted form; `None` for one to a variable that is
    /// not set, which stays as it is.
    pub(in crate::delta) fn quoted(&self, reference: Reference, name: &str) -> Option<String> {
        let value = self.get(name);
        match reference {
            Reference::IsSet => Some(if value.is_some() { "TRUE" } else { "FALSE" }.to_owned()),
            Reference::Literal => value.map(|value| quote_literal_on_one_line(&value.text())),
            Reference::Identifier => value.map(|value| quote_ident(&value.text())),
            Reference::Plain => match value? {
                Stored::Pasted(_) => None,
                Stored::Given(value) => Some(value.to_sql()),
            },
        }
    }
}
