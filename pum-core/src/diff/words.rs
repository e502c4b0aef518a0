/// Names, numbers and other characters, names without their quotes.
pub(super) fn words(sql: &str) -> Vec<String> {
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
    }
}
