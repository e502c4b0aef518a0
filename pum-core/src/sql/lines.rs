//! Where a line of a script ends: at LF, at CRLF, or at a lone CR, as a comment does for the
//! server.

use memchr::memchr2;

/// The lines of a text, each with what ends it.
pub(crate) fn split_lines(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let end = line_end(text.as_bytes())?;
        let line;
        (line, text) = text.split_at(end);
        Some(line)
    })
}

/// The lines of a text, without what ends them.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    split_lines(text).map(|line| {
        let line = line.strip_suffix('\n').unwrap_or(line);
        line.strip_suffix('\r').unwrap_or(line)
    })
}

/// The first line of a text, without what ends it.
pub(crate) fn first_line(text: &str) -> &str {
    lines(text).next().unwrap_or_default()
}

/// Where the first line ends, and the next one begins; `None` where there is no more.
pub(crate) fn line_end(bytes: &[u8]) -> Option<usize> {
    if bytes.is_empty() {
        return None;
    }
    Some(match memchr2(b'\n', b'\r', bytes) {
        Some(at) if bytes[at..].starts_with(b"\r\n") => at + 2,
        Some(at) => at + 1,
        None => bytes.len(),
    })
}

/// The line of a byte offset, from 1.
pub(crate) fn line_at(text: &str, at: usize) -> usize {
    1 + breaks(&text.as_bytes()[..at]) - usize::from(cuts(text, at))
}

/// Where the line of a byte offset begins.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    let before = if cuts(text, at) { at - 1 } else { at };
    text[..before].rfind(['\n', '\r']).map_or(0, |found| found + 1)
}

/// Whether the offset is between the two characters of one CRLF.
fn cuts(text: &str, at: usize) -> bool {
    text[..at].ends_with('\r') && text[at..].starts_with('\n')
}

fn breaks(mut bytes: &[u8]) -> usize {
    let mut count = 0;
    while let Some(end) = line_end(bytes) {
        count += usize::from(matches!(bytes[end - 1], b'\n' | b'\r'));
        bytes = &bytes[end..];
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_line_ends_are_one_each() {
        let text = "a\nb\r\nc\rd\r\r\n\ne";
        let split: Vec<_> = split_lines(text).collect();
        assert_eq!(split, ["a\n", "b\r\n", "c\r", "d\r", "\r\n", "\n", "e"]);
        assert_eq!(split.concat(), text);
        assert_eq!(lines(text).collect::<Vec<_>>(), ["a", "b", "c", "d", "", "", "e"]);
        assert_eq!(split_lines("").count(), 0);
        assert_eq!(first_line("\rx"), "");
    }

    #[test]
    fn an_offset_has_its_line() {
        let text = "a\nb\r\nc\rd";
        let at = |what| text.find(what).unwrap();
        for (what, line) in [('a', 1), ('b', 2), ('c', 3), ('d', 4)] {
            assert_eq!((line_at(text, at(what)), line_start(text, at(what))), (line, at(what)));
        }
        let within = at('b') + 2;
        assert_eq!((line_at(text, within), line_start(text, within)), (2, at('b')));
    }
}
