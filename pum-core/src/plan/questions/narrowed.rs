//! Values that a column's new type cannot hold.

use crate::model::{EnumType, Kind, Model};
use crate::sql::quote_literal;

/// What is wrong with values that do not fit, and the condition that finds them.
pub(super) fn condition(
    column: &str,
    from: &str,
    to: &str,
    [left, right]: [&Model; 2],
) -> Option<(String, String)> {
    if let Some(gone) = lost_labels(from, to, [left, right]) {
        let list: Vec<String> = gone.iter().map(|label| quote_literal(label)).collect();
        return Some((
            format!("have a {column} that {to} has no more ({})", list.join(", ")),
            format!("{column}::text IN ({})", list.join(", ")),
        ));
    }
    if from == to {
        return None;
    }
    let (base, number) = to.split_once('(').map_or((to, None), |(base, rest)| {
        (base, rest.split([',', ')']).next().and_then(|it| it.trim().parse::<u32>().ok()))
    });
    let too_long = |length: u32| {
        Some((
            format!("have a {column} of more than {length} characters"),
            format!("pg_catalog.length({column}::text) > {length}"),
        ))
    };
    let is_whole = |name: &str| matches!(name, "smallint" | "integer" | "bigint" | "numeric");
    let is_number = is_whole(from.split('(').next().unwrap_or_default());
    match (base, number) {
        ("character varying" | "character", Some(length)) => too_long(length),
        ("smallint", _) if is_number => Some(out_of(column, "-32768", "32767")),
        ("integer", _) if is_number && from != "smallint" => {
            Some(out_of(column, "-2147483648", "2147483647"))
        }
        _ => None,
    }
}

fn out_of(column: &str, least: &str, most: &str) -> (String, String) {
    (
        format!("have a {column} below {least} or above {most}"),
        format!("{column} < {least} OR {column} > {most}"),
    )
}

/// The values of an enumeration that the new one does not have.
fn lost_labels(from: &str, to: &str, [left, right]: [&Model; 2]) -> Option<Vec<String>> {
    let labels = |name: &str, model: &Model| {
        let identity = &model.named(Kind::EnumType, name)?.identity;
        Some(model.of::<EnumType>(identity)?.labels.clone())
    };
    let (old, new) = (labels(from, left)?, labels(to, right)?);
    let gone: Vec<String> = old.into_iter().filter(|label| !new.contains(label)).collect();
    (!gone.is_empty()).then_some(gone)
}
