use std::fmt;

use super::Kind;

/// Which object it is: no two objects of a schema share one.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Identity {
    /// What kind of object.
    pub kind: Kind,
    /// The schema that holds it.
    pub schema: String,
    /// The table or view that it belongs to, in the same schema: for columns, constraints,
    /// indexes, triggers and rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Its name.
    pub name: String,
    /// The argument types of a function, which may share its name with others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
}

impl Identity {
    /// The name as one would write it: `schema.table.column`, `schema.function(integer)`.
    /// Parts that need quotes have them, so control characters and dots cannot deceive.
    pub fn qualified_name(&self) -> String {
        let mut name = quote_identifier(&self.schema);
        for part in self.parent.iter().chain([&self.name]) {
            name.push('.');
            name.push_str(&quote_identifier(part));
        }
        if let Some(arguments) = &self.arguments {
            name.push('(');
            name.push_str(arguments);
            name.push(')');
        }
        name
    }

    /// The name with its schema and, for a column or constraint, its table, to the letter: what
    /// other objects' attributes call it.
    pub fn exact_name(&self) -> String {
        // An index has its name among the tables of its schema.
        let parent = self.parent.as_deref().filter(|_| self.kind != Kind::Index);
        exact_name([&*self.schema].into_iter().chain(parent).chain([&*self.name]))
    }

    /// The table or view that this object is or belongs to; for others the object itself.
    pub fn group(&self) -> (&str, &str) {
        (&self.schema, self.parent.as_deref().unwrap_or(&self.name))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.qualified_name())
    }
}

/// The parts of a name with dots between them, those in double quotes that are no ordinary
/// lower-case names. The catalog queries write names of other objects in the same way.
pub fn exact_name<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    parts.into_iter().map(exact_part).collect::<Vec<_>>().join(".")
}

fn exact_part(name: &str) -> String {
    let mut chars = name.chars();
    let plain_start = chars.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_');
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '$';
    if plain_start && chars.all(plain) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A name for people: control characters are escaped.
fn quote_identifier(name: &str) -> String {
    let mut quoted = String::new();
    for c in exact_part(name).chars() {
        if c.is_control() {
            quoted.extend(c.escape_default());
        } else {
            quoted.push(c);
        }
    }
    quoted
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
            name: "a\"b\nc".to_owned(),
            arguments: None,
        };
        assert_eq!(identity.to_string(), r#"column public."Order.s"."a""b\nc""#);
    }
}
