//! Settings (GUC variables) written as SQL.

use super::quote::{quote_ident, quote_literal};

/// Settings that are lists of names, each of which is stored with quotes where it needs them
/// (`GUC_LIST_QUOTE` in the server's source): as one literal the list would be one name.
const LISTS: [&str; 6] = [
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

/// `SET name TO value`, for `ALTER DATABASE`, `ALTER ROLE` and `ALTER SYSTEM`, from the value as
/// the server stores it.
pub(crate) fn set_clause(name: &str, value: &str) -> String {
    let value = if LISTS.iter().any(|list| name.eq_ignore_ascii_case(list)) {
        let elements: Vec<String> =
            elements(value).iter().map(|name| quote_literal(name)).collect();
        elements.join(", ")
    } else {
        quote_literal(value)
    };
    // `extension.parameter` has two parts.
    let parts: Vec<String> = name.split('.').map(quote_ident).collect();
    format!("SET {} TO {value}", parts.join("."))
}

/// The names of a stored list; of an empty one the empty name, which `SET` takes for it.
fn elements(value: &str) -> Vec<String> {
    let (mut elements, mut element, mut in_quotes) = (Vec::new(), String::new(), false);
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if in_quotes && characters.peek() == Some(&'"') => {
                characters.next();
                element.push('"');
            }
            '"' => in_quotes = !in_quotes,
            ',' if !in_quotes => elements.push(std::mem::take(&mut element)),
            _ if !in_quotes && character.is_whitespace() => {}
            _ => element.push(character),
        }
    }
    elements.push(element);
    elements
}

#[cfg(test)]
mod tests {
    use super::set_clause;

    #[test]
    fn each_name_of_a_list_is_a_literal_of_its_own() {
        for (value, expected) in [
            ("app, public", "'app', 'public'"),
            (r#""$user", "Odd, ""one""",x"#, r#"'$user', 'Odd, "one"', 'x'"#),
            (r#""""#, "''"),
            ("", "''"),
        ] {
            assert_eq!(
                set_clause("search_path", value),
                format!("SET \"search_path\" TO {expected}")
            );
        }
        assert_eq!(set_clause("DateStyle", "ISO, DMY"), "SET \"DateStyle\" TO 'ISO, DMY'");
        assert_eq!(set_clause("my.name", "it's"), "SET \"my\".\"name\" TO 'it''s'");
    }
}
