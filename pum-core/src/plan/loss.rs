//! What a statement destroys that cannot be computed again.

use crate::model::{
    Attributes, ColumnValue, CompositeType, Identity, Inheritance, Model, Object, Table, TableKind,
};

/// What is lost of the values of a column that gets another type: what the conversion rounds or cuts
/// without an error.
pub(super) fn lost_by_conversion(from: &str, to: &str) -> Option<&'static str> {
    let (from_base, from_numbers) = split(from);
    let (to_base, to_numbers) = split(to);
    let is_whole = |name: &str| matches!(name, "smallint" | "integer" | "bigint");
    let is_floating = |name: &str| matches!(name, "real" | "double precision");
    let is_moment = |name: &str| name.starts_with("timestamp");
    let scale = |numbers: &[u32]| numbers.get(1).copied().or(numbers.first().map(|_| 0));
    let fewer = |from: Option<u32>, to: Option<u32>| match (from, to) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(from), Some(to)) => to < from,
    };
    let is_rounded = match (&*from_base, &*to_base) {
        ("numeric", to) if is_whole(to) || is_floating(to) => true,
        ("numeric", "numeric") => fewer(scale(&from_numbers), scale(&to_numbers)),
        ("double precision", "real") => true,
        (from, to) if is_floating(from) && (is_whole(to) || to == "numeric") => true,
        ("bigint", to) | ("integer", to @ "real") if is_floating(to) => true,
        (from, "date") if is_moment(from) => true,
        (from, to) if is_moment(from) && to.starts_with("time ") => true,
        (from, to) if is_moment(from) && is_moment(to) => {
            fewer(from_numbers.first().copied(), to_numbers.first().copied())
        }
        ("json", "jsonb") => true,
        _ => false,
    };
    is_rounded.then_some("what the conversion rounds or cuts of the values of the column")
}

/// A type without its modifier, and the numbers in that.
fn split(data_type: &str) -> (String, Vec<u32>) {
    let Some((before, rest)) = data_type.split_once('(') else {
        return (data_type.to_owned(), Vec::new());
    };
    let (numbers, behind) = rest.split_once(')').unwrap_or((rest, ""));
    let numbers = numbers.split(',').filter_map(|number| number.trim().parse().ok());
    (format!("{before}{behind}"), numbers.collect())
}

/// What is lost with an object that is dropped; `stays` says of a partition whether it leaves before.
pub(super) fn lost_with(
    object: &Object,
    model: &Model,
    stays: impl Fn(&Identity) -> bool,
) -> Option<&'static str> {
    match &object.attributes {
        Attributes::Table(table) => match table.relation {
            // They go with it.
            TableKind::PartitionedTable => {
                let name = object.identity.quoted_name();
                let is_partition = |table: &Table| matches!(&table.inheritance, Inheritance::Partition { of, .. } if *of == name);
                let mut tables = model.all_of::<Table>();
                let goes = tables.any(|(identity, table)| is_partition(table) && !stays(identity));
                goes.then_some("the rows of the partitions")
            }
            // They are elsewhere.
            TableKind::ForeignTable => None,
            TableKind::Table | TableKind::Unknown(_) => Some("the rows of the table"),
        },
        Attributes::Column(column) => {
            let is_computed = matches!(column.value, ColumnValue::Generated { .. });
            let table = model.parent_of::<Table>(&object.identity);
            let stores = table.is_some_and(|table| table.relation != TableKind::ForeignTable)
                || model.parent_of::<CompositeType>(&object.identity).is_some();
            (stores && !is_computed).then_some("the values of the column")
        }
        Attributes::Sequence(_) => Some("the current value of the sequence"),
        Attributes::Extension(_) => Some("what the extension stores"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rounded_is_lost_and_what_fails_is_not() {
        for (from, to, is_lost) in [
            ("numeric", "integer", true),
            ("numeric(10,4)", "numeric(10,2)", true),
            ("numeric(10,2)", "numeric(12,4)", false),
            ("numeric", "numeric(10,2)", true),
            ("timestamp with time zone", "date", true),
            ("timestamp(6) without time zone", "timestamp(0) without time zone", true),
            ("integer", "bigint", false),
            ("bigint", "integer", false),
            ("text", "character varying(3)", false),
            ("text", "integer", false),
            ("json", "jsonb", true),
        ] {
            assert_eq!(lost_by_conversion(from, to).is_some(), is_lost, "{from} to {to}");
        }
    }
}
