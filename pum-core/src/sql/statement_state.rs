/// The facts about a statement that decide where it ends and how it is sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct StatementState {
    /// The first words, in lower case.
    first: Vec<String>,
    /// The first words, symbols and strings, in lower case.
    tokens: Vec<String>,
    last_was_from: bool,
    from_stdin: bool,
    body: Body,
}

/// Where in a statement with a body of SQL, `BEGIN ATOMIC … END`, the text is. What follows `END`
/// is never in a second one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Body {
    #[default]
    None,
    /// After a `BEGIN`, which begins one if `ATOMIC` follows.
    Begin,
    /// Where one of its statements begins, or its `END` stands.
    Start,
    /// In one of its statements, where `end` is a name.
    Within,
    Ended,
}

/// Enough first words to recognise `CREATE OR REPLACE FUNCTION` and transaction control.
const WORDS_KEPT: usize = 4;

/// Enough to recognise `SET SESSION standard_conforming_strings = 'off'`.
const TOKENS_KEPT: usize = 5;

impl StatementState {
    /// Follows the server's grammar: in a statement that creates a function or procedure,
    /// `BEGIN ATOMIC` opens a body, and the `END` that stands where one of its statements would
    /// begin closes it. Elsewhere these words are names (`t.end`, `AS case`), which psql takes for
    /// more.
    pub(crate) fn note_word(&mut self, word: &str, parentheses: usize) {
        if self.first.len() < WORDS_KEPT {
            self.first.push(word.to_ascii_lowercase());
        }
        self.note_token(word);
        if parentheses > 0 {
            return;
        }
        let is = |key_word: &str| word.eq_ignore_ascii_case(key_word);
        // The server takes STDOUT for STDIN here.
        self.from_stdin |= self.last_was_from && (is("stdin") || is("stdout"));
        self.last_was_from = is("from");
        self.body = match self.body {
            Body::None | Body::Begin if is("begin") && self.creates_routine() => Body::Begin,
            Body::Begin if is("atomic") => Body::Start,
            Body::None | Body::Begin => Body::None,
            Body::Start if is("end") => Body::Ended,
            Body::Start | Body::Within => Body::Within,
            Body::Ended => Body::Ended,
        };
    }

    /// Something that is no word.
    pub(crate) fn note_symbol(&mut self, symbol: &str, parentheses: usize) {
        self.reset_last();
        if self.body == Body::Within && symbol == ";" && parentheses == 0 {
            self.body = Body::Start;
        }
        self.note_token(symbol);
    }

    /// The last word has nothing to do with the next one.
    pub(crate) fn reset_last(&mut self) {
        self.last_was_from = false;
        self.body = match self.body {
            Body::Begin => Body::None,
            Body::Start => Body::Within,
            other => other,
        };
    }

    fn note_token(&mut self, token: &str) {
        if self.tokens.len() < TOKENS_KEPT {
            self.tokens.push(token.to_ascii_lowercase());
        }
    }

    /// The first words, in lower case.
    pub(crate) fn first(&self) -> Vec<&str> {
        self.first.iter().map(String::as_str).collect()
    }

    /// Whether it is a `COPY … FROM STDIN`.
    pub(crate) fn copies_from_stdin(&self) -> bool {
        self.from_stdin && self.tokens.first().is_some_and(|token| token == "copy")
    }

    /// Whether a semicolon would stand in a `BEGIN ATOMIC … END`.
    pub(crate) fn in_body(&self) -> bool {
        matches!(self.body, Body::Start | Body::Within)
    }

    /// What it sets `standard_conforming_strings` to.
    pub(crate) fn standard_strings(&self) -> Option<bool> {
        const SETTING: &str = "standard_conforming_strings";
        let tokens: Vec<&str> = self.tokens.iter().map(String::as_str).collect();
        let value = match tokens.as_slice() {
            ["set", "session" | "local", SETTING, "=" | "to", value, ..]
            | ["set", SETTING, "=" | "to", value, ..] => value.trim_matches('\''),
            ["reset", SETTING | "all", ..] => "on",
            _ => return None,
        };
        match value {
            "on" | "true" | "yes" | "1" | "default" => Some(true),
            "off" | "false" | "no" | "0" => Some(false),
            _ => None,
        }
    }

    fn creates_routine(&self) -> bool {
        matches!(
            self.first().as_slice(),
            ["create", "function" | "procedure", ..]
                | ["create", "or", "replace", "function" | "procedure"]
        )
    }
}
