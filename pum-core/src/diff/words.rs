/// Names, numbers and other characters, names without their quotes; also inside of literals, which
/// may name objects.
pub(super) fn words(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    for token in tokens(sql) {
        match token.strip_prefix('\'') {
            Some(inside) => {
                words.push("'".to_owned());
                words.extend(self::words(inside));
            }
            None => words.push(token),
        }
    }
    words
}

/// Names, numbers, literals and other characters, names without their quotes.
pub(super) fn tokens(sql: &str) -> Vec<String> {
    let name = |slice: &str| {
        let inside = slice.strip_prefix('"')?;
        Some(inside.strip_suffix('"').unwrap_or(inside).replace("\"\"", "\""))
    };
    slices(sql).into_iter().map(|slice| name(slice).unwrap_or_else(|| slice.to_owned())).collect()
}

/// Names, numbers, literals and other characters, as they are written.
pub(super) fn slices(sql: &str) -> Vec<&str> {
    let mut slices = Vec::new();
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' | '\'' => length_of_quoted(rest, c),
            c if is_of_name(c) => rest.find(|c| !is_of_name(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (slice, after) = rest.split_at(length);
        slices.push(slice);
        rest = after;
    }
    slices
}

/// Up to the closing quote; a doubled one is one within the text.
fn length_of_quoted(text: &str, quote: char) -> usize {
    let mut at = 1;
    while let Some(found) = text[at..].find(quote) {
        at += found + 1;
        match text[at..].strip_prefix(quote) {
            Some(_) => at += 1,
            None => return at,
        }
    }
    text.len()
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_falls_into_words() {
        assert_eq!(words(r#"(a_1 > "b""c")"#), ["(", "a_1", " ", ">", " ", "b\"c", ")"]);
        assert_eq!(tokens("'a''(' || x"), ["'a''('", " ", "|", "|", " ", "x"]);
        assert_eq!(words("'a.b'"), ["'", "a", ".", "b", "'"]);
    }
}
