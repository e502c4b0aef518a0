//! Rows and arrays in the server's text form.
//!
//! Every query gives its rows as one text, a composite value ("Composite Types", "Composite Type
//! Input and Output Syntax" in the PostgreSQL documentation): so a hundred thousand of them are
//! not a million small pieces, and one way leads round an encoding that is none.

/// The fields of a composite value; `None` for null.
pub(crate) fn fields(text: &str) -> Option<Vec<Option<String>>> {
    let mut rest = text.strip_prefix('(')?.strip_suffix(')')?;
    let mut fields = Vec::new();
    loop {
        let (field, after) = field(rest)?;
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Some(fields),
            None => return None,
        }
    }
}

/// One field and what follows it. Nothing at all is null; an empty text has quotes.
fn field(text: &str) -> Option<(Option<String>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        let (field, after) = text.split_at(end);
        return Some((Some(field).filter(|field| !field.is_empty()).map(str::to_owned), after));
    };
    let mut out = String::new();
    let mut rest = quoted;
    loop {
        let (plain, special) = rest.split_at(rest.find(['"', '\\'])?);
        out.push_str(plain);
        // A quote or backslash stands for itself when it is doubled.
        let doubled = ["\"\"", "\\\\"].into_iter().find(|pair| special.starts_with(pair));
        match doubled {
            Some(pair) => out.push_str(&pair[1..]),
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
