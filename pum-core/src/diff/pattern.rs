use super::FilterError;

/// A pattern for names. In SQL's `LIKE`, `%` is any text and `_` any character; in a glob, `*` and
/// `?` are. In both, `\` takes the next character literally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    AnyText,
    AnyCharacter,
    Character(char),
}

/// A pattern for names in which `*` is any text and `?` any character; `\` takes the next character
/// literally.
///
/// ```
/// use pum_core::diff::Glob;
///
/// let glob = Glob::new("customer_*")?;
/// assert!(glob.matches("customer_1") && !glob.matches("customers"));
/// # Ok::<(), pum_core::diff::FilterError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Pattern);

impl Glob {
    /// Fails on a pattern that ends in a lone backslash.
    ///
    /// # Errors
    ///
    /// If a bracket has no end.
    pub fn new(pattern: &str) -> Result<Self, FilterError> {
        let broken = || FilterError::Pattern { pattern: pattern.to_owned() };
        Pattern::glob(pattern).map(Self).ok_or_else(broken)
    }

    /// Whether it is a pattern of this text.
    pub fn matches(&self, text: &str) -> bool {
        self.0.matches(text)
    }
}

impl Pattern {
    /// `None` if the pattern ends in a lone backslash, which PostgreSQL refuses too.
    pub(super) fn like(pattern: &str) -> Option<Self> {
        Self::parse(pattern, '%', '_')
    }

    /// `None` if the pattern ends in a lone backslash.
    pub(super) fn glob(pattern: &str) -> Option<Self> {
        Self::parse(pattern, '*', '?')
    }

    fn parse(pattern: &str, any_text: char, any_character: char) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            tokens.push(match c {
                '\\' => Token::Character(chars.next()?),
                c if c == any_text => Token::AnyText,
                c if c == any_character => Token::AnyCharacter,
                c => Token::Character(c),
            });
        }
        Some(Self(tokens))
    }
    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        // reachable[i]: the tokens so far can match the first i characters.
        let mut reachable = vec![false; text.len() + 1];
        reachable[0] = true;
        for token in &self.0 {
            reachable = match token {
                Token::AnyText => reachable
                    .iter()
                    .scan(false, |seen, &here| {
                        *seen |= here;
                        Some(*seen)
                    })
                    .collect(),
                Token::AnyCharacter => step(&reachable, &text, |_| true),
                Token::Character(wanted) => step(&reachable, &text, |c| c == *wanted),
            };
        }
        reachable.last().copied().unwrap_or(false)
    }
}

fn step(reachable: &[bool], text: &[char], accept: impl Fn(char) -> bool) -> Vec<bool> {
    let moved = reachable.iter().zip(text).map(|(&here, &c)| here && accept(c));
    std::iter::once(false).chain(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_is_that_of_sql() {
        for (pattern, text, expected) in [
            ("usr_%", "usr_note", true),
            ("usr_%", "user_note", false),
            ("%note", "usr_note", true),
            ("%", "", true),
            ("_", "", false),
            ("a%b%c", "a123b45c", true),
            ("a%b%c", "a123c45b", false),
            (r"100\%", "100%", true),
            (r"100\%", "1000", false),
            ("é_", "éà", true),
            ("note", "usr_note", false),
        ] {
            let like = Pattern::like(pattern).unwrap();
            assert_eq!(like.matches(text), expected, "{text} LIKE {pattern}");
        }
        assert_eq!(Pattern::like("a\\"), None);
    }
}
