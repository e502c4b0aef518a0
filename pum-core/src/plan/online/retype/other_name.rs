//! A definition that speaks of one column, for another one.

use crate::sql::{quote_ident, tokens};

/// The text with another column's name wherever a column's stands; `None` where it may stand for something
/// else: a function, a type, a column of another table.
pub(super) fn with_other_name(sql: &str, column: &str, other: &str) -> Option<String> {
    let tokens = tokens(sql);
    let (mut text, mut at) = (String::new(), 0);
    for (number, token) in tokens.iter().enumerate() {
        if token.name().as_deref() != Some(column) {
            continue;
        }
        let before = number.checked_sub(1).map(|number| &*tokens[number].key);
        let after = tokens.get(number + 1).map(|token| token.written);
        let is_of_another = before.is_some_and(|it| it.ends_with(['.', ':']) || it == "collate");
        if is_of_another || matches!(after, Some("(" | ".")) {
            return None;
        }
        text.push_str(&sql[at..token.at]);
        text.push_str(&quote_ident(other));
        at = token.at + token.written.len();
    }
    text.push_str(&sql[at..]);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_the_column_is_replaced() {
        let of = |sql| with_other_name(sql, "a", "x y");
        assert_eq!(
            of("(a, \"a\", b, 'a') WHERE (a > 0)").unwrap(),
            "(\"x y\", \"x y\", b, 'a') WHERE (\"x y\" > 0)"
        );
        assert_eq!(of("(aa, \"A\")").unwrap(), "(aa, \"A\")");
        for unclear in ["(a(b))", "(t.a)", "(b COLLATE a)", "((b)::a)", "(a.b)"] {
            assert_eq!(of(unclear), None, "{unclear}");
        }
    }
}
