//! What helps to correct a difference: the delta that last named the object, and what would make
//! test what the reference is.

use serde::Serialize;

use crate::compare::Comparison;
use crate::connect::{literal, quoted};
use crate::diff::{Change, Difference};
use crate::model::{Identity, Kind, Model, Value};
use crate::source::{Place, last_named};
use crate::upgrade::Plan;

/// What helps to correct one difference between test and reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hint {
    /// The object.
    pub identity: Identity,
    /// The statement of the pending deltas that named it last.
    pub named_in: Option<Place>,
    /// A statement that would bring test to the reference, where it is a simple one.
    pub remedy: Option<String>,
}

/// One hint for each difference of which there is something to say, in their order.
pub(super) fn hints(comparison: &Comparison, plan: &Plan, test: &Model) -> Vec<Hint> {
    let objects: Vec<_> = comparison.differences.iter().map(|found| &found.identity).collect();
    let places = last_named(&objects, plan.steps.iter().map(|step| &step.script));
    let about = |(difference, named_in): (&Difference, Option<Place>)| Hint {
        identity: difference.identity.clone(),
        named_in,
        remedy: remedy(difference, comparison, test),
    };
    let says_something = |hint: &Hint| hint.named_in.is_some() || hint.remedy.is_some();
    comparison.differences.iter().zip(places).map(about).filter(says_something).collect()
}

/// A statement that makes the left side what the right one is.
fn remedy(difference: &Difference, comparison: &Comparison, test: &Model) -> Option<String> {
    let identity = &difference.identity;
    // Views and composite types have columns too, and none of this is for them.
    if let Some(parent) = &identity.parent {
        let table = Identity {
            kind: Kind::Table,
            schema: identity.schema.clone(),
            parent: None,
            name: parent.clone(),
            arguments: None,
        };
        test.get(&table)?;
    }
    match &difference.change {
        Change::OnlyLeft => {
            let renamed = comparison.renames.iter().find(|rename| rename.left == *identity);
            match renamed {
                Some(rename) => rename_sql(identity, &rename.right),
                None => drop_sql(identity),
            }
        }
        Change::OnlyRight => None,
        Change::Attribute { name, right, .. } => change_sql(identity, name, right),
    }
}

/// `ALTER TABLE s.t` for the table that an object belongs to.
fn alter_table(identity: &Identity) -> Option<String> {
    let parent = identity.parent.as_deref()?;
    Some(format!("ALTER TABLE {}.{}", quoted(&identity.schema), quoted(parent)))
}

fn own_name(identity: &Identity) -> String {
    format!("{}.{}", quoted(&identity.schema), quoted(&identity.name))
}

fn drop_sql(identity: &Identity) -> Option<String> {
    let name = quoted(&identity.name);
    let own = own_name(identity);
    Some(match identity.kind {
        Kind::Column => format!("{} DROP COLUMN {name};", alter_table(identity)?),
        Kind::Constraint => format!("{} DROP CONSTRAINT {name};", alter_table(identity)?),
        Kind::Table => format!("DROP TABLE {own};"),
        Kind::Index => format!("DROP INDEX {own};"),
        Kind::Sequence => format!("DROP SEQUENCE {own};"),
        Kind::Schema => format!("DROP SCHEMA {name};"),
        Kind::Trigger | Kind::Rule | Kind::Policy => {
            let kind = identity.kind.name().to_uppercase();
            let table =
                format!("{}.{}", quoted(&identity.schema), quoted(identity.parent.as_deref()?));
            format!("DROP {kind} {name} ON {table};")
        }
        _ => return None,
    })
}

fn rename_sql(from: &Identity, to: &Identity) -> Option<String> {
    let same_place = (&from.schema, &from.parent) == (&to.schema, &to.parent);
    let (old, new) = (quoted(&from.name), quoted(&to.name));
    let sql = match from.kind {
        Kind::Column => format!("{} RENAME COLUMN {old} TO {new};", alter_table(from)?),
        Kind::Constraint => format!("{} RENAME CONSTRAINT {old} TO {new};", alter_table(from)?),
        Kind::Table => format!("ALTER TABLE {} RENAME TO {new};", own_name(from)),
        Kind::Index => format!("ALTER INDEX {} RENAME TO {new};", own_name(from)),
        _ => return None,
    };
    same_place.then_some(sql)
}

fn change_sql(identity: &Identity, attribute: &str, wanted: &Value) -> Option<String> {
    let text = match wanted {
        Value::None => None,
        value => Some(value.to_string()),
    };
    let name = quoted(&identity.name);
    if identity.kind == Kind::Column {
        let column = format!("{} ALTER COLUMN {name}", alter_table(identity)?);
        return match (attribute, &text) {
            ("data_type", Some(wanted)) => Some(format!("{column} TYPE {wanted};")),
            ("default", Some(wanted)) => Some(format!("{column} SET DEFAULT {wanted};")),
            ("default", None) => Some(format!("{column} DROP DEFAULT;")),
            ("not_null", _) if *wanted == Value::Boolean(true) => {
                Some(format!("{column} SET NOT NULL;"))
            }
            ("not_null", _) => Some(format!("{column} DROP NOT NULL;")),
            ("comment", wanted) => {
                let parent = quoted(identity.parent.as_deref()?);
                let column = format!("{}.{parent}.{name}", quoted(&identity.schema));
                Some(comment_sql("COLUMN", &column, wanted.as_deref()))
            }
            _ => None,
        };
    }
    let kind = match identity.kind {
        Kind::Table => "TABLE",
        Kind::Index => "INDEX",
        Kind::Sequence => "SEQUENCE",
        Kind::Domain => "DOMAIN",
        _ => return None,
    };
    let own = own_name(identity);
    match (attribute, text) {
        ("owner", Some(owner)) => Some(format!("ALTER {kind} {own} OWNER TO {};", quoted(&owner))),
        ("comment", wanted) => Some(comment_sql(kind, &own, wanted.as_deref())),
        _ => None,
    }
}

fn comment_sql(kind: &str, name: &str, comment: Option<&str>) -> String {
    let comment = comment.map_or_else(|| "NULL".to_owned(), literal);
    format!("COMMENT ON {kind} {name} IS {comment};")
}
