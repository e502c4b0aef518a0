//! Passwords in statements, which must never be shown.

use std::borrow::Cow;

use crate::sql::{Lexer, PieceKind};

/// A line of a statement as people may see it: where the statement mentions a password, as
/// `ALTER ROLE … PASSWORD '…'` and `OPTIONS (password '…')` do, the strings in the line are stars.
pub(crate) fn without_passwords<'a>(line: &'a str, statement: &str) -> Cow<'a, str> {
    if !speaks_of_a_password(statement) {
        return line.into();
    }
    let mut lexer = Lexer::of_sql();
    let mut shown = String::with_capacity(line.len());
    let mut at = 0;
    loop {
        let goes_on = lexer.open().is_some_and(|what| what.contains("string"));
        let Some(piece) = lexer.next(line, at) else { return shown.into() };
        at = piece.range.end;
        let written = line.get(piece.range).unwrap_or_default();
        let is_string = goes_on || written.contains('\'') || written.starts_with('$');
        if is_string && piece.kind == PieceKind::Code {
            // As many as there are characters: a caret under the line stays where it belongs.
            let quotes = |c: char| if matches!(c, '\'' | '$') { c } else { '*' };
            shown.extend(written.chars().map(quotes));
        } else {
            shown.push_str(written);
        }
    }
}

fn speaks_of_a_password(statement: &str) -> bool {
    const WORD: &[u8] = b"password";
    statement.as_bytes().windows(WORD.len()).any(|part| part.eq_ignore_ascii_case(WORD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_beside_a_password_are_hidden() {
        for (line, shown) in [
            ("SELECT 'open'", "SELECT 'open'"),
            ("ALTER ROLE a Password 'ge heim' VALID", "ALTER ROLE a Password '*******' VALID"),
            ("CREATE USER a PASSWORD E'x\\'y' LOGIN", "CREATE USER a PASSWORD *'**'*' LOGIN"),
            ("ALTER ROLE a PASSWORD $q$geheim$q$", "ALTER ROLE a PASSWORD $*$******$*$"),
            ("OPTIONS (user 'u', password 'p')", "OPTIONS (user '*', password '*')"),
            ("SELECT f('host=a password=b", "SELECT f('*****************"),
        ] {
            assert_eq!(without_passwords(line, line), shown);
        }
        let two_lines = "ALTER ROLE a PASSWORD\n  'geheim'";
        assert_eq!(without_passwords("  'geheim'", two_lines), "  '******'");
    }
}
