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

/// A name for people: bare if it is an ordinary lower-case name, else in double quotes with
/// control characters escaped.
fn quote_identifier(name: &str) -> String {
    let mut chars = name.chars();
    let plain_start = chars.next().is_some_and(|c| c.is_lowercase() || c == '_');
    let plain = |c: char| c.is_lowercase() || c.is_ascii_digit() || c == '_' || c == '$';
    if plain_start && chars.all(plain) {
        return name.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in name.chars() {
        match c {
            '"' => quoted.push_str("\"\""),
            c if c.is_control() => quoted.extend(c.escape_default()),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
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
