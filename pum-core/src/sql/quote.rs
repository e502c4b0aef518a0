//! Names and strings as they stand in SQL.

/// A SQL identifier in double quotes.
pub(crate) fn quote_ident(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// A SQL string literal, whatever `standard_conforming_strings` says.
pub(crate) fn quote_literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if doubled.contains('\\') { escaped(&doubled) } else { format!("'{doubled}'") }
}

/// A SQL string literal that is on one line, whatever is in it.
pub(crate) fn quote_literal_on_one_line(text: &str) -> String {
    if !text.contains(['\n', '\r']) {
        return quote_literal(text);
    }
    escaped(&text.replace('\'', "''")).replace('\n', "\\n").replace('\r', "\\r")
}

/// The space before it keeps its E apart from a name.
fn escaped(doubled: &str) -> String {
    format!(" E'{}'", doubled.replace('\\', "\\\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_strings_are_quoted() {
        for (text, identifier, literal, on_one_line) in [
            ("plain", r#""plain""#, "'plain'", "'plain'"),
            ("", r#""""#, "''", "''"),
            (r#"a"b"#, r#""a""b""#, r#"'a"b'"#, r#"'a"b'"#),
            ("a'b", r#""a'b""#, "'a''b'", "'a''b'"),
            (r"a\'b", r#""a\'b""#, r" E'a\\''b'", r" E'a\\''b'"),
            ("a\nb\r", "\"a\nb\r\"", "'a\nb\r'", r" E'a\nb\r'"),
            ("\\n\n", "\"\\n\n\"", " E'\\\\n\n'", r" E'\\n\n'"),
        ] {
            assert_eq!(quote_ident(text), identifier, "{text:?}");
            assert_eq!(quote_literal(text), literal, "{text:?}");
            assert_eq!(quote_literal_on_one_line(text), on_one_line, "{text:?}");
        }
    }
}
