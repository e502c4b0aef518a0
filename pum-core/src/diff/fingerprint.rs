//! What a difference is called in lists that outlive a comparison.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::{Change, Difference};
use crate::model::Value;

/// A short name that is the same wherever and whenever the same thing is found: it depends neither
/// on the servers, nor on other differences, nor on the version of pum.
///
/// It is the first half of the SHA-256 of some texts, each with its length in bytes and a colon
/// before it; a text that is not there is a lone `-`. Written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

/// A text that is no fingerprint.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{text}\" is no fingerprint: that has 32 hexadecimal digits")]
pub struct FingerprintError {
    text: String,
}

impl Difference {
    /// Which difference it is, whatever the values are. It is made from the texts
    /// `pum difference 1`, the element (`columns`), schema, parent, name and arguments of the
    /// object, `only_left`, `only_right` or `attribute`, and the attribute's name.
    ///
    /// The sides count: with left and right exchanged, what one side alone has gets another one.
    pub fn fingerprint(&self) -> Fingerprint {
        let Self { identity, change } = self;
        let (change, attribute) = match change {
            Change::OnlyLeft => ("only_left", None),
            Change::OnlyRight => ("only_right", None),
            Change::Attribute { name, .. } => ("attribute", Some(*name)),
        };
        let mut texts = Texts::new("pum difference 1");
        texts.add(identity.kind.element());
        texts.add(&identity.schema);
        texts.maybe(identity.parent.as_deref());
        texts.add(&identity.name);
        texts.maybe(identity.arguments.as_deref());
        texts.add(change);
        texts.maybe(attribute);
        texts.finish()
    }

    /// What an attribute's values are, left and right; of an object that one side alone has there
    /// are none. It is made from the text `pum values 1` and each value's texts: the value, or for
    /// a list the number of its items and the items.
    ///
    /// Secrets count by their names only. Otherwise a fingerprint that is kept somewhere would let
    /// a password be guessed.
    pub fn values_fingerprint(&self) -> Option<Fingerprint> {
        let Change::Attribute { left, right, .. } = &self.change else { return None };
        let mut texts = Texts::new("pum values 1");
        for value in [left, right] {
            match value {
                Value::None => texts.maybe(None),
                Value::List(items) => {
                    texts.add(&items.len().to_string());
                    for item in items {
                        texts.add(item);
                    }
                }
                Value::Boolean(_)
                | Value::Integer(_)
                | Value::Text(_)
                | Value::Sql(_)
                | Value::Secrets(_) => texts.add(&value.to_string()),
            }
        }
        Some(texts.finish())
    }
}

/// Texts on their way into a fingerprint.
struct Texts(Sha256);

impl Texts {
    fn new(first: &str) -> Self {
        let mut texts = Self(Sha256::new());
        texts.add(first);
        texts
    }

    fn add(&mut self, text: &str) {
        self.0.update(format!("{}:", text.len()));
        self.0.update(text);
    }

    fn maybe(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.add(text),
            None => self.0.update("-"),
        }
    }

    fn finish(self) -> Fingerprint {
        let mut half = [0; 16];
        half.iter_mut().zip(self.0.finalize()).for_each(|(to, from)| *to = from);
        Fingerprint(half)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || FingerprintError { text: text.to_owned() };
        let all_digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).ok().filter(|_| all_digits);
        number.map(|number| Self(number.to_be_bytes())).ok_or_else(wrong)
    }
}

impl serde::Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Identity, Kind};

    fn difference(change: Change) -> Difference {
        let identity = Identity {
            kind: Kind::Column,
            schema: "app".to_owned(),
            parent: Some("orders".to_owned()),
            name: "note".to_owned(),
            arguments: None,
        };
        Difference { identity, change }
    }

    fn attribute(left: Value, right: Value) -> Difference {
        difference(Change::Attribute { name: "comment", left, right })
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    /// Accepted differences are written down by these: they may never change.
    #[test]
    fn fingerprints_are_for_ever() {
        // printf '16:pum difference 17:columns3:app6:orders4:note-9:only_left-' | sha256sum
        let only_left = difference(Change::OnlyLeft).fingerprint();
        assert_eq!(only_left.to_string(), "f9235f06f2138e2de2a9d2bed92d786c");
        // printf '16:pum difference 17:columns3:app6:orders4:note-9:attribute7:comment' | sha256sum
        let different = attribute(text("a"), Value::None);
        assert_eq!(different.fingerprint().to_string(), "27f7332bcb6e7e1f57113597db28eeca");
        // printf '12:pum values 11:a-' | sha256sum
        assert_eq!(
            different.values_fingerprint().unwrap().to_string(),
            "7b1294f244669b68abd4e9716e1997e7"
        );
        assert_eq!(difference(Change::OnlyLeft).values_fingerprint(), None);
    }

    #[test]
    fn what_differs_has_another_fingerprint() {
        let base = difference(Change::OnlyLeft).fingerprint();
        assert_ne!(base, difference(Change::OnlyRight).fingerprint());
        let mut other = difference(Change::OnlyLeft);
        other.identity.schema = "appo".to_owned();
        other.identity.parent = Some("rders".to_owned());
        assert_ne!(base, other.fingerprint(), "one text does not run into the next");
        other.identity.parent = None;
        let without_parent = other.fingerprint();
        other.identity.parent = Some(String::new());
        assert_ne!(without_parent, other.fingerprint());

        let values = |left, right| attribute(left, right).values_fingerprint().unwrap();
        let list = |items: &[&str]| Value::List(items.iter().map(|&i| i.to_owned()).collect());
        assert_ne!(values(text("a"), text("b")), values(text("b"), text("a")));
        assert_ne!(values(list(&["a, b"]), list(&[])), values(list(&["a", "b"]), list(&[])));
        // Whether a text is SQL is known to some versions of pum only.
        assert_eq!(values(text("a"), text("b")), values(Value::Sql("a".to_owned()), text("b")));
    }

    #[test]
    fn a_fingerprint_tells_nothing_of_a_password() {
        let secret = |value: &str| {
            let secrets = crate::model::Secrets::new(vec![format!("password={value}")]);
            attribute(Value::Secrets(secrets), Value::None).values_fingerprint()
        };
        assert_eq!(secret("one"), secret("two"));
    }

    #[test]
    fn fingerprints_are_read_as_they_are_written() {
        let one = difference(Change::OnlyLeft).fingerprint();
        assert_eq!(one.to_string().parse(), Ok(one));
        let long = format!("0{one}");
        for wrong in ["", "abc", "+0000000000000000000000000000000", &long] {
            let err = wrong.parse::<Fingerprint>().unwrap_err().to_string();
            assert!(err.contains("32 hexadecimal digits"), "{err}");
        }
    }
}
