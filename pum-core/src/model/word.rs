//! Words for letters in catalogs: `permanent` for `p` in `pg_class.relpersistence`.

use std::borrow::Cow;

/// A type whose values are words for the letters of a catalog's column.
pub trait Word: Sized {
    /// The words; where one is followed by the name of an object, with such a name.
    const WORDS: &'static [&'static str];
    /// The meaning of a word.
    fn parse(word: &str) -> Option<Self>;
    /// A letter that this version of pum does not know.
    fn unknown(letter: String) -> Self;
    /// The word, as reports and snapshots have it.
    fn word(&self) -> Cow<'_, str>;

    /// What a word in a snapshot stands for, which may be that for an unknown letter.
    fn from_written(text: &str) -> Option<Self> {
        let letter = || text.strip_prefix("unknown (")?.strip_suffix(')');
        Self::parse(text).or_else(|| letter().map(|letter| Self::unknown(letter.to_owned())))
    }
}

/// How reports write a letter that is not known.
pub(super) fn unknown_word(letter: &str) -> String {
    format!("unknown ({letter})")
}
