//! Patterns for names: read in the languages that users know them in, written in those that
//! servers and programs take.
//!
//! | flavor | any text | any character | literally | where |
//! |---|---|---|---|---|
//! | [`Flavor::Glob`] | `*` | `?` | `\` before a character | schemas and objects, everywhere |
//! | [`Flavor::Like`] | `%` | `_` | `\` before a character | columns, as in the Python program |
//! | [`Flavor::Psql`] | `*` | `?` | `"` around a text | `--exclude-table-data` of `pg_dump` |
//!
//! The last is what the documentation of psql calls "Patterns": letters outside quotes are folded
//! to lower case, a dot ends the schema, and what else means something in a regular expression
//! keeps its meaning there. Such a pattern can only be matched by a server.

use crate::sql::quote_ident;

/// What the characters of a pattern mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flavor {
    Glob,
    Like,
    Psql,
}

/// A pattern that is matched to the letter but for its wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Token>);

/// A pattern for tables, as `pg_dump` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TablePattern {
    /// None: the tables that are found without their schema.
    schema: Option<Vec<Token>>,
    name: Vec<Token>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    AnyText,
    AnyCharacter,
    Character(char),
    /// Whatever it means in a regular expression.
    Operator(char),
    /// Ends the name of a schema.
    Dot,
}

impl Pattern {
    /// A glob; `None` if it ends in a lone backslash.
    pub(crate) fn glob(pattern: &str) -> Option<Self> {
        scan(pattern, Flavor::Glob).map(Self)
    }

    /// A pattern of SQL's `LIKE`; `None` if it ends in a lone backslash, which PostgreSQL refuses
    /// too.
    pub(crate) fn like(pattern: &str) -> Option<Self> {
        scan(pattern, Flavor::Like).map(Self)
    }

    /// Whether it matches all of a text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        // reachable[i]: the tokens so far can match the first i characters.
        let mut reachable = vec![false; text.len() + 1];
        reachable[0] = true;
        for token in &self.0 {
            reachable = match *token {
                Token::AnyText => reachable
                    .iter()
                    .scan(false, |seen, &here| {
                        *seen |= here;
                        Some(*seen)
                    })
                    .collect(),
                Token::AnyCharacter => step(&reachable, &text, |_| true),
                Token::Character(wanted) | Token::Operator(wanted) => {
                    step(&reachable, &text, |c| c == wanted)
                }
                Token::Dot => step(&reachable, &text, |c| c == '.'),
            };
        }
        reachable.last().copied().unwrap_or(false)
    }

    /// As a regular expression of the server.
    pub(crate) fn regex(&self) -> String {
        regex(&self.0)
    }

    /// As a pattern of `pg_dump` and psql.
    pub(crate) fn psql(&self) -> String {
        let mut pattern = String::new();
        let mut literal = String::new();
        let mut flush = |literal: &mut String, wildcard: &str| {
            if !literal.is_empty() {
                pattern.push_str(&quote_ident(&std::mem::take(literal)));
            }
            pattern.push_str(wildcard);
        };
        for token in &self.0 {
            match *token {
                Token::AnyText => flush(&mut literal, "*"),
                Token::AnyCharacter => flush(&mut literal, "?"),
                Token::Character(c) | Token::Operator(c) => literal.push(c),
                Token::Dot => literal.push('.'),
            }
        }
        flush(&mut literal, "");
        pattern
    }
}

impl TablePattern {
    /// Every text is one; whether its regular expressions are valid, the server knows.
    pub(crate) fn new(pattern: &str) -> Self {
        let tokens = scan(pattern, Flavor::Psql).unwrap_or_default();
        let mut parts = tokens.rsplit(|token| *token == Token::Dot).map(<[Token]>::to_vec);
        Self { name: parts.next().unwrap_or_default(), schema: parts.next() }
    }

    /// The one for this table and no other.
    pub(crate) fn exactly(schema: &str, table: &str) -> String {
        format!("{}.{}", quote_ident(schema), quote_ident(table))
    }

    /// A regular expression for schemas. None: the tables that are found without their schema.
    pub(crate) fn schema_regex(&self) -> Option<String> {
        self.schema.as_deref().map(regex)
    }

    /// A regular expression for names of tables.
    pub(crate) fn name_regex(&self) -> String {
        regex(&self.name)
    }
}

/// `None` if the pattern ends in a backslash that is to be followed by something.
fn scan(pattern: &str, flavor: Flavor) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut chars = pattern.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        let token = match (flavor, c) {
            (Flavor::Glob | Flavor::Like, '\\') => Token::Character(chars.next()?),
            (Flavor::Glob, '*') | (Flavor::Like, '%') => Token::AnyText,
            (Flavor::Glob, '?') | (Flavor::Like, '_') => Token::AnyCharacter,
            (Flavor::Glob | Flavor::Like, c) => Token::Character(c),
            (Flavor::Psql, '"') if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                Token::Character('"')
            }
            (Flavor::Psql, '"') => {
                quoted = !quoted;
                continue;
            }
            (Flavor::Psql, c) if quoted => Token::Character(c),
            (Flavor::Psql, '*') => Token::AnyText,
            (Flavor::Psql, '?') => Token::AnyCharacter,
            (Flavor::Psql, '.') => Token::Dot,
            // The end of a name of a type rather than a class of characters.
            (Flavor::Psql, '[') if chars.peek() == Some(&']') => Token::Character('['),
            (Flavor::Psql, '|' | '+' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '\\') => {
                Token::Operator(c)
            }
            (Flavor::Psql, c) => Token::Character(c.to_ascii_lowercase()),
        };
        tokens.push(token);
    }
    Some(tokens)
}

fn regex(tokens: &[Token]) -> String {
    let mut regex = String::from("^(");
    for token in tokens {
        match *token {
            Token::AnyText => regex.push_str(".*"),
            Token::AnyCharacter => regex.push('.'),
            Token::Operator(c) => regex.push(c),
            Token::Dot => regex.push_str("\\."),
            Token::Character(c) => {
                if r"|*+?()[]{}.^$\".contains(c) {
                    regex.push('\\');
                }
                regex.push(c);
            }
        }
    }
    regex + ")$"
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
            ("a*", "ab", false),
        ] {
            let like = Pattern::like(pattern).unwrap();
            assert_eq!(like.matches(text), expected, "{text} LIKE {pattern}");
        }
        assert_eq!(Pattern::like("a\\"), None);
    }

    #[test]
    fn a_glob_is_written_as_a_regular_expression_and_as_a_pattern_of_psql() {
        for (glob, regex, psql) in [
            (r"a*.b?\*_", r"^(a.*\.b.\*_)$", r#""a"*".b"?"*_""#),
            (r"*", "^(.*)$", "*"),
            (r#"a*"\*"#, r#"^(a.*"\*)$"#, r#""a"*"""*""#),
            (r"A$\\b", r"^(A\$\\b)$", r#""A$\b""#),
            ("a|b", r"^(a\|b)$", r#""a|b""#),
            ("%", "^(%)$", r#""%""#),
        ] {
            let pattern = Pattern::glob(glob).unwrap();
            assert_eq!(pattern.regex(), regex, "{glob}");
            assert_eq!(pattern.psql(), psql, "{glob}");
            // What it is for pg_dump means the same again.
            assert_eq!(TablePattern::new(psql).name_regex(), regex, "{glob}");
        }
        assert_eq!(Pattern::glob("a\\"), None);
    }

    #[test]
    fn a_pattern_for_tables_is_read_as_psql_does() {
        let read = |pattern: &str| {
            let pattern = TablePattern::new(pattern);
            (pattern.schema_regex(), pattern.name_regex())
        };
        for (pattern, schema, name) in [
            ("S.\"Log\"*", Some("^(s)$"), "^(Log.*)$"),
            ("log?", None, "^(log.)$"),
            ("app.log_[0-9]", Some("^(app)$"), "^(log_[0-9])$"),
            ("a|b.\"c|d\"", Some("^(a|b)$"), r"^(c\|d)$"),
            ("x$[]", None, r"^(x\$\[])$"),
            ("db.s.t", Some("^(s)$"), "^(t)$"),
            (r#""a.b"."c""d""#, Some(r"^(a\.b)$"), r#"^(c"d)$"#),
        ] {
            assert_eq!(read(pattern), (schema.map(str::to_owned), name.to_owned()), "{pattern}");
        }
        let exactly = TablePattern::exactly("a.b", "c\"D");
        assert_eq!(exactly, r#""a.b"."c""D""#);
        assert_eq!(read(&exactly), (Some(r"^(a\.b)$".to_owned()), r#"^(c"D)$"#.to_owned()));
    }
}
