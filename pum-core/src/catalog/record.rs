//! Rows and arrays in the server's text form.
//!
//! Every query gives its rows as one text, a composite value ("Composite Types", "Composite Type
//! Input and Output Syntax" in the PostgreSQL documentation): so a hundred thousand of them are
//! not two million small pieces, and one way leads round an encoding that is none. It costs the server
//! next to nothing, and in the driver columns of their own cost more than taking a text to pieces.

use std::borrow::Cow;
use std::str::FromStr;

/// The fields of a composite value; `None` for null.
pub(crate) fn fields(text: &str) -> Option<Vec<Option<String>>> {
    let mut rest = Fields::of(text)?;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        fields.push(rest.next()?.map(Cow::into_owned));
    }
    Some(fields)
}

/// The fields of a composite value, from left to right.
pub(super) struct Fields<'a> {
    /// None behind the last one.
    rest: Option<&'a str>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(text: &'a str) -> Option<Self> {
        Some(Self { rest: Some(text.strip_prefix('(')?.strip_suffix(')')?) })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_none()
    }

    /// Leaves out so many.
    pub(super) fn leave_out(&mut self, count: usize) -> Option<()> {
        (0..count).try_for_each(|_| self.next().map(drop))
    }

    /// The next one, which is not null.
    pub(super) fn text(&mut self) -> Option<Cow<'a, str>> {
        self.next()?
    }

    /// The next one, as a number that is not null.
    pub(super) fn number<T: FromStr>(&mut self) -> Option<T> {
        self.text()?.parse().ok()
    }

    /// The next one, as a boolean; SQL's null is false.
    pub(super) fn boolean(&mut self) -> Option<bool> {
        self.next().map(|text| text.as_deref() == Some("t"))
    }

    /// The next one, as numbers: an `int2vector`, an `oidvector` or an array. None of them for null.
    pub(super) fn numbers<T: FromStr>(&mut self) -> Option<Vec<T>> {
        let text = self.next()?.unwrap_or_default();
        let numbers = text.trim_matches(['{', '}']).split([' ', ',']).filter(|it| !it.is_empty());
        numbers.map(|number| number.parse().ok()).collect()
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Option<Cow<'a, str>>;

    /// The next one, which may be null. None if there is no other, or if this is no composite value.
    fn next(&mut self) -> Option<Self::Item> {
        let (field, after) = field(self.rest?)?;
        self.rest = match after.strip_prefix(',') {
            None if after.is_empty() => None,
            next => Some(next?),
        };
        Some(field)
    }
}

/// One field and what follows it. Nothing at all is null; an empty text has quotes.
fn field(text: &str) -> Option<(Option<Cow<'_, str>>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        // Most are short: it is not worth more to look for the comma.
        let end = text.bytes().position(|byte| byte == b',').unwrap_or(text.len());
        let (field, after) = text.split_at(end);
        return Some((Some(field).filter(|field| !field.is_empty()).map(Cow::from), after));
    };
    let mut out = Cow::default();
    let mut rest = quoted;
    loop {
        let (plain, special) = rest.split_at(rest.find(['"', '\\'])?);
        // Adds without copying what is added to nothing.
        out += plain;
        // A quote or backslash stands for itself when it is doubled.
        let doubled = ["\"\"", "\\\\"].into_iter().find(|pair| special.starts_with(pair));
        match doubled {
            Some(pair) => out += &pair[1..],
            None => return special.strip_prefix('"').map(|after| (Some(out), after)),
        }
        rest = &special[2..];
    }
}

/// The elements of a one-dimensional array of texts, without the nulls.
pub(crate) fn elements(text: &str) -> Option<Vec<String>> {
    let inside = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    let mut rest = inside.chars().peekable();
    while rest.peek().is_some() {
        let mut element = String::new();
        let quoted = rest.next_if_eq(&'"').is_some();
        loop {
            match rest.next() {
                Some('\\') => element.push(rest.next()?),
                Some('"') if quoted => break,
                Some(c) if !quoted && c == ',' => break,
                Some(c) => element.push(c),
                None if quoted => return None,
                None => break,
            }
        }
        if quoted && !matches!(rest.next(), Some(',') | None) {
            return None;
        }
        if quoted || element != "NULL" {
            elements.push(element);
        }
    }
    Some(elements)
}

/// Text from its `escape` form (`encode` in "Binary String Functions and Operators"). Bytes that
/// are no UTF-8 become a replacement character with their two digits behind it.
pub(crate) fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next()? {
            b'\\' => bytes.push(b'\\'),
            first => {
                let digits = [first, rest.next()?, rest.next()?];
                let digits = std::str::from_utf8(&digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 8).ok()?);
            }
        }
    }
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            out.push_str(&format!("{}{byte:02x}", char::REPLACEMENT_CHARACTER));
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PostgreSQL 15 printed for `row('a', null, '', 'b,c', 'd"e', 'f\g', E'h\ni', '(j)')`.
    #[test]
    fn a_row_falls_into_its_fields() {
        let row = "(a,,\"\",\"b,c\",\"d\"\"e\",\"f\\\\g\",\"h\ni\",\"(j)\")";
        let text = |text: &str| Some(text.to_owned());
        let expected = [
            text("a"),
            None,
            text(""),
            text("b,c"),
            text("d\"e"),
            text("f\\g"),
            text("h\ni"),
            text("(j)"),
        ];
        assert_eq!(fields(row).unwrap(), expected);
        assert_eq!(fields("(,)").unwrap(), [None, None]);
        for broken in ["", "a", "(a", "(\"a)", "(\"a\"b)"] {
            assert_eq!(fields(broken), None, "{broken}");
        }
    }

    /// What it printed for `array['a', null, '', 'b,c', 'd"e', 'f\g', 'NULL', '{h}']`.
    #[test]
    fn an_array_falls_into_its_elements() {
        let array = r#"{a,NULL,"","b,c","d\"e","f\\g","NULL","{h}"}"#;
        let expected = ["a", "", "b,c", "d\"e", "f\\g", "NULL", "{h}"];
        assert_eq!(elements(array).unwrap(), expected);
        assert_eq!(elements("{}").unwrap(), [""; 0]);
        for broken in ["", "{a", "{\"a}"] {
            assert_eq!(elements(broken), None, "{broken}");
        }
    }

    #[test]
    fn bytes_of_no_encoding_are_shown() {
        assert_eq!(unescaped(r"a\\b\303\244").unwrap(), "a\\bä");
        assert_eq!(unescaped(r"x\344y").unwrap(), "x\u{fffd}e4y");
        assert_eq!(unescaped(r"x\34"), None);
    }
}
