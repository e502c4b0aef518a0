//! SQL text cut into pieces, by the rules that psql and the server's scanner share
//! (PostgreSQL documentation, "Lexical Structure").
//!
//! A text comes in fragments, usually lines: what a quote or comment began in one fragment goes on
//! in the next. Hence a file can be cut while it is read, and a psql variable's text be put in.

use std::ops::Range;

use super::statement_state::StatementState;

/// What a piece of SQL text is. Only as fine as splitting and substituting need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PieceKind {
    /// White space, `-- …`, or all or part of `/* … */`.
    Space,
    /// A key word or an unquoted identifier.
    Word,
    /// All or part of `"…"`.
    QuotedIdentifier,
    /// All or part of a string, a number, a symbol.
    Code,
    /// The semicolon that ends a statement.
    Semicolon,
    /// psql's `\;` or `\:`, which stands for its second character.
    Escaped,
    /// The backslash with which a command of psql begins.
    Backslash,
    /// A psql variable: `:NAME`, or one of its other forms.
    Variable(Reference),
}

/// In which form a psql variable is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reference {
    /// `:NAME`
    Plain,
    /// `:'NAME'`
    Literal,
    /// `:"NAME"`
    Identifier,
    /// `:{?NAME}`
    IsSet,
}

/// A piece and where it stands in its fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) kind: PieceKind,
    pub(crate) range: Range<usize>,
}

/// Where between two pieces the text is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Code,
    Quote {
        quote: u8,
        escapes: bool,
    },
    /// With its tag, both dollars included.
    Dollar(String),
    /// With how deep comments are nested.
    Comment(usize),
}

/// Cuts fragments into pieces and follows the statement that they are in.
#[derive(Debug, Clone)]
pub(crate) struct Lexer {
    state: State,
    /// Whether a backslash in `'…'` is an ordinary character.
    pub(crate) standard_strings: bool,
    /// After an escape string: whether a line break followed. Then a `'` continues it.
    continues: Option<bool>,
    parentheses: usize,
    /// Whether psql's commands and variables are told apart, which no server knows.
    psql: bool,
    /// The statement as read so far.
    pub(crate) words: StatementState,
}

impl Lexer {
    /// At the beginning of a text for the server, with the strings of the standard.
    pub(crate) fn of_sql() -> Self {
        Self { psql: false, ..Self::new(true) }
    }

    /// At the beginning of a text for psql.
    pub(crate) fn new(standard_strings: bool) -> Self {
        Self {
            psql: true,
            state: State::Code,
            standard_strings,
            continues: None,
            parentheses: 0,
            words: StatementState::default(),
        }
    }

    /// Work that was started and has not ended.
    pub(crate) fn open(&self) -> Option<&'static str> {
        match &self.state {
            State::Code => None,
            State::Quote { quote: b'"', .. } => Some("quoted identifier"),
            State::Quote { .. } => Some("string"),
            State::Dollar(_) => Some("dollar-quoted string"),
            State::Comment(_) => Some("comment"),
        }
    }

    /// A statement is over: what was known of it, and a clean start for the next one.
    pub(crate) fn end_statement(&mut self) -> StatementState {
        self.parentheses = 0;
        self.continues = None;
        let words = std::mem::take(&mut self.words);
        if let Some(on) = words.standard_strings() {
            self.standard_strings = on;
        }
        words
    }

    /// The next piece of a fragment, from byte `at` on; `None` at its end.
    pub(crate) fn next(&mut self, fragment: &str, at: usize) -> Option<Piece> {
        let rest = fragment.get(at..).filter(|rest| !rest.is_empty())?;
        let (kind, length) = match self.state.clone() {
            State::Code => self.code(rest),
            State::Quote { quote, escapes } => {
                (quoted_kind(quote), self.quoted(rest, quote, escapes))
            }
            State::Dollar(tag) => (PieceKind::Code, self.dollar(rest, &tag)),
            State::Comment(depth) => (PieceKind::Space, self.comment(rest, depth)),
        };
        Some(Piece { kind, range: at..at + length })
    }

    fn code(&mut self, rest: &str) -> (PieceKind, usize) {
        let bytes = rest.as_bytes();
        let first = bytes[0];
        if is_space(first) {
            let length = bytes.iter().position(|&b| !is_space(b)).unwrap_or(bytes.len());
            let broken = rest[..length].contains(['\n', '\r']);
            self.continues = self.continues.map(|before| before || broken);
            return (PieceKind::Space, length);
        }
        if rest.starts_with("--") {
            return (PieceKind::Space, rest.find(['\n', '\r']).unwrap_or(rest.len()));
        }
        let continued = self.continues.take() == Some(true) && first == b'\'';
        match first {
            b'/' if rest.starts_with("/*") => (PieceKind::Space, 2 + self.comment(&rest[2..], 1)),
            b';' if self.parentheses == 0 && !self.words.in_body() => (PieceKind::Semicolon, 1),
            b'\\' if self.psql && matches!(bytes.get(1), Some(b';' | b':')) => {
                self.words.note_symbol(&rest[1..2], self.parentheses);
                (PieceKind::Escaped, 2)
            }
            b'\\' if self.psql => (PieceKind::Backslash, 1),
            b':' if self.psql => match variable(rest) {
                Some((reference, length)) => {
                    // What it stands for may be words.
                    self.words.reset_last();
                    (PieceKind::Variable(reference), length)
                }
                None => (PieceKind::Code, self.symbol(rest)),
            },
            _ => self.token(rest, continued),
        }
    }

    /// A quoted text, word, number or symbol.
    fn token(&mut self, rest: &str, continued: bool) -> (PieceKind, usize) {
        let bytes = rest.as_bytes();
        if let Some((prefix, quote, escapes)) = self.opening_quote(bytes, continued) {
            self.words.reset_last();
            let length = prefix + 1;
            let length = length + self.quoted(&rest[length..], quote, escapes);
            self.words.note_symbol(&rest[..length], self.parentheses);
            return (quoted_kind(quote), length);
        }
        let length = match bytes[0] {
            b'$' => match dollar_tag(rest) {
                Some(tag) => {
                    self.words.note_symbol("$", self.parentheses);
                    tag.len() + self.dollar(&rest[tag.len()..], tag)
                }
                None if bytes.get(1).is_some_and(u8::is_ascii_digit) => 1 + number(&bytes[1..]),
                None => self.symbol(rest),
            },
            digit if digit.is_ascii_digit() => {
                let length = number(bytes);
                self.words.note_symbol(&rest[..length], self.parentheses);
                length
            }
            letter if is_word_start(letter) => {
                let length = word_length(bytes);
                self.words.note_word(&rest[..length], self.parentheses);
                return (PieceKind::Word, length);
            }
            _ => self.symbol(rest),
        };
        (PieceKind::Code, length)
    }

    /// Where a quoted text begins: the length of the prefix, the quote, and whether backslashes
    /// escape.
    fn opening_quote(&self, bytes: &[u8], continued: bool) -> Option<(usize, u8, bool)> {
        match *bytes {
            [b'\'', ..] => Some((0, b'\'', continued || !self.standard_strings)),
            [b'"', ..] => Some((0, b'"', false)),
            [b'e' | b'E', b'\'', ..] => Some((1, b'\'', true)),
            [b'b' | b'B' | b'x' | b'X', b'\'', ..] => Some((1, b'\'', false)),
            [b'u' | b'U', b'&', quote @ (b'\'' | b'"'), ..] => Some((2, quote, false)),
            _ => None,
        }
    }

    /// A single character that means nothing but itself, or `::` and `:=`.
    fn symbol(&mut self, rest: &str) -> usize {
        match rest.as_bytes()[0] {
            b'(' => self.parentheses += 1,
            b')' => self.parentheses = self.parentheses.saturating_sub(1),
            _ => {}
        }
        let length = match rest.as_bytes() {
            [b':', b':' | b'=', ..] => 2,
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        self.words.note_symbol(&rest[..length], self.parentheses);
        length
    }

    /// On to the closing quote, or to the end of the fragment. A doubled quote does not close.
    fn quoted(&mut self, rest: &str, quote: u8, escapes: bool) -> usize {
        self.state = State::Quote { quote, escapes };
        let bytes = rest.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if byte == b'\\' && escapes {
                at += 1 + rest[at + 1..].chars().next().map_or(0, char::len_utf8);
            } else if byte != quote {
                at += 1;
            } else if bytes.get(at + 1) == Some(&quote) {
                at += 2;
            } else {
                self.state = State::Code;
                self.continues = escapes.then_some(false);
                return at + 1;
            }
        }
        bytes.len()
    }

    fn dollar(&mut self, rest: &str, tag: &str) -> usize {
        if let Some(body) = rest.find(tag) {
            self.state = State::Code;
            return body + tag.len();
        }
        self.state = State::Dollar(tag.to_owned());
        rest.len()
    }

    fn comment(&mut self, rest: &str, mut depth: usize) -> usize {
        let bytes = rest.as_bytes();
        let mut at = 0;
        while depth > 0 && at < bytes.len() {
            match bytes.get(at..at + 2) {
                Some(b"/*") => (depth, at) = (depth + 1, at + 2),
                Some(b"*/") => (depth, at) = (depth - 1, at + 2),
                _ => at += 1,
            }
        }
        self.state = if depth == 0 { State::Code } else { State::Comment(depth) };
        at
    }
}

fn quoted_kind(quote: u8) -> PieceKind {
    if quote == b'"' { PieceKind::QuotedIdentifier } else { PieceKind::Code }
}

/// A psql variable at the start of the text, and its length.
fn variable(text: &str) -> Option<(Reference, usize)> {
    let name = |from: usize| {
        let part = |&b: &u8| is_word_start(b) || b.is_ascii_digit();
        text.as_bytes()[from..].iter().take_while(|b| part(b)).count()
    };
    let (reference, opening, closing) = match text.as_bytes() {
        [b':', b'\'', ..] => (Reference::Literal, 2, "'"),
        [b':', b'"', ..] => (Reference::Identifier, 2, "\""),
        [b':', b'{', b'?', ..] => (Reference::IsSet, 3, "}"),
        _ => (Reference::Plain, 1, ""),
    };
    let end = opening + name(opening);
    (end > opening && text[end..].starts_with(closing)).then(|| (reference, end + closing.len()))
}

/// The name in a reference to a psql variable.
pub(crate) fn variable_name(reference: Reference, text: &str) -> &str {
    let (opening, closing) = match reference {
        Reference::Plain => (1, 0),
        Reference::Literal | Reference::Identifier => (2, 1),
        Reference::IsSet => (3, 1),
    };
    &text[opening..text.len() - closing]
}

/// A psql variable at the start of the text: its form and its length.
pub(crate) fn variable_at(text: &str) -> Option<(Reference, usize)> {
    text.starts_with(':').then(|| variable(text)).flatten()
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0b' | b'\x0c')
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

fn is_word_part(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn word_length(bytes: &[u8]) -> usize {
    bytes.iter().position(|&b| !is_word_part(b)).unwrap_or(bytes.len())
}

/// The length of an integer, with the letters that may follow it without a space. A point, an
/// exponent's sign and what follows are pieces of their own, which makes no difference here.
fn number(bytes: &[u8]) -> usize {
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let junk = bytes.get(digits).is_some_and(|&b| is_word_start(b));
    if junk { digits + word_length(&bytes[digits..]) } else { digits }
}

/// `$$` or `$tag$` at the start of the text.
fn dollar_tag(text: &str) -> Option<&str> {
    let name_end = text[1..].find('$')? + 1;
    let name = &text.as_bytes()[1..name_end];
    let starts = name.first().is_none_or(|&b| is_word_start(b));
    let goes_on = name.iter().all(|&b| is_word_start(b) || b.is_ascii_digit());
    (starts && goes_on).then(|| &text[..=name_end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<(PieceKind, &str)> {
        let mut lexer = Lexer::new(true);
        let (mut at, mut out) = (0, Vec::new());
        while let Some(piece) = lexer.next(text, at) {
            at = piece.range.end;
            if piece.kind != PieceKind::Space {
                out.push((piece.kind, &text[piece.range]));
            }
        }
        assert_eq!(lexer.open(), None, "{text}");
        out
    }

    fn only(text: &str) {
        the_only(text, PieceKind::Code);
    }

    fn the_only(text: &str, kind: PieceKind) {
        assert_eq!(pieces(text), [(kind, text)]);
    }

    #[test]
    fn each_quoting_form_is_one_piece() {
        only("'a''b;'");
        only(r"'back\'");
        only(r"E'it\'s; \\'");
        only(r"U&'\0061;'");
        the_only("U&\"d\\0061;\"", PieceKind::QuotedIdentifier);
        the_only("\"a\"\";b\"", PieceKind::QuotedIdentifier);
        only("$$ ; ' $$");
        only("$a_1$ $$ ; $b$ $a_1$");
        only("$é$ ; $é$");
        assert_eq!(pieces("/* a /* ; */ b */-- ; 'x"), []);
        let parts = pieces("e'one\\''\n -- it's\n ';two\\''");
        assert_eq!(parts.last(), Some(&(PieceKind::Code, "';two\\''")));
        let backslash = pieces("e'one' ';two\\'");
        assert_eq!(backslash.len(), 2, "on one line it does not continue");
    }

    #[test]
    fn dollars_in_identifiers_and_parameters_do_not_quote() {
        the_only("a$$b$$", PieceKind::Word);
        only("$1");
        the_only("nameE", PieceKind::Word);
        assert_eq!(pieces("$1$$;$$"), [(PieceKind::Code, "$1"), (PieceKind::Code, "$$;$$")]);
        assert_eq!(pieces("nameE'\\'").len(), 2);
    }

    #[test]
    fn variables_are_told_from_casts_and_slices() {
        let found = |text| -> Vec<_> {
            pieces(text)
                .into_iter()
                .filter(|(kind, _)| matches!(kind, PieceKind::Variable(_)))
                .map(|(_, text)| text)
                .collect()
        };
        assert_eq!(
            found(":a, :'b', :\"c\", :{?d}, x[1:e]"),
            [":a", ":'b'", ":\"c\"", ":{?d}", ":e"]
        );
        assert_eq!(found("a::int, b := c, ': d', \":e\", :'f, g'"), [""; 0]);
    }

    #[test]
    fn for_the_server_there_is_no_psql() {
        let mut lexer = Lexer::of_sql();
        let (text, mut at, mut kinds) = ("x[1:e] \\; :'a'", 0, Vec::new());
        while let Some(piece) = lexer.next(text, at) {
            at = piece.range.end;
            kinds.push(piece.kind);
        }
        let is_psql = |kind: &PieceKind| {
            matches!(kind, PieceKind::Variable(_) | PieceKind::Backslash | PieceKind::Escaped)
        };
        assert!(!kinds.iter().any(is_psql) && kinds.contains(&PieceKind::Semicolon));
    }

    #[test]
    fn strings_follow_the_setting() {
        let mut lexer = Lexer::new(false);
        assert_eq!(lexer.next("'it\\'s'", 0).unwrap().range, 0..7);
        assert_eq!(lexer.next("b'\\'", 0).unwrap().range, 0..4);
    }

    #[test]
    fn what_is_open_goes_on_in_the_next_fragment() {
        for (text, what) in [
            ("select 'x", "string"),
            ("  /* /* */", "comment"),
            ("$q$ $r$", "dollar-quoted string"),
            ("a \"", "quoted identifier"),
        ] {
            let mut lexer = Lexer::new(true);
            let mut at = 0;
            while let Some(piece) = lexer.next(text, at) {
                at = piece.range.end;
            }
            assert_eq!(lexer.open(), Some(what), "{text}");
        }
    }
}
