//! The condition that the rows of a partition meet, where it can be told from its bound.

use crate::model::{Column, Identity, Inheritance, Kind, Model, Table};
use crate::sql::quote_ident;

/// Types whose values are compared in one way only, so that the server sees that a `CHECK` of this
/// condition proves the bound.
const TYPES: [&str; 8] = [
    "smallint",
    "integer",
    "bigint",
    "date",
    "timestamp without time zone",
    "timestamp with time zone",
    "uuid",
    "text",
];

/// The condition of a partition of `whole` with this bound; `None` if there is none, or it is not
/// certain.
pub(super) fn condition(whole: &Identity, bound: &str, model: &Model) -> Option<String> {
    let key = model.of::<Table>(whole)?.partition_key.as_ref()?;
    let (strategy, column) = key.0.strip_suffix(')')?.split_once(" (")?;
    let column = model.parts_of::<Column>(whole).find(|(identity, _)| {
        column == identity.name && is_plain(&identity.name) || column == quote_ident(&identity.name)
    });
    let (identity, column) = column?;
    if !TYPES.contains(&&*column.data_type) {
        return None;
    }
    let own = quote_ident(&identity.name);
    match strategy {
        "RANGE" => {
            let inside = bound.strip_prefix("FOR VALUES FROM (")?.strip_suffix(')')?;
            let (from, to) = inside.split_once(") TO (")?;
            let mut parts = vec![format!("{own} IS NOT NULL")];
            parts.extend((from != "MINVALUE").then(|| format!("{own} >= {from}")));
            parts.extend((to != "MAXVALUE").then(|| format!("{own} < {to}")));
            Some(parts.join(" AND "))
        }
        "LIST" => {
            let values = bound.strip_prefix("FOR VALUES IN (")?.strip_suffix(')')?;
            if values.contains("NULL") {
                return None;
            }
            Some(format!("{own} IS NOT NULL AND {own} IN ({values})"))
        }
        _ => None,
    }
}

/// Whether it is certain that no row is within both bounds.
pub(super) fn are_disjoint(one: &str, other: &str) -> bool {
    if let (Some([from, to]), Some([other_from, other_to])) = (range(one), range(other)) {
        return is_at_most(to, other_from) || is_at_most(other_to, from);
    }
    if let (Some(one), Some(other)) =
        (inside(one, "FOR VALUES IN ("), inside(other, "FOR VALUES IN ("))
    {
        // Of a value with a comma the parts are looked at.
        return !one.split(", ").any(|value| other.split(", ").any(|it| it == value));
    }
    let hash = |bound| inside(bound, "FOR VALUES WITH (modulus ")?.split_once(", remainder ");
    match (hash(one), hash(other)) {
        (Some(one), Some(other)) => one.0 == other.0 && one.1 != other.1,
        _ => false,
    }
}

fn inside<'b>(bound: &'b str, start: &str) -> Option<&'b str> {
    bound.strip_prefix(start)?.strip_suffix(')')
}

/// The ends of a range of one column.
fn range(bound: &str) -> Option<[&str; 2]> {
    let (from, to) = inside(bound, "FOR VALUES FROM (")?.split_once(") TO (")?;
    Some([from, to])
}

/// Whether it is certain that a value is not greater than another one: whole numbers, or dates and times of
/// the same form.
fn is_at_most(one: &str, other: &str) -> bool {
    let text = |value: &str| value.strip_prefix('\'')?.strip_suffix('\'').map(str::to_owned);
    let [one, other] = [one, other].map(|value| text(value).unwrap_or_else(|| value.to_owned()));
    if let (Ok(one), Ok(other)) = (one.parse::<i128>(), other.parse::<i128>()) {
        return one <= other;
    }
    let is_time = |value: &str| {
        let is_part = |c: char| c.is_ascii_digit() || "-: ".contains(c);
        value.len() >= 10 && value.chars().all(is_part) && value.as_bytes()[4] == b'-'
    };
    is_time(&one) && is_time(&other) && one.len() == other.len() && one <= other
}

fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// The partitions of a partitioned table with their bounds.
pub(super) fn partitions<'m>(
    whole: &'m str,
    model: &'m Model,
) -> impl Iterator<Item = (&'m Identity, &'m str)> {
    model.all_of::<Table>().filter_map(move |(identity, table)| match &table.inheritance {
        Inheritance::Partition { of, bound } if of == whole => Some((identity, &*bound.0)),
        _ => None,
    })
}

/// The partition for what no other one takes.
pub(super) fn default_of<'m>(whole: &'m str, model: &'m Model) -> Option<&'m Identity> {
    partitions(whole, model).find(|(_, bound)| *bound == "DEFAULT").map(|(identity, _)| identity)
}

/// The table of a quoted name.
pub(super) fn table_named<'m>(name: &str, model: &'m Model) -> Option<&'m Identity> {
    Some(&model.named(Kind::Table, name)?.identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_certain_is_disjoint() {
        let range = |from: &str, to: &str| format!("FOR VALUES FROM ({from}) TO ({to})");
        let list = |values: &str| format!("FOR VALUES IN ({values})");
        let hash = |m: u8, r: u8| format!("FOR VALUES WITH (modulus {m}, remainder {r})");
        for (one, other, are) in [
            (range("'2024-01-01'", "'2025-01-01'"), range("'2025-01-01'", "'2026-01-01'"), true),
            (range("'2024-01-01'", "'2025-01-01'"), range("'2024-01-01'", "'2025-01-01'"), false),
            (range("'2024-01-01'", "'2025-01-01'"), range("'2024-07-01'", "'2024-08-01'"), false),
            (range("0", "10"), range("10", "20"), true),
            (range("9", "10"), range("'10'", "MAXVALUE"), true),
            (range("MINVALUE", "10"), range("9", "20"), false),
            (range("1, 2", "1, 3"), range("1, 3", "1, 4"), false),
            (range("'a'", "'b'"), range("'b'", "'c'"), false),
            (list("1, 2"), list("3"), true),
            (list("1, 2"), list("2, NULL"), false),
            (list("'a, b'"), list("'a, b'"), false),
            (hash(4, 0), hash(4, 1), true),
            (hash(4, 0), hash(8, 1), false),
            (list("1"), "DEFAULT".to_owned(), false),
        ] {
            assert_eq!(are_disjoint(&one, &other), are, "{one} {other}");
            assert_eq!(are_disjoint(&other, &one), are, "{other} {one}");
        }
    }
}
