//! Connection strings of the form `host=localhost dbname='my db'`, read exactly as libpq does.

use std::ops::Range;

use super::error::ConnectError;
use super::{keywords, secrets};

/// One `keyword = value` of a connection string.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) keyword: String,
    pub(super) value: String,
    /// Where the value stands in the text, with its quotes.
    place: Range<usize>,
}

/// The white space of C's `isspace`.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Reads a connection string into its pairs, in order and with repetitions.
///
/// Messages name a place and a key word, never a value: a password with an unquoted blank would
/// otherwise show its second half.
pub(super) fn parse(text: &str) -> Result<Vec<Pair>, ConnectError> {
    let bytes = text.as_bytes();
    let mut pairs: Vec<Pair> = Vec::new();
    let mut at = skip_spaces(bytes, 0);
    while at < bytes.len() {
        let start = at;
        while at < bytes.len() && bytes[at] != b'=' && !is_space(bytes[at]) {
            at += 1;
        }
        let keyword = &text[start..at];
        at = skip_spaces(bytes, at);
        let after_secret = pairs.iter().any(|pair| !secrets::is_shown(&pair.keyword, &pair.value));
        if bytes.get(at) != Some(&b'=') {
            return Err(missing_equals(text, start, keyword, after_secret));
        }
        if keyword != "requiressl" && keywords::find(keyword).is_none() {
            return Err(unknown_keyword(text, start, keyword, after_secret));
        }
        at = skip_spaces(bytes, at + 1);
        let place = at;
        let value;
        (value, at) = read_value(text, at, keyword)?;
        let place = place..at;
        pairs.push(Pair { keyword: keyword.to_owned(), value, place });
        at = skip_spaces(bytes, at);
    }
    Ok(pairs)
}

fn skip_spaces(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && is_space(bytes[at]) {
        at += 1;
    }
    at
}

/// The value that starts at `at`, and where it ends.
fn read_value(text: &str, mut at: usize, keyword: &str) -> Result<(String, usize), ConnectError> {
    let bytes = text.as_bytes();
    let opened = at;
    let quoted = bytes.get(at) == Some(&b'\'');
    at += usize::from(quoted);
    let mut value = Vec::new();
    loop {
        match bytes.get(at) {
            None if quoted => {
                return Err(ConnectError::syntax(format!(
                    "the quoted value of \"{keyword}\" that starts at character {} has no closing \
                     quote",
                    character(text, opened)
                )));
            }
            None => break,
            Some(b'\'') if quoted => {
                at += 1;
                break;
            }
            Some(byte) if !quoted && is_space(*byte) => break,
            Some(b'\\') => {
                value.extend(bytes.get(at + 1));
                at = (at + 2).min(bytes.len());
            }
            Some(byte) => {
                value.push(*byte);
                at += 1;
            }
        }
    }
    // Only ASCII bytes are ever left out, so this is UTF-8 as the text was.
    Ok((String::from_utf8_lossy(&value).into_owned(), at))
}

fn character(text: &str, byte: usize) -> usize {
    text[..byte].chars().count() + 1
}

fn missing_equals(text: &str, at: usize, keyword: &str, after_secret: bool) -> ConnectError {
    let place = character(text, at);
    ConnectError::syntax(if after_secret || !secrets::is_word(keyword) {
        format!(
            "missing \"=\" after the word at character {place} (quote a value that contains spaces: '...')"
        )
    } else {
        format!("missing \"=\" after \"{keyword}\" at character {place}")
    })
}

fn unknown_keyword(text: &str, at: usize, keyword: &str, after_secret: bool) -> ConnectError {
    if after_secret || !secrets::is_word(keyword) {
        let place = character(text, at);
        return ConnectError::syntax(format!(
            "the word at character {place} is not a connection keyword (quote a value that contains \
             spaces: '...')"
        ));
    }
    ConnectError::unknown_keyword(keyword, "the connection string")
}

/// The connection string with all secret values replaced by `***`.
pub(super) fn redacted(text: &str, pairs: &[Pair]) -> String {
    let secret = pairs.iter().filter(|pair| !secrets::is_shown(&pair.keyword, &pair.value));
    secrets::hide(text, secret.map(|pair| pair.place.clone()))
}

/// The value as it must stand in a connection string.
///
/// Always in quotes, so that no text can be taken for anything but this one value.
pub(super) fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('\'');
    for character in value.chars() {
        if matches!(character, '\'' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
    text.push('\'');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap().into_iter().map(|pair| (pair.keyword, pair.value)).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(keyword, value)| ((*keyword).into(), (*value).into())).collect()
    }

    #[test]
    fn blanks_quotes_and_backslashes() {
        assert_eq!(read(" host = a  port=1\n"), pairs(&[("host", "a"), ("port", "1")]));
        assert_eq!(read("host='a b'port=2"), pairs(&[("host", "a b"), ("port", "2")]));
        assert_eq!(read(r"password='it\'s \\ 1'"), pairs(&[("password", r"it's \ 1")]));
        assert_eq!(read(r"password=a\ b\'c\\"), pairs(&[("password", r"a b'c\")]));
        assert_eq!(read("host='' user="), pairs(&[("host", ""), ("user", "")]));
        assert_eq!(read("user= host=b"), pairs(&[("user", "host=b")]), "as libpq reads it");
        assert_eq!(read("dbname=a=b"), pairs(&[("dbname", "a=b")]));
        assert_eq!(read("dbname=å'b"), pairs(&[("dbname", "å'b")]));
        assert_eq!(read("dbname=x\\"), pairs(&[("dbname", "x")]));
        assert_eq!(read(" \t"), pairs(&[]));
    }

    #[test]
    fn what_is_quoted_reads_back() {
        for value in ["", " ", "a'b", r"\", r"\'", "x=y user=z", "å\n\t%@"] {
            let text = format!("user=u password={} port=1", quoted(value));
            assert_eq!(read(&text)[1].1, value);
        }
    }

    #[test]
    fn errors_say_where_and_suggest() {
        let message = |text| parse(text).unwrap_err().to_string();
        assert!(message("host=a dbnam=x").contains("did you mean \"dbname\"?"));
        assert!(message("host=a dbname").contains("missing \"=\" after \"dbname\""));
        assert!(message("host='a").contains("closing quote"));
    }

    #[test]
    fn errors_never_show_half_a_password() {
        for text in ["password=one secret", "password=one secret=x", "password='one secret"] {
            let message = parse(text).unwrap_err().to_string();
            assert!(!message.contains("one") && !message.contains("secret"), "{message}");
        }
    }
}
