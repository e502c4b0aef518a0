//! Versions of Python packages, and their order: the "Version specifiers" of the Python Packaging User
//! Guide (PEP 440).

use std::cmp::{Ordering, Reverse};
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A version of a Python package.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct PythonVersion {
    /// As it was written.
    text: String,
    key: Key,
}

/// What orders versions, the most important first.
type Key = (u64, Vec<u64>, Pre, Option<u64>, Dev, Vec<Local>);

/// A pre-release comes before its release, and a development release of that before both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Pre {
    DevelopmentOfRelease,
    Of(char, u64),
    Release,
}

/// `None` is the highest: a development release comes before what it develops.
type Dev = Reverse<Option<Reverse<u64>>>;

/// A part of a local version: a number is higher than a word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Local {
    Word(String),
    Number(u64),
}

/// Not a version of a Python package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not the version of a Python package, such as 1.2.0")]
pub struct InvalidPythonVersion {
    /// The text.
    text: String,
}

impl FromStr for PythonVersion {
    type Err = InvalidPythonVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower = text.trim().to_ascii_lowercase();
        let mut rest = Rest(lower.strip_prefix('v').unwrap_or(&lower));
        let invalid = || InvalidPythonVersion { text: text.to_owned() };
        let key = rest.key().filter(|_| rest.0.is_empty()).ok_or_else(invalid)?;
        Ok(Self { text: text.trim().to_owned(), key })
    }
}

impl TryFrom<String> for PythonVersion {
    type Error = InvalidPythonVersion;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for PythonVersion {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for PythonVersion {}

impl PartialOrd for PythonVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PythonVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

/// What is not read yet.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn key(&mut self) -> Option<Key> {
        let mut first = self.number()?;
        let mut epoch = 0;
        if self.take("!") {
            (epoch, first) = (first, self.number()?);
        }
        let mut release = vec![first];
        while self.0.starts_with('.') && self.0[1..].starts_with(|c: char| c.is_ascii_digit()) {
            self.0 = &self.0[1..];
            release.push(self.number()?);
        }
        while release.last() == Some(&0) {
            release.pop();
        }
        let pre = self.word(&[
            ("alpha", 'a'),
            ("a", 'a'),
            ("beta", 'b'),
            ("b", 'b'),
            ("preview", 'r'),
            ("pre", 'r'),
            ("rc", 'r'),
            ("c", 'r'),
        ]);
        let post = match self.after_dash() {
            Some(number) => Some(number),
            None => self.word(&[("post", 'p'), ("rev", 'p'), ("r", 'p')]).map(|(_, number)| number),
        };
        let dev = self.word(&[("dev", 'd')]).map(|(_, number)| number);
        let pre = match (pre, post, dev) {
            (Some((letter, number)), ..) => Pre::Of(letter, number),
            (None, None, Some(_)) => Pre::DevelopmentOfRelease,
            _ => Pre::Release,
        };
        Some((epoch, release, pre, post, Reverse(dev.map(Reverse)), self.local()?))
    }

    fn take(&mut self, text: &str) -> bool {
        let after = self.0.strip_prefix(text);
        self.0 = after.unwrap_or(self.0);
        after.is_some()
    }

    fn number(&mut self) -> Option<u64> {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        digits.parse().ok()
    }

    /// `-1`: the short form of `.post1`.
    fn after_dash(&mut self) -> Option<u64> {
        let digits = self.0.strip_prefix('-')?;
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.0 = digits;
        self.number()
    }

    /// One of these words with its number, and its letter.
    fn word(&mut self, words: &[(&str, char)]) -> Option<(char, u64)> {
        let separators = ['-', '_', '.'];
        let start = self.0.strip_prefix(separators).unwrap_or(self.0);
        let (word, letter) = words.iter().find(|(word, _)| start.starts_with(word))?;
        self.0 = &start[word.len()..];
        let digits = self.0.strip_prefix(separators).unwrap_or(self.0);
        if digits.starts_with(|c: char| c.is_ascii_digit()) {
            self.0 = digits;
            return Some((*letter, self.number()?));
        }
        Some((*letter, 0))
    }

    fn local(&mut self) -> Option<Vec<Local>> {
        if !self.take("+") {
            return Some(Vec::new());
        }
        let local = std::mem::take(&mut self.0);
        let part = |part: &str| {
            let is_part = !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
            let number = part.parse().map(Local::Number);
            is_part.then(|| number.unwrap_or_else(|_| Local::Word(part.to_owned())))
        };
        local.split(['-', '_', '.']).map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the order that `packaging.version` gives them.
    #[test]
    fn versions_have_the_order_of_python() {
        let ordered = [
            "0.9",
            "1.dev0",
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.0.15",
            "1.1.dev1",
            "1.2",
            "1.10",
            "2!0.1",
        ];
        let versions = ordered.map(|text| text.parse::<PythonVersion>().unwrap());
        for pair in versions.windows(2) {
            assert!(pair[0] < pair[1], "{} < {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn one_version_has_several_spellings() {
        for (one, other) in [
            ("1.0", "1.0.0"),
            ("1.0", "v1"),
            ("1.0RC1", "1.0-c.1"),
            ("1.0alpha", "1.0a0"),
            ("1.0-1", "1.0.post1"),
            ("1.0_rev2", "1.0.post2"),
            ("1.0+Abc_1", "1.0+abc.1"),
            ("1.0.pre3", "1rc3"),
            (" 1.0 ", "1.0"),
            ("0!1.0", "1.0"),
        ] {
            let parsed = |text: &str| text.parse::<PythonVersion>().unwrap();
            assert_eq!(parsed(one), parsed(other), "{one} {other}");
        }
        for text in
            ["", "x", "1.", "1.x", "1 2", "1.0+", "1.0+a..b", "1.0a1b1", "1!", ">=1.0", "-1"]
        {
            assert!(text.parse::<PythonVersion>().is_err(), "{text}");
        }
    }
}
