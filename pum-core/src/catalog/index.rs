//! The definition of an index, as `pg_get_indexdef` prints it.

use std::borrow::Cow;

use super::dictionaries::Dictionaries;
use super::record::Fields;

/// Bits of `pg_index.indoption` (`INDOPTION_DESC`, `INDOPTION_NULLS_FIRST`).
const DESCENDING: i16 = 1;
const NULLS_FIRST: i16 = 2;

/// What `pg_index.indkey` has in place of the number of a column.
const EXPRESSION: i16 = 0;

/// How many columns `queries/index.sql` has before the identity.
pub(super) const COLUMNS: usize = 13;

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
    let (expression, node) = (fields.next()?, fields.next()?.unwrap_or_default());
    let by_server = fields.next()?;
    if let Some(definition) = by_server {
        return Some((oid, Some(definition.into_owned())));
    }
    let (_schema, _table) = (fields.next()?, fields.next()?);
    let name = fields.text()?;
    let call = Call::of(expression, &node);
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
        // Where there are several expressions it is not known where each of them ends.
        if keys.iter().filter(|number| **number == EXPRESSION).count() > 1 {
            return None;
        }
        for (at, number) in keys.iter().enumerate() {
            if at > 0 {
                out.push_str(", ");
            }
            let (type_oid, own_collation) = if *number == EXPRESSION {
                let call = call.as_ref()?;
                out.push_str(on_one_line(&call.text)?);
                (call.type_oid, call.collation)
            } else {
                let column = relation.column(*number)?;
                dictionaries.push_quoted(&mut out, &column.name);
                (column.type_oid, column.collation)
            };
            let is_default = dictionaries.is_default(*operator_classes.get(at)?, type_oid);
            let collation = *collations.get(at)?;
            if !is_default || collation != 0 && collation != own_collation {
                return None;
            }
            out.push_str(order(*orders.get(at)?, method)?);
        }
        out.push(')');
        if let Some(predicate) = &predicate {
            out.push_str(" WHERE ");
            out.push_str(on_one_line(predicate)?);
        }
        Some(out)
    };
    Some((oid, compose()))
}

/// What is indexed in place of a column: the call of a function.
struct Call<'a> {
    text: Cow<'a, str>,
    /// What it returns.
    type_oid: u32,
    collation: u32,
}

impl<'a> Call<'a> {
    /// `node` is the beginning of a list of expressions (`pg_node_tree`). `None` if the first is not written as
    /// a call (`COERCE_EXPLICIT_CALL` in primnodes.h): such a one stands in parentheses.
    fn of(text: Option<Cow<'a, str>>, node: &str) -> Option<Self> {
        let mut words = node.strip_prefix("({FUNCEXPR ")?.split(' ');
        let mut value = |name: &str| words.find(|word| *word == name).and_then(|_| words.next());
        let type_oid = value(":funcresulttype")?.parse().ok()?;
        (value(":funcformat")? == "0").then_some(())?;
        let collation = value(":funccollid")?.parse().ok()?;
        Some(Self { text: text?, type_oid, collation })
    }
}

/// Over several lines `pg_get_indexdef` writes it otherwise than `pg_get_expr`.
fn on_one_line(text: &str) -> Option<&str> {
    (!text.contains('\n')).then_some(text)
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
