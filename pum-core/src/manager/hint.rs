//! What helps to correct a difference: the delta that last named the object, and what would make
//! test what the reference is.

use std::path::PathBuf;

use serde::Serialize;

use crate::compare::Comparison;
use crate::connect::{literal, quoted};
use crate::delta::{Statement, tokens};
use crate::diff::{Change, Difference};
use crate::model::{Identity, Kind, Model, Value};
use crate::upgrade::{Plan, Step};

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

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

/// One hint for each difference of which there is something to say, in their order.
pub(super) fn hints(comparison: &Comparison, plan: &Plan, test: &Model) -> Vec<Hint> {
    let about = |difference: &Difference| Hint {
        identity: difference.identity.clone(),
        named_in: last_named(&difference.identity, plan),
        remedy: remedy(difference, comparison, test),
    };
    let says_something = |hint: &Hint| hint.named_in.is_some() || hint.remedy.is_some();
    comparison.differences.iter().map(about).filter(says_something).collect()
}

/// The last statement that names the object; if none does, the last that names its table.
fn last_named(identity: &Identity, plan: &Plan) -> Option<Place> {
    let (_, group) = identity.group();
    named(&identity.name, plan).or_else(|| named(group, plan))
}

fn named(name: &str, plan: &Plan) -> Option<Place> {
    let statements = plan.steps.iter().rev().flat_map(|step| {
        step.script.statements().iter().rev().map(move |statement| (step, statement))
    });
    let mut statements = statements.filter(|(step, statement)| names(step, statement, name));
    statements.next().map(|(step, statement)| {
        let location = step.script.location(statement.span.start);
        let path = location.map_or(step.path(), |location| location.path).to_owned();
        Place { path, line: statement.line }
    })
}

fn names(step: &Step, statement: &Statement, name: &str) -> bool {
    let sql = step.script.text().get(statement.span.clone()).unwrap_or_default();
    // Most do not; looking is quicker than reading.
    sql.to_lowercase().contains(&name.to_lowercase())
        && tokens(sql)
            .iter()
            .any(|token| token.is_name && (token.key == name || token.key == quoted(name)))
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
