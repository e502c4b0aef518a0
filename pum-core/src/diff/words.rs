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
    let mut words = Vec::new();
    let mut rest = sql.chars().peekable();
    while let Some(c) = rest.next() {
        let mut word = String::new();
        if c == '"' {
            while let Some(c) = rest.next() {
                // A doubled quote is one, within the name.
                if c == '"' && rest.next_if_eq(&'"').is_none() {
                    break;
                }
                word.push(c);
            }
        } else if c == '\'' {
            word.push(c);
            while let Some(c) = rest.next() {
                word.push(c);
                if c == '\'' {
                    match rest.next_if_eq(&'\'') {
                        Some(doubled) => word.push(doubled),
                        None => break,
                    }
                }
            }
        } else {
            word.push(c);
            while is_of_name(c)
                && let Some(more) = rest.next_if(|&next| is_of_name(next))
            {
                word.push(more);
            }
        }
        words.push(word);
    }
    words
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
