use std::fmt;

/// The name of an object, qualified or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// Its parts as the server takes them: plain ones in lower case, quoted ones without quotes.
    parts: Vec<String>,
    /// As it is written.
    written: String,
}

impl Name {
    pub(crate) fn new(parts: &[&str]) -> Self {
        let value = |part: &&str| match part.strip_prefix('"').and_then(|p| p.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => part.to_lowercase(),
        };
        Self { parts: parts.iter().map(value).collect(), written: parts.join(".") }
    }

    /// The name of an object; the schema may be empty.
    pub(crate) fn of(schema: &str, name: &str) -> Self {
        let parts = [schema, name].into_iter().filter(|part| !part.is_empty());
        Self { parts: parts.map(str::to_owned).collect(), written: name.to_owned() }
    }

    /// Whether both can be the same object. A name without a schema can be in any.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        self.parts.iter().rev().zip(other.parts.iter().rev()).all(|(a, b)| a == b)
    }

    /// Whether one of them may be this object.
    pub(crate) fn is_in(&self, names: &[Self]) -> bool {
        names.iter().any(|name| name.may_be(self))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_as_the_server_sees_them() {
        let same = |a: &[&str], b: &[&str]| Name::new(a).may_be(&Name::new(b));
        assert!(same(&["S", "T"], &["s", "\"t\""]) && same(&["t"], &["s", "t"]));
        assert!(!same(&["\"T\""], &["t"]) && !same(&["a", "t"], &["b", "t"]));
    }
}
