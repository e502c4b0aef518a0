//! The definition of an index, as `pg_get_indexdef` prints it.

use super::dictionaries::Dictionaries;
use super::record::Fields;

/// Bits of `pg_index.indoption` (`INDOPTION_DESC`, `INDOPTION_NULLS_FIRST`).
const DESCENDING: i16 = 1;
const NULLS_FIRST: i16 = 2;

/// How many columns `queries/index.sql` has before the identity.
pub(super) const COLUMNS: usize = 11;

/// Takes the columns of `queries/index.sql` before the identity.
///
/// The definition is `None` if it cannot be told with certainty: by a default operator class that is
/// not known as one, by a collation that is not the column's. `None` instead of all is a broken row.
pub(super) fn definition(
    mut fields: Fields<'_>,
    dictionaries: &Dictionaries<'_>,
) -> Option<(u32, Option<String>)> {
    let oid = fields.number()?;
    let table: u32 = fields.number()?;
    let method = fields.next()?;
    let (is_unique, is_partitioned) = (fields.boolean()?, fields.boolean()?);
    let keys: Vec<i16> = fields.numbers()?;
    let operator_classes: Vec<u32> = fields.numbers()?;
    let collations: Vec<u32> = fields.numbers()?;
    let orders: Vec<i16> = fields.numbers()?;
    let predicate = fields.next()?;
    let by_server = fields.next()?;
    if let Some(definition) = by_server {
        return Some((oid, Some(definition.into_owned())));
    }
    let (_schema, _table) = (fields.next()?, fields.next()?);
    let name = fields.text()?;
    let compose = || {
        let method = method.as_deref()?;
        let relation = dictionaries.relation(table)?;
        let mut out =
            String::from(if is_unique { "CREATE UNIQUE INDEX " } else { "CREATE INDEX " });
        dictionaries.push_quoted(&mut out, &name);
        out.push_str(if is_partitioned { " ON ONLY " } else { " ON " });
        dictionaries.push_relation(&mut out, relation);
        out.push_str(" USING ");
        out.push_str(method);
        out.push_str(" (");
        for (at, number) in keys.iter().enumerate() {
            let column = relation.column(*number)?;
            let is_default = dictionaries.is_default(*operator_classes.get(at)?, column.type_oid);
            let collation = *collations.get(at)?;
            if !is_default || collation != 0 && collation != column.collation {
                return None;
            }
            if at > 0 {
                out.push_str(", ");
            }
            dictionaries.push_quoted(&mut out, &column.name);
            out.push_str(order(*orders.get(at)?, method)?);
        }
        out.push(')');
        if let Some(predicate) = &predicate {
            // Over several lines it is written otherwise there.
            if predicate.contains('\n') {
                return None;
            }
            out.push_str(" WHERE ");
            out.push_str(predicate);
        }
        Some(out)
    };
    Some((oid, compose()))
}

/// Only a B-tree has an order.
fn order(option: i16, method: &str) -> Option<&'static str> {
    match option {
        0 => Some(""),
        _ if method != "btree" => None,
        DESCENDING => Some(" DESC NULLS LAST"),
        NULLS_FIRST => Some(" NULLS FIRST"),
        3 => Some(" DESC"),
        _ => None,
    }
}
