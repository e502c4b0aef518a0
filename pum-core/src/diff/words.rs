use crate::sql::{Lexer, PieceKind};

/// Names, numbers and other characters, names without their quotes; also inside of literals and
/// comments, which may name objects.
pub(super) fn words(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (kind, written) in pieces(sql) {
        match inside(kind, written) {
            Some((before, inside, after)) => {
                words.extend(characters(before));
                for (kind, written) in pieces(inside) {
                    match kind {
                        PieceKind::Word | PieceKind::QuotedIdentifier => words.push(plain(written)),
                        _ => words.extend(characters(written)),
                    }
                }
                words.extend(characters(after));
            }
            None => push(&mut words, kind, written),
        }
    }
    words
}

/// Names, numbers, literals and other characters, names without their quotes.
pub(super) fn tokens(sql: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for (kind, written) in pieces(sql) {
        push(&mut tokens, kind, written);
    }
    tokens
}

/// The pieces that are no white space, as they are written.
pub(super) fn written(sql: &str) -> impl Iterator<Item = &str> {
    pieces(sql).filter(|(kind, _)| *kind != PieceKind::Space).map(|(_, written)| written)
}

fn pieces(sql: &str) -> impl Iterator<Item = (PieceKind, &str)> {
    let (mut lexer, mut at) = (Lexer::of_sql(), 0);
    std::iter::from_fn(move || {
        let piece = lexer.next(sql, at)?;
        at = piece.range.end;
        Some((piece.kind, sql.get(piece.range)?))
    })
}

fn push(words: &mut Vec<String>, kind: PieceKind, written: &str) {
    match kind {
        PieceKind::QuotedIdentifier => words.push(plain(written)),
        PieceKind::Space => words.extend(characters(written)),
        _ => words.push(written.to_owned()),
    }
}

/// A name as the catalogs have it.
fn plain(name: &str) -> String {
    match name.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').unwrap_or(quoted).replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

/// A literal taken apart: what opens it, what is in it, what closes it.
fn inside(kind: PieceKind, written: &str) -> Option<(&str, &str, &str)> {
    if kind != PieceKind::Code {
        return None;
    }
    let open = match written.strip_prefix('$') {
        Some(tag) => 2 + tag.find('$')?,
        None => 1 + written.find('\'')?,
    };
    let (before, rest) = written.split_at(open);
    let close = if written.starts_with('$') { before } else { "'" };
    let end = if rest.ends_with(close) { rest.len() - close.len() } else { rest.len() };
    let (inside, after) = rest.split_at(end);
    Some((before, inside, after))
}

/// Runs of what names are made of, and each other character by itself.
fn characters(text: &str) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let of_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let end = if of_name(first) { rest.find(|c| !of_name(c)) } else { Some(first.len_utf8()) };
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        Some(word.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_falls_into_words() {
        assert_eq!(words(r#"(a_1 > "b""c")"#), ["(", "a_1", " ", ">", " ", "b\"c", ")"]);
        assert_eq!(tokens("'a''(' || x"), ["'a''('", " ", "|", "|", " ", "x"]);
        assert_eq!(words("'a.b'"), ["'", "a", ".", "b", "'"]);
        assert_eq!(words(r#"'"a b".c'"#), ["'", "a b", ".", "c", "'"]);
        assert_eq!(words("$q$ a $q$"), ["$q$", " ", "a", " ", "$q$"]);
        assert_eq!(words("x -- a"), ["x", " ", "-", "-", " ", "a"]);
        assert_eq!(words("E'\\'a'").concat(), "E'\\'a'");
        assert_eq!(tokens("x[1:e]"), ["x", "[", "1", ":", "e", "]"]);
    }

    #[test]
    fn many_quotes_are_no_deep_matter() {
        assert_eq!(words(&"'".repeat(100_000)).concat().len(), 100_000);
    }
}
