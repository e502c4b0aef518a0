//! SQL text cut into pieces, by the rules that psql and the server's scanner share
//! (PostgreSQL documentation, "Lexical Structure"; `standard_conforming_strings = on`).

use std::ops::Range;

/// What a piece of SQL text is. Only as fine as splitting and substituting need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PieceKind {
    /// White space.
    Space,
    /// `-- …` or `/* … */`.
    Comment,
    /// A key word, an unquoted identifier or a number.
    Word,
    /// `'…'`, `E'…'`, `$tag$…$tag$`.
    Literal,
    /// `"…"`.
    QuotedIdentifier,
    /// Any other single character.
    Symbol(char),
}

/// A piece and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) kind: PieceKind,
    pub(super) range: Range<usize>,
}

/// A quote or comment that never ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unterminated {
    /// Byte offset at which it starts.
    pub(super) start: usize,
    pub(super) what: &'static str,
}

/// Cuts `text` into pieces, from byte `at` on. Together the pieces cover the text.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Goes on from another place: after inline COPY data, which is no SQL.
    pub(super) fn jump_to(&mut self, at: usize) {
        self.at = at;
    }

    /// The next piece, `None` at the end.
    pub(super) fn next_piece(&mut self) -> Result<Option<Piece>, Unterminated> {
        let start = self.at;
        let rest = &self.text[start..];
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let (kind, length) = match first {
            c if is_space(c) => {
                (PieceKind::Space, rest.find(|c| !is_space(c)).unwrap_or(rest.len()))
            }
            '-' if rest.starts_with("--") => {
                (PieceKind::Comment, rest.find(['\n', '\r']).unwrap_or(rest.len()))
            }
            '/' if rest.starts_with("/*") => {
                (PieceKind::Comment, found(block_comment(rest), start, "comment")?)
            }
            '\'' => (PieceKind::Literal, found(quoted(rest, false), start, "string")?),
            'e' | 'E' if rest[1..].starts_with('\'') => {
                let length = found(quoted(&rest[1..], true), start, "string")?;
                (PieceKind::Literal, 1 + length)
            }
            '"' => {
                let length = found(until_quote(rest, '"', false), start, "quoted identifier")?;
                (PieceKind::QuotedIdentifier, length)
            }
            '$' => match dollar_tag(rest) {
                Some(tag) => {
                    let end = rest[tag.len()..].find(tag).map(|body| body + 2 * tag.len());
                    (PieceKind::Literal, found(end, start, "dollar-quoted string")?)
                }
                None => (PieceKind::Symbol('$'), 1),
            },
            c if is_word_start(c) || c.is_ascii_digit() => {
                (PieceKind::Word, rest.find(|c| !is_word_part(c)).unwrap_or(rest.len()))
            }
            c => (PieceKind::Symbol(c), c.len_utf8()),
        };
        self.at += length;
        Ok(Some(Piece { kind, range: start..self.at }))
    }
}

fn found(length: Option<usize>, start: usize, what: &'static str) -> Result<usize, Unterminated> {
    length.ok_or(Unterminated { start, what })
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn is_word_part(c: char) -> bool {
    is_word_start(c) || c.is_ascii_digit() || c == '$'
}

/// Length of a `/* … */`, which nests.
fn block_comment(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        match bytes.get(at..at + 2)? {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    Some(at)
}

/// Length of a `'…'`. An escape string that goes on after a line break stays one.
fn quoted(text: &str, escapes: bool) -> Option<usize> {
    let mut length = until_quote(text, '\'', escapes)?;
    while escapes && let Some(gap) = line_break_before_quote(&text[length..]) {
        length += gap + until_quote(&text[length + gap..], '\'', escapes)?;
    }
    Some(length)
}

/// Length from an opening quote to its closing one; a doubled quote does not close.
fn until_quote(text: &str, quote: char, escapes: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = u8::try_from(quote).ok()?;
    let mut at = 1;
    loop {
        match *bytes.get(at)? {
            b'\\' if escapes => at += 2,
            byte if byte != quote => at += 1,
            _ if bytes.get(at + 1) == Some(&quote) => at += 2,
            _ => return Some(at + 1),
        }
    }
}

/// White space with a line break in it, then a quote: the SQL rule for strings in parts.
fn line_break_before_quote(text: &str) -> Option<usize> {
    let gap = text.find(|c| !is_space(c))?;
    (text[gap..].starts_with('\'') && text[..gap].contains(['\n', '\r'])).then_some(gap)
}

/// `$$` or `$tag$` at the start of the text.
fn dollar_tag(text: &str) -> Option<&str> {
    let name_end = text[1..].find('$')? + 1;
    let name = &text[1..name_end];
    let mut chars = name.chars();
    let valid = chars.next().is_none_or(is_word_start)
        && chars.all(|c| is_word_start(c) || c.is_ascii_digit());
    valid.then(|| &text[..=name_end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<(PieceKind, &str)> {
        let mut lexer = Lexer::new(text);
        let mut out = Vec::new();
        while let Some(piece) = lexer.next_piece().unwrap() {
            if piece.kind != PieceKind::Space {
                out.push((piece.kind, &text[piece.range]));
            }
        }
        out
    }

    fn only(text: &str, kind: PieceKind) {
        assert_eq!(pieces(text), [(kind, text)]);
    }

    #[test]
    fn each_quoting_form_is_one_piece() {
        only("'a''b;'", PieceKind::Literal);
        only(r"'back\'", PieceKind::Literal);
        only(r"E'it\'s; \\'", PieceKind::Literal);
        only("e'one\\''\n  ';two\\''", PieceKind::Literal);
        only("\"a\"\";b\"", PieceKind::QuotedIdentifier);
        only("$$ ; ' $$", PieceKind::Literal);
        only("$a_1$ $$ ; $b$ $a_1$", PieceKind::Literal);
        only("/* a /* ; */ b */", PieceKind::Comment);
        only("-- ; 'x", PieceKind::Comment);
    }

    #[test]
    fn dollars_in_identifiers_and_parameters_do_not_quote() {
        assert_eq!(pieces("a$$b$$"), [(PieceKind::Word, "a$$b$$")]);
        assert_eq!(pieces("$1"), [(PieceKind::Symbol('$'), "$"), (PieceKind::Word, "1")],);
        assert_eq!(pieces("nameE'\\'").first().unwrap(), &(PieceKind::Word, "nameE"));
    }

    #[test]
    fn an_open_quote_is_reported_where_it_starts() {
        for (text, start) in [("select 'x", 7), ("  /* /* */", 2), ("$q$ $r$", 0), ("a \"", 2)] {
            let mut lexer = Lexer::new(text);
            let err = loop {
                match lexer.next_piece() {
                    Ok(piece) => assert!(piece.is_some(), "{text}"),
                    Err(err) => break err,
                }
            };
            assert_eq!(err.start, start, "{text}");
        }
    }
}
