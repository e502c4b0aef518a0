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
