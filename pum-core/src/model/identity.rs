use std::fmt;

use super::kind::Kind;
use super::name::{printable, printable_name, quoted_name};

/// Which object it is: no two objects of a schema share one.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Identity {
    /// The kind of object.
    pub kind: Kind,
    /// The schema that holds it; empty for what is in no schema, as extensions are.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub schema: String,
    /// What it belongs to, in the same schema: the table or view of columns, constraints, indexes,
    /// triggers, rules and policies; the server of a user mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub parent: Option<String>,
    /// Its name.
    pub name: String,
    /// What tells it from others of the same name: the argument types of a function or operator,
    /// the index method of an operator class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub arguments: Option<String>,
}

impl Identity {
    /// The name as one would write it: `schema.table.column`, `schema.function(integer)`.
    /// Parts that need quotes have them, so control characters and dots cannot deceive.
    pub fn qualified_name(&self) -> String {
        let schema = Some(&self.schema).filter(|schema| !schema.is_empty());
        let parts = schema.into_iter().chain(&self.parent).map(|part| printable_name(part));
        let own = if self.kind.is_named_by_description() {
            printable(&self.name)
        } else {
            printable_name(&self.name)
        };
        let mut name = parts.chain([own]).collect::<Vec<_>>().join(".");
        if let Some(arguments) = &self.arguments {
            name.push('(');
            name.push_str(&printable(arguments));
            name.push(')');
        }
        name
    }

    /// The name with its schema and, for a column or constraint, its table, to the letter: what
    /// other objects' attributes call it.
    pub fn quoted_name(&self) -> String {
        // An index has its name among the tables of its schema.
        let parent = self.parent.as_deref().filter(|_| self.kind != Kind::Index);
        let schema = Some(&*self.schema).filter(|schema| !schema.is_empty());
        quoted_name(schema.into_iter().chain(parent).chain([&*self.name]))
    }

    /// The qualified name of what the object belongs to.
    pub fn owner_name(&self) -> Option<String> {
        let parent = printable_name(self.parent.as_deref()?);
        if self.schema.is_empty() {
            return Some(parent);
        }
        Some(format!("{}.{parent}", printable_name(&self.schema)))
    }

    /// What this object is or belongs to, such as a table with its schema; for others the object
    /// itself.
    pub fn group(&self) -> (&str, &str) {
        (&self.schema, self.parent.as_deref().unwrap_or(&self.name))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.qualified_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_would_deceive() {
        let identity = Identity {
            kind: Kind::Column,
            schema: "public".to_owned(),
            parent: Some("Order.s".to_owned()),
            name: "a\"b\nc\u{202e}".to_owned(),
            arguments: None,
        };
        assert_eq!(identity.to_string(), r#"column public."Order.s"."a""b\nc\u{202e}""#);
    }
}
