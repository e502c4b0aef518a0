//! The definition of a key, as `pg_get_constraintdef` prints it.

use super::dictionaries::Dictionaries;
use super::record::Fields;

/// How many columns `queries/constraint.sql` has before the identity.
pub(super) const COLUMNS: usize = 13;

/// Takes the columns of `queries/constraint.sql` before the identity.
///
/// The definition is `None` if not all is known, such as the columns of a table in another schema.
/// `None` instead of all is a broken row.
pub(super) fn definition(
    mut fields: Fields<'_>,
    dictionaries: &Dictionaries<'_>,
) -> Option<(u32, Option<String>)> {
    let oid = fields.number()?;
    let _index = fields.next()?;
    let table = fields.next()?;
    let key_type = fields.next()?;
    let columns: Vec<i16> = fields.numbers()?;
    let referenced = fields.next()?;
    let referenced_columns: Vec<i16> = fields.numbers()?;
    let (match_type, on_update, on_delete) = (fields.next()?, fields.next()?, fields.next()?);
    let (is_deferrable, is_deferred) = (fields.boolean()?, fields.boolean()?);
    let by_server = fields.next()?;
    if let Some(definition) = by_server {
        return Some((oid, Some(without_not_valid(&definition))));
    }
    let relation = |oid: Option<&str>| dictionaries.relation(oid?.parse().ok()?);
    let compose = || {
        let own = relation(table.as_deref())?;
        let mut out = String::from(match key_type.as_deref()? {
            "p" => "PRIMARY KEY (",
            "u" => "UNIQUE (",
            "f" => "FOREIGN KEY (",
            _ => return None,
        });
        dictionaries.push_columns(&mut out, own, &columns)?;
        out.push(')');
        if key_type.as_deref() == Some("f") {
            let other = relation(referenced.as_deref())?;
            out.push_str(" REFERENCES ");
            dictionaries.push_relation(&mut out, other);
            out.push('(');
            dictionaries.push_columns(&mut out, other, &referenced_columns)?;
            out.push(')');
            out.push_str(match match_type.as_deref()? {
                "s" => "",
                "f" => " MATCH FULL",
                "p" => " MATCH PARTIAL",
                _ => return None,
            });
            push_action(&mut out, " ON UPDATE ", on_update.as_deref()?)?;
            push_action(&mut out, " ON DELETE ", on_delete.as_deref()?)?;
        }
        if is_deferrable {
            out.push_str(" DEFERRABLE");
        }
        if is_deferred {
            out.push_str(" INITIALLY DEFERRED");
        }
        Some(out)
    };
    Some((oid, compose()))
}

/// Whether it is validated has an attribute of its own.
pub(super) fn without_not_valid(definition: &str) -> String {
    definition.strip_suffix(" NOT VALID").unwrap_or(definition).to_owned()
}

fn push_action(out: &mut String, event: &str, letter: &str) -> Option<()> {
    let action = match letter {
        "a" => return Some(()),
        "r" => "RESTRICT",
        "c" => "CASCADE",
        "n" => "SET NULL",
        "d" => "SET DEFAULT",
        _ => return None,
    };
    out.push_str(event);
    out.push_str(action);
    Some(())
}
