//! Which parts of a text are hidden, and how.

use std::ops::Range;

use super::keywords;

/// Stands for what is hidden.
pub(super) const HIDDEN: &str = "***";

/// Whether the value of a key word may be shown: it is no secret, and there is no second
/// connection in it.
pub(super) fn is_shown(keyword: &str, value: &str) -> bool {
    let is_known = keyword == "requiressl" || keywords::find(keyword).is_some();
    let assigns = value.contains('=');
    is_known
        && !keywords::is_secret(keyword)
        && !value.contains("://")
        && !(assigns && (value.contains(';') || mentions_a_password(value)))
}

/// A value as it may be shown.
pub(super) fn shown<'a>(keyword: &str, value: &'a str) -> &'a str {
    if is_shown(keyword, value) { value } else { HIDDEN }
}

/// Whether a text that should be a key word, or one of a few values, may be shown: it is a word and
/// no piece of anything else.
pub(super) fn is_word(text: &str) -> bool {
    text.len() <= 40 && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

/// The key word that follows a semicolon in a value, where settings are separated by semicolons as
/// other programs take them. Libpq takes all of it for one value.
pub(super) fn after_semicolon<'a>(keyword: &str, value: &'a str) -> Option<&'a str> {
    /// What Npgsql, ODBC and JDBC call libpq's settings.
    const FOREIGN: [&str; 8] =
        ["server", "database", "username", "user id", "uid", "userid", "pwd", "ssl mode"];
    if !matches!(keyword, "host" | "hostaddr" | "port" | "user" | "dbname" | "sslmode") {
        return None;
    }
    let words = value.split(';').skip(1).filter_map(|part| part.split_once('='));
    words.map(|(word, _)| word.trim()).find(|word| {
        let word = word.to_ascii_lowercase();
        keywords::find(&word).is_some() || FOREIGN.contains(&word.as_str())
    })
}

fn mentions_a_password(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["passw", "pwd", "secret"].iter().any(|word| text.contains(word))
}

/// The text with `***` in the place of these ranges, which may overlap.
pub(super) fn hide(text: &str, ranges: impl IntoIterator<Item = Range<usize>>) -> String {
    let mut ranges: Vec<_> = ranges.into_iter().collect();
    ranges.sort_by_key(|range| range.start);
    let mut shown = String::with_capacity(text.len());
    let mut hidden_to = None;
    for range in ranges {
        match hidden_to {
            Some(end) if range.start <= end => hidden_to = Some(range.end.max(end)),
            _ => {
                shown.push_str(&text[hidden_to.unwrap_or(0)..range.start]);
                shown.push_str(HIDDEN);
                hidden_to = Some(range.end);
            }
        }
    }
    shown.push_str(&text[hidden_to.unwrap_or(0)..]);
    shown
}
