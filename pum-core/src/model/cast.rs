use std::borrow::Cow;

use super::macros::{attributes, word_attribute, words};
use super::word::{Word, unknown_word};

attributes! {
    /// A cast: `pg_cast`.
    Cast {
        /// `without function`, `with inout` or `with function …`.
        method: CastMethod,
        /// `explicit`, `assignment` or `implicit`.
        context: CastContext,
        /// `COMMENT ON CAST`.
        comment: Option<String>,
    }
}

words! {
    /// Where a cast is used: `pg_cast.castcontext`.
    CastContext {
        /// Where it is written.
        Explicit = "explicit",
        /// In assignments too.
        Assignment = "assignment",
        /// Everywhere.
        Implicit = "implicit",
    }
}

/// How a cast is done: `pg_cast.castmethod`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CastMethod {
    /// By this function.
    Function(String),
    /// By the types' output and input functions.
    InOut,
    /// Not at all: the values are the same.
    Binary,
    /// A letter that this version of pum does not know, with its column.
    Unknown(String),
}

const FUNCTION: &str = "with function ";

impl Word for CastMethod {
    const WORDS: &'static [&'static str] =
        &["with function public.f(integer)", "with inout", "without function"];

    fn parse(word: &str) -> Option<Self> {
        match word {
            "with inout" => Some(Self::InOut),
            "without function" => Some(Self::Binary),
            other => other.strip_prefix(FUNCTION).map(|name| Self::Function(name.to_owned())),
        }
    }

    fn unknown(letter: String) -> Self {
        Self::Unknown(letter)
    }

    fn word(&self) -> Cow<'_, str> {
        match self {
            Self::Function(name) => format!("{FUNCTION}{name}").into(),
            Self::InOut => "with inout".into(),
            Self::Binary => "without function".into(),
            Self::Unknown(letter) => unknown_word(letter).into(),
        }
    }
}

word_attribute!(CastMethod);
