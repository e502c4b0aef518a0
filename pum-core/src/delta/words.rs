/// What must be known of a statement's words: where it ends and how it is sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    /// The first words, in lower case.
    first: Vec<String>,
    /// The first words, symbols and strings, in lower case.
    tokens: Vec<String>,
    last_was_from: bool,
    from_stdin: bool,
    begins: usize,
}

/// Enough first words to recognise `CREATE OR REPLACE FUNCTION` and transaction control.
const WORDS_KEPT: usize = 4;

/// Enough to recognise `SET SESSION standard_conforming_strings = 'off'`.
const TOKENS_KEPT: usize = 5;

impl Words {
    /// Follows psql's rule: in a statement that creates a function or procedure, `BEGIN` opens a
    /// body, `CASE` inside it needs an `END` of its own, and `END` closes.
    pub(super) fn note_word(&mut self, word: &str, parentheses: usize) {
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
        if self.creates_routine() {
            if is("begin") || (is("case") && self.begins > 0) {
                self.begins += 1;
            } else if is("end") {
                self.begins = self.begins.saturating_sub(1);
            }
        }
    }

    /// Something that is no word.
    pub(super) fn note_symbol(&mut self, symbol: &str) {
        self.last_was_from = false;
        self.note_token(symbol);
    }

    /// The last word has nothing to do with the next one.
    pub(super) fn reset_last(&mut self) {
        self.last_was_from = false;
    }

    fn note_token(&mut self, token: &str) {
        if self.tokens.len() < TOKENS_KEPT {
            self.tokens.push(token.to_ascii_lowercase());
        }
    }

    /// The first words, in lower case.
    pub(super) fn first(&self) -> Vec<&str> {
        self.first.iter().map(String::as_str).collect()
    }

    /// Whether it is a `COPY … FROM STDIN`.
    pub(super) fn copies_from_stdin(&self) -> bool {
        self.from_stdin && self.tokens.first().is_some_and(|token| token == "copy")
    }

    /// Whether a semicolon would stand in a `BEGIN ATOMIC … END`.
    pub(super) fn in_body(&self) -> bool {
        self.begins > 0
    }

    /// What it sets `standard_conforming_strings` to.
    pub(super) fn standard_strings(&self) -> Option<bool> {
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
