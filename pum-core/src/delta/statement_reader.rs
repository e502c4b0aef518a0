use super::object_name::Name;
use crate::sql::Token;

/// A statement, or a part of it, from a token on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'t, 'a> {
    tokens: &'t [Token<'a>],
}

impl<'t, 'a> Reader<'t, 'a> {
    pub(crate) fn new(tokens: &'t [Token<'a>]) -> Self {
        Self { tokens }
    }

    pub(crate) fn tokens(&self) -> &'t [Token<'a>] {
        self.tokens
    }

    /// Where it stands in the statement.
    pub(crate) fn at(&self) -> usize {
        self.tokens.first().map_or(0, |token| token.at)
    }

    /// Whether these words come next.
    pub(crate) fn is(&self, words: &[&str]) -> bool {
        self.tokens.len() >= words.len()
            && words.iter().zip(self.tokens).all(|(word, token)| token.key == *word)
    }

    /// Whether one of these words comes next.
    pub(crate) fn is_any(&self, words: &[&str]) -> bool {
        self.tokens.first().is_some_and(|token| words.contains(&&*token.key))
    }

    /// Goes behind these words if they come next.
    pub(crate) fn eat(&mut self, words: &[&str]) -> bool {
        let found = self.is(words);
        if found {
            self.skip(words.len());
        }
        found
    }

    /// Goes behind the next word if it is one of these.
    pub(crate) fn eat_any(&mut self, words: &[&str]) -> bool {
        let found = self.is_any(words);
        if found {
            self.skip(1);
        }
        found
    }

    pub(crate) fn skip(&mut self, number: usize) {
        self.tokens = self.tokens.get(number..).unwrap_or_default();
    }

    /// Goes behind the name, qualified or not, that comes next.
    pub(crate) fn name(&mut self) -> Option<Name> {
        let mut parts = Vec::new();
        while let Some(part) = self.tokens.first().filter(|token| token.is_name) {
            parts.push(part.written);
            self.skip(1);
            if !self.eat(&["."]) {
                break;
            }
        }
        (!parts.is_empty()).then(|| Name::new(&parts))
    }

    /// Goes behind a list of names with commas.
    pub(crate) fn names(&mut self) -> Vec<Name> {
        let mut names = Vec::new();
        loop {
            self.eat(&["only"]);
            let Some(name) = self.name() else { return names };
            names.push(name);
            self.eat(&["*"]);
            if !self.eat(&[","]) {
                return names;
            }
        }
    }

    /// From where these words stand in a row, not in parentheses, on.
    pub(crate) fn find(&self, words: &[&str]) -> Option<Self> {
        let found = (0..self.tokens.len()).map(|at| Self { tokens: &self.tokens[at..] });
        let depth = self.tokens.first()?.depth;
        let outside = |one: &Self| one.tokens.first().is_some_and(|token| token.depth == depth);
        found.filter(outside).find(|one| one.is(words))
    }

    /// Whether these words stand in a row, not in parentheses.
    pub(crate) fn has(&self, words: &[&str]) -> bool {
        self.find(words).is_some()
    }

    /// Whether this is the last word.
    pub(crate) fn ends_with(&self, word: &str) -> bool {
        self.tokens.last().is_some_and(|token| token.key == word)
    }

    /// The parts between commas that are not in parentheses.
    pub(crate) fn parts(self) -> impl Iterator<Item = Self> {
        let depth = self.tokens.first().map_or(0, |token| token.depth);
        self.tokens
            .split(move |token| token.depth == depth && token.key == ",")
            .map(|tokens| Self { tokens })
    }
}
