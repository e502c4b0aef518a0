/// psql's rule for truth: a beginning of `true`, `false`, `yes` or `no`, or `on`, `of[f]`, `1`,
/// `0`, in any case.
pub(super) fn boolean(text: &str) -> Option<bool> {
    let lower = text.to_ascii_lowercase();
    let begins = |word: &str, least: usize| lower.len() >= least && word.starts_with(&lower);
    match lower.as_str() {
        "1" => Some(true),
        "0" => Some(false),
        _ if begins("true", 1) || begins("yes", 1) || begins("on", 2) => Some(true),
        _ if begins("false", 1) || begins("no", 1) || begins("off", 2) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::boolean;

    #[test]
    fn beginnings_count() {
        for text in ["1", "on", "t", "TR", "yes", "y"] {
            assert_eq!(boolean(text), Some(true), "{text}");
        }
        for text in ["0", "of", "Off", "f", "n", "no"] {
            assert_eq!(boolean(text), Some(false), "{text}");
        }
        for text in ["", "o", "2", "10", "truee", ":x", "true and true"] {
            assert_eq!(boolean(text), None, "{text}");
        }
    }
}
