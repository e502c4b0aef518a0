//! Permanent names for differences.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::{Change, Difference};

/// A short permanent name, which does not depend on the servers, on other differences, or on the
/// version of pum.
///
/// It is the first half of a SHA-256, written as 32 hexadecimal digits. The input is a sequence of
/// texts, each preceded by its length in bytes and a colon; a missing text is a single `-`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

/// The error for a text that is not a fingerprint.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{text}\" is not a fingerprint of 32 hexadecimal digits")]
pub struct FingerprintError {
    text: String,
}

impl Difference {
    /// Identifies the difference, regardless of the values. It is computed from the texts
    /// `pum difference 1`, the element (`columns`), schema, parent, name and arguments of the
    /// object, `only_left`, `only_right` or `attribute`, and the attribute's name.
    ///
    /// The sides matter: if left and right are swapped, objects on one side only get another one.
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
}

/// Texts on their way into a fingerprint.
pub(super) struct Texts(Sha256);

impl Texts {
    pub(super) fn new(first: &str) -> Self {
        let mut texts = Self(Sha256::new());
        texts.add(first);
        texts
    }

    pub(super) fn add(&mut self, text: &str) {
        self.0.update(format!("{}:", text.len()));
        self.0.update(text);
    }

    pub(super) fn maybe(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.add(text),
            None => self.0.update("-"),
        }
    }

    pub(super) fn finish(self) -> Fingerprint {
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
    use crate::model::{Identity, Kind, Value};

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

    /// Accepted differences are written down by these: they may never change.
    #[test]
    fn fingerprints_are_for_ever() {
        // printf '16:pum difference 17:columns3:app6:orders4:note-9:only_left-' | sha256sum
        let only_left = difference(Change::OnlyLeft).fingerprint();
        assert_eq!(only_left.to_string(), "f9235f06f2138e2de2a9d2bed92d786c");
        // printf '16:pum difference 17:columns3:app6:orders4:note-9:attribute7:comment' | sha256sum
        let (left, right) = (Value::Boolean(true), Value::None);
        let different = difference(Change::Attribute { name: "comment", left, right });
        assert_eq!(different.fingerprint().to_string(), "27f7332bcb6e7e1f57113597db28eeca");
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
