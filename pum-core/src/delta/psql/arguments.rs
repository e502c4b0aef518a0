use std::iter::Peekable;
use std::str::CharIndices;

use super::{Scope, Stored};
use crate::delta::variables::VariableValue;
use crate::sql::{Reference, variable_at, variable_name};

/// The arguments of one of psql's commands: the rest of its line, up to the next backslash.
pub(in crate::delta) struct Arguments<'a> {
    line: &'a str,
    at: usize,
    /// The variables to put in; without them a reference stays as it is.
    scope: Option<&'a Scope>,
}

/// One argument.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Argument {
    pub(super) text: String,
    /// Whether part of it stood in quotes.
    pub(super) quoted: bool,
    /// Whether it refers to a variable.
    pub(super) has_variable: bool,
    /// The value it consists of, if that is one from outside of the script.
    given: Option<VariableValue>,
    /// Whether part of it came from outside of the script.
    tainted: bool,
}

impl Argument {
    /// What a variable with this argument as its value stands for.
    pub(super) fn into_stored(self) -> Stored {
        match self.given {
            Some(value) => Stored::Given(value),
            None if self.tainted => Stored::Given(VariableValue::String(self.text)),
            None => Stored::Pasted(self.text),
        }
    }

    /// Appends another one, without a space, as `\set` does.
    pub(super) fn append(&mut self, other: &Self) {
        self.text += &other.text;
        self.tainted |= other.tainted;
        self.given = None;
    }
}

impl<'a> Arguments<'a> {
    /// The arguments in `line`, from byte `at` on.
    pub(in crate::delta) fn new(line: &'a str, at: usize, scope: Option<&'a Scope>) -> Self {
        Self { line, at, scope }
    }

    /// Where the command ends. Further arguments, which it does not know, are passed over.
    pub(in crate::delta) fn end(mut self) -> Result<usize, String> {
        while self.next()?.is_some() {}
        let rest = &self.line[self.at..];
        Ok(self.at + if rest.starts_with("\\\\") { 2 } else { 0 })
    }

    /// The rest of the line as it is.
    pub(super) fn whole_line(&mut self) -> &'a str {
        let rest = &self.line[self.at..];
        self.at = self.line.len();
        rest.trim_matches(is_space)
    }

    /// The next argument.
    pub(super) fn next(&mut self) -> Result<Option<Argument>, String> {
        let rest = &self.line[self.at..];
        self.at += rest.find(|c| !is_space(c)).unwrap_or(rest.len());
        let start = self.at;
        let mut argument = Argument::default();
        while let Some(c) = self.line[self.at..].chars().next() {
            match c {
                '\\' => break,
                c if is_space(c) => break,
                '\'' => self.quoted(&mut argument)?,
                '"' => self.double_quoted(&mut argument)?,
                '`' => return Err("a backquoted command cannot run in a delta".to_owned()),
                ':' => self.colon(&mut argument),
                c => {
                    argument.text.push(c);
                    argument.given = None;
                    self.at += c.len_utf8();
                }
            }
        }
        Ok((self.at > start).then_some(argument))
    }

    /// `'…'`, with the escapes of C.
    fn quoted(&mut self, argument: &mut Argument) -> Result<(), String> {
        argument.quoted = true;
        argument.given = None;
        let mut chars = self.line[self.at + 1..].char_indices().peekable();
        while let Some((offset, c)) = chars.next() {
            match c {
                '\'' if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                    chars.next();
                    argument.text.push('\'');
                }
                '\'' => {
                    self.at += 1 + offset + 1;
                    return Ok(());
                }
                '\\' => argument.text.push(escape(&mut chars)),
                c => argument.text.push(c),
            }
        }
        Err("this quote is not closed on its line".to_owned())
    }

    /// `"…"`, which keeps its quotes.
    fn double_quoted(&mut self, argument: &mut Argument) -> Result<(), String> {
        let rest = &self.line[self.at..];
        let length = rest[1..].find('"').ok_or("this quote is not closed on its line")? + 2;
        argument.text += &rest[..length];
        argument.given = None;
        self.at += length;
        Ok(())
    }

    /// A variable, or a colon.
    fn colon(&mut self, argument: &mut Argument) {
        let rest = &self.line[self.at..];
        let Some((reference, length)) = variable_at(rest) else {
            argument.text.push(':');
            argument.given = None;
            self.at += 1;
            return;
        };
        let name = variable_name(reference, &rest[..length]);
        let alone = argument.text.is_empty() && !argument.quoted;
        argument.has_variable = true;
        self.at += length;
        let stored = self.scope.and_then(|scope| scope.get(name));
        argument.given = None;
        match (reference, stored) {
            (Reference::Plain, Some(stored)) => {
                if let Stored::Given(value) = stored {
                    argument.tainted = true;
                    argument.given = alone.then(|| value.clone());
                }
                argument.text += &stored.text();
            }
            _ => match self.scope.and_then(|scope| scope.quoted(reference, name)) {
                Some(sql) => argument.text += &sql,
                None => argument.text += &rest[..length],
            },
        }
    }
}

/// What `\` and the characters after it stand for.
fn escape(chars: &mut Peekable<CharIndices<'_>>) -> char {
    if chars.peek().is_some_and(|(_, c)| c.is_digit(8)) {
        return digits(chars, 8, 3);
    }
    match chars.next().map_or('\\', |(_, c)| c) {
        'n' => '\n',
        't' => '\t',
        'b' => '\u{8}',
        'r' => '\r',
        'f' => '\u{c}',
        'x' => digits(chars, 16, 2),
        other => other,
    }
}

/// The character with the number that follows. Bytes that are no characters of their own have no
/// place in UTF-8.
fn digits(chars: &mut Peekable<CharIndices<'_>>, radix: u32, most: usize) -> char {
    let mut value = 0;
    for _ in 0..most {
        let Some(digit) = chars.peek().and_then(|(_, c)| c.to_digit(radix)) else { break };
        value = value * radix + digit;
        chars.next();
    }
    char::from_u32(value).filter(char::is_ascii).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        let mut scope = Scope::default();
        scope.set("a", Stored::Pasted("one two".to_owned()));
        scope.set("n", Stored::Given(VariableValue::Integer(-3)));
        scope.set("s", Stored::Given(VariableValue::String("x'; drop".to_owned())));
        scope
    }

    fn texts(line: &str) -> Vec<String> {
        let scope = scope();
        let mut arguments = Arguments::new(line, 0, Some(&scope));
        let mut out = Vec::new();
        while let Some(argument) = arguments.next().unwrap() {
            out.push(argument.text);
        }
        out
    }

    #[test]
    fn they_are_read_as_psql_reads_them() {
        assert_eq!(
            texts("a 'b c'd \"e f\" 'it''s\\n\\t\\101\\x42' :a x:n :'s' :\"a\" :none ::"),
            [
                "a",
                "b cd",
                "\"e f\"",
                "it's\n\tAB",
                "one two",
                "x-3",
                "'x''; drop'",
                "\"one two\"",
                ":none",
                "::"
            ]
        );
        assert_eq!(texts(":{?a} :{?none} \\\\ select"), ["TRUE", "FALSE"]);
    }

    #[test]
    fn they_end_before_the_next_command() {
        let end = |line| Arguments::new(line, 0, None).end().unwrap();
        assert_eq!(end("a b\\echo c"), 3);
        assert_eq!(end("a \\\\ select 1;"), 4);
        assert_eq!(end("a b"), 3);
        for bad in ["'a", "\"a", "`date`"] {
            assert!(Arguments::new(bad, 0, None).end().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_given_value_stays_a_literal() {
        let scope = scope();
        let stored =
            |line| Arguments::new(line, 0, Some(&scope)).next().unwrap().unwrap().into_stored();
        assert_eq!(stored(":n"), Stored::Given(VariableValue::Integer(-3)));
        assert_eq!(stored("a:n"), Stored::Given(VariableValue::String("a-3".to_owned())));
        assert_eq!(stored(":n'b'"), Stored::Given(VariableValue::String("-3b".to_owned())));
        assert_eq!(stored(":a"), Stored::Pasted("one two".to_owned()));
        assert_eq!(stored(":'s'"), Stored::Pasted("'x''; drop'".to_owned()));
    }
}
