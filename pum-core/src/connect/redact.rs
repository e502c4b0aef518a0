//! What may be shown of a text that names a connection: everything but its secrets.

use std::iter::once;

use super::secrets::{HIDDEN, hide};
use super::{conninfo, uri};

/// A text that may name a connection, as it may be shown: with every password, and every other
/// secret, replaced by `***`.
///
/// A URI or a connection string is read as libpq reads it; what libpq would not understand is
/// hidden from where it may hold a password. A path or the name of a service stays as it is.
///
/// ```
/// use pum_core::connect::redact;
///
/// assert_eq!(redact("postgresql://ann:se?cret@h/db"), "postgresql://ann:***@h/db");
/// assert_eq!(redact("host=h user=ann password='a b'"), "host=h user=ann password=***");
/// assert_eq!(redact("postgresql+psycopg2://ann:s3cret@h/db"), "postgresql+psycopg2://***");
/// assert_eq!(redact("qwat_prod"), "qwat_prod");
/// ```
pub fn redact(text: &str) -> String {
    if uri::is_uri(text) {
        return uri::redacted(text);
    }
    if let Some(end) = foreign_scheme(text) {
        return format!("{}{HIDDEN}", &text[..end]);
    }
    if text.contains('=') {
        return match conninfo::parse(text) {
            Ok(pairs) => conninfo::redacted(text, &pairs),
            Err(_) => HIDDEN.to_owned(),
        };
    }
    if names_a_password(text) {
        return HIDDEN.to_owned();
    }
    let is_uri_without_slashes = text.trim_start().to_ascii_lowercase().starts_with("postgres");
    match (text.find(':'), text.rfind('@')) {
        (Some(colon), Some(at)) if colon < at => hide(text, once(colon + 1..at)),
        (Some(colon), _) if is_uri_without_slashes => hide(text, once(colon + 1..text.len())),
        _ => text.to_owned(),
    }
}

/// Where the scheme of a URI that libpq does not take as one ends (after its `://`): another
/// scheme, capital letters, or blanks or quotation marks around it.
pub(super) fn foreign_scheme(text: &str) -> Option<usize> {
    let inner = text.trim_start_matches(|c: char| c.is_whitespace() || "'\"`<(".contains(c));
    let (scheme, _) = inner.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-_:".contains(c));
    (is_scheme && !uri::is_uri(text)).then(|| text.len() - inner.len() + scheme.len() + 3)
}

/// Whether a text is meant for a URI, if not always for one that libpq takes.
pub(crate) fn looks_like_uri(text: &str) -> bool {
    uri::is_uri(text) || foreign_scheme(text).is_some()
}

/// `password: x`, `PASSWORD x`
fn names_a_password(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["password", "passwd", "pwd"].iter().any(|word| {
        text.match_indices(word)
            .any(|(at, _)| text[at + word.len()..].starts_with([' ', '\t', '\n', '\r', ':']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn shows(cases: &[(&str, &str)]) {
        for (text, shown) in cases {
            assert_eq!(redact(text), *shown, "{text}");
        }
    }

    #[test]
    fn a_password_is_hidden_as_far_as_libpq_reads_it() {
        shows(&[
            ("postgres://u:hush@h/d", "postgres://u:***@h/d"),
            ("postgresql://u:hu?sh@h/d", "postgresql://u:***@h/d"),
            ("postgresql://u:hu?password=sh@h/d", "postgresql://u:***@h/d"),
            (
                "postgresql://u:hu#s:h@h:1,g:2/d?sslmode=require",
                "postgresql://u:***@h:1,g:2/d?sslmode=require",
            ),
            (
                "postgresql://h/d?password=hush&p%61ssword=hush&user=u",
                "postgresql://h/d?password=***&p%61ssword=***&user=u",
            ),
            (
                "host=a password = 'x y\\'' user=u sslpassword=z",
                "host=a password = *** user=u sslpassword=***",
            ),
        ]);
    }

    #[test]
    fn what_only_may_be_a_password_is_hidden_too() {
        shows(&[
            ("postgres://u:h@u/sh@h/d", "postgres://***"),
            ("postgres://u:1/2@h/d", "postgres://***"),
            ("postgres://u:hush", "postgres://***"),
            ("postgres://u:hu/sh?@h/d", "postgres://***"),
            ("postgres://u:hu%zz@h", "postgres://***"),
            ("postgres://h/d?password=a:b@c", "postgres://h/d?password=***"),
            ("postgres://h/d?passwort=hush", "postgres://***"),
            ("postgres:///postgres://u:hush@h", "postgres:///postgres:***@h"),
            ("host=h;user=u;password=hush", "host=***"),
            ("Host=h;Username=u;Password=hush", "***"),
            ("dbname=postgres://u:hush@h/d user=u", "dbname=*** user=u"),
            ("dbname='host=h password=hush' user=u", "dbname=*** user=u"),
            ("password=one two", "***"),
        ]);
    }

    #[test]
    fn what_libpq_does_not_take_for_a_uri_is_hidden_after_its_scheme() {
        shows(&[
            ("postgresql+psycopg2://u:hush@h/d", "postgresql+psycopg2://***"),
            ("jdbc:postgresql://h/d?user=u&password=hush", "jdbc:postgresql://***"),
            ("Postgres://u:hush@h/d", "Postgres://***"),
            (" postgres://u:hush@h/d", " postgres://***"),
            ("\"postgres://u:hush@h/d?sslmode=require\"", "\"postgres://***"),
            ("postgres:u:hush@h/d", "postgres:***@h/d"),
            ("postgresql:/u:hush", "postgresql:***"),
            ("//u:hush@h/d", "//u:***@h/d"),
            ("u:hush@h/d", "u:***@h/d"),
            ("host: h password: hush", "***"),
        ]);
    }

    #[test]
    fn what_has_no_secret_stays() {
        for text in [
            "",
            "qwat_prod",
            "password_service",
            "./deltas/2024-01",
            "C:/deltas",
            "postgres://u@h:1,g:2/d",
            "postgres://[::1]:5432/d?options=-csearch_path%3Da",
            "host=h options='-c search_path=a' application_name='a;b'",
            "dbname=passwords",
        ] {
            assert_eq!(redact(text), text);
        }
    }
}
