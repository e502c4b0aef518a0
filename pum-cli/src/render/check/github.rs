//! A comparison as workflow commands of GitHub Actions: annotations of the run.
//!
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>. GitHub shows
//! the first ten of a step as annotations; all are in the log.

use std::path::Path;

use pum_core::source::SourceLocation;

use super::compared::Compared;
use super::lines::details;
use crate::text::line;

/// How much of a definition an annotation shows.
const MOST_OF_ONE: usize = 4_000;

pub(crate) fn report(compared: &Compared<'_>) -> String {
    let mut out = String::new();
    let level = match compared.failing() {
        _ if compared.same() => "notice",
        0 => "warning",
        _ => "error",
    };
    line(&mut out, &annotation(level, None, "pum check", &compared.verdict()));
    for difference in compared.differences() {
        let title = difference.identity.to_string();
        let details = details(compared, difference, Some(MOST_OF_ONE));
        let place = compared.places.get(difference);
        let level = if compared.fails(difference) { "error" } else { "warning" };
        line(&mut out, &annotation(level, place, &title, &details));
    }
    for note in compared.notes_with_limits() {
        line(&mut out, &annotation("warning", None, "pum check", &note));
    }
    out
}

/// The same at a line of a file.
pub(crate) fn annotation_at(
    level: &str,
    place: Option<(&Path, usize)>,
    title: &str,
    message: &str,
) -> String {
    let place = place.map(|(path, line)| SourceLocation { path: path.to_owned(), line });
    annotation(level, place.as_ref(), title, message)
}

/// With a place, GitHub shows it at that line of the changed files of a pull request.
fn annotation(level: &str, place: Option<&SourceLocation>, title: &str, message: &str) -> String {
    let place = place.map_or_else(String::new, |SourceLocation { path, line }| {
        format!("file={},line={line},", property(&path.to_string_lossy()))
    });
    format!("::{level} {place}title={}::{}", property(title), data(message))
}

/// As the toolkit of GitHub Actions escapes what stands behind the last `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same for what stands before it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_is_escaped() {
        assert_eq!(
            annotation("error", None, "100%: a, b", "50%\r\n::stop:: a, b"),
            "::error title=100%25%3A a%2C b::50%25%0D%0A::stop:: a, b"
        );
        let place = SourceLocation { path: "a,b:c.sql".into(), line: 7 };
        assert_eq!(
            annotation("error", Some(&place), "t", "m"),
            "::error file=a%2Cb%3Ac.sql,line=7,title=t::m"
        );
    }
}
