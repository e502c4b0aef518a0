//! Types of columns that become others.

/// Whether a change of a column's type only changes the catalog.
pub(crate) fn changes_only_catalog(from: &str, to: &str) -> bool {
    let (from_base, from_numbers) = split(from);
    let (to_base, to_numbers) = split(to);
    let is_wider = |at: usize| match (from_numbers.get(at), to_numbers.get(at)) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(from), Some(to)) => to >= from,
    };
    match (&*from_base, &*to_base) {
        ("character varying", "text") | ("cidr", "inet") => true,
        ("character varying", "character varying") | ("bit varying", "bit varying") => is_wider(0),
        ("numeric", "numeric") => {
            to_numbers.is_empty() || is_wider(0) && from_numbers.get(1) == to_numbers.get(1)
        }
        _ => from == to,
    }
}

/// A type without its numbers, by the name that the server prints, and the numbers.
fn split(data_type: &str) -> (String, Vec<u32>) {
    let (before, rest) = data_type.split_once('(').unwrap_or((data_type, ""));
    let numbers = rest.trim_end_matches(')').split(',');
    let numbers = numbers.filter_map(|number| number.trim().parse().ok()).collect();
    let base = match before.trim().to_lowercase().as_str() {
        "varchar" | "character varying" | "pg_catalog.varchar" => "character varying",
        "decimal" | "numeric" => "numeric",
        "varbit" | "bit varying" => "bit varying",
        other => return (other.to_owned(), numbers),
    };
    (base.to_owned(), numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_types_are_harmless() {
        for (from, to) in [
            ("character varying(10)", "varchar(20)"),
            ("character varying(10)", "text"),
            ("character varying(10)", "varchar"),
            ("numeric(5,2)", "decimal(7, 2)"),
            ("numeric(5,2)", "numeric"),
            ("cidr", "inet"),
        ] {
            assert!(changes_only_catalog(from, to), "{from} to {to}");
        }
        for (from, to) in [
            ("character varying(10)", "varchar(9)"),
            ("character varying", "varchar(9)"),
            ("numeric(5,2)", "numeric(7,3)"),
            ("numeric", "numeric(5,2)"),
            ("integer", "bigint"),
            ("text", "varchar(9)"),
        ] {
            assert!(!changes_only_catalog(from, to), "{from} to {to}");
        }
    }
}
