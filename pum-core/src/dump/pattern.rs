//! Names with wildcards: as pum takes them, as `pg_dump` does, and as the server's regular
//! expressions.

/// A pattern of `pg_dump` for a glob: what stands in quotes is meant to the letter.
pub(super) fn schema_pattern(glob: &str) -> String {
    let mut pattern = String::from("\"");
    let mut chars = glob.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' => pattern.extend(['"', c, '"']),
            '"' => pattern.push_str("\"\""),
            '\\' => pattern.extend(chars.next()),
            c => pattern.push(c),
        }
    }
    pattern + "\""
}

/// A table's name to the letter, as a pattern of `pg_dump`.
pub(super) fn table_pattern(schema: &str, table: &str) -> String {
    let exactly = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    format!("{}.{}", exactly(schema), exactly(table))
}

/// A regular expression for a glob.
pub(super) fn schema_regex(glob: &str) -> String {
    let mut regex = String::from("^(");
    let mut chars = glob.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '\\' => push_literal(&mut regex, chars.next().unwrap_or('\\')),
            c => push_literal(&mut regex, c),
        }
    }
    regex + ")$"
}

/// A regular expression, on `schema.table`, for a pattern that `pg_dump` takes for tables ("Patterns"
/// in psql's documentation): unquoted letters are folded, a dot ends the schema.
pub(super) fn table_regex(pattern: &str) -> String {
    let (mut regex, mut has_schema, mut quoted) = (String::new(), false, false);
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                regex.push('"');
            }
            '"' => quoted = !quoted,
            '.' if !quoted && !has_schema => {
                regex.push_str("\\.");
                has_schema = true;
            }
            '*' if !quoted => regex.push_str(".*"),
            '?' if !quoted => regex.push('.'),
            c if quoted => push_literal(&mut regex, c),
            c => push_literal(&mut regex, c.to_ascii_lowercase()),
        }
    }
    if has_schema { format!("^({regex})$") } else { format!("^(.*\\.)?({regex})$") }
}

fn push_literal(regex: &mut String, c: char) {
    if c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_' {
        regex.push('\\');
    }
    regex.push(c);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        assert_eq!(schema_pattern("a*\"\\*"), "\"a\"*\"\"\"*\"");
        assert_eq!(schema_regex("a.b*\\*"), "^(a\\.b.*\\*)$");
        assert_eq!(table_regex("S.\"Log\"*"), "^(s\\.Log.*)$");
        assert_eq!(table_pattern("s", "a\"b"), "\"s\".\"a\"\"b\"");
        assert_eq!(table_regex("log?"), "^(.*\\.)?(log.)$");
    }
}
