//! Objects that both sides have, dropped or renamed.

use super::{Sides, Statements, grant, is_true, name, text};
use crate::connect::{quote_ident, quote_literal};
use crate::model::{Identity, Kind, Model, Object, Value};

/// What drops an object.
pub(super) fn drop(identity: &Identity, model: &Model) -> Option<String> {
    let own = quote_ident(&identity.name);
    let part = match identity.kind {
        Kind::Constraint => "CONSTRAINT",
        Kind::Column if name::is_of(identity, Kind::CompositeType, model) => "ATTRIBUTE",
        Kind::Column => "COLUMN",
        Kind::Database => return None,
        _ => return Some(format!("DROP {};", name::object(identity, model)?)),
    };
    // Those that came from a parent go with it.
    if is_true(model.get(identity)?, "inherited") {
        return None;
    }
    Some(format!("{} DROP {part} {own};", name::alter_parent(identity, model)?))
}

/// What gives an object another name.
pub(super) fn rename(from: &Identity, to: &Identity, model: &Model) -> Option<String> {
    let same_place = (&from.schema, &from.parent) == (&to.schema, &to.parent);
    let (old, new) = (quote_ident(&from.name), quote_ident(&to.name));
    let sql = match from.kind {
        Kind::Column if name::is_of(from, Kind::Table, model) => {
            format!("{} RENAME COLUMN {old} TO {new};", name::alter_parent(from, model)?)
        }
        Kind::Constraint => {
            format!("{} RENAME CONSTRAINT {old} TO {new};", name::alter_parent(from, model)?)
        }
        Kind::Trigger
        | Kind::Rule
        | Kind::Policy
        | Kind::Table
        | Kind::Index
        | Kind::View
        | Kind::Sequence
        | Kind::Function
        | Kind::EnumType
        | Kind::Domain
        | Kind::Statistics => {
            format!("ALTER {} RENAME TO {new};", name::object(from, model)?)
        }
        _ => return None,
    };
    same_place.then_some(sql)
}

/// `COMMENT ON …`
pub(super) fn comment(identity: &Identity, comment: Option<&str>, model: &Model) -> Option<String> {
    let comment = comment.map_or_else(|| "NULL".to_owned(), quote_literal);
    Some(format!("COMMENT ON {} IS {comment};", name::object(identity, model)?))
}

impl Sides<'_> {
    /// `ALTER … OWNER TO …`
    pub(super) fn owner(&self, identity: &Identity, owner: &str, model: &Model) -> Option<String> {
        // The schema that `initdb` made has no role's name there. Which superuser had run it is not
        // known.
        let is_initial = (identity.kind, identity.name.as_str()) == (Kind::Schema, "public");
        let owner = match owner {
            "default" if is_initial && self.major < 15 => return None,
            "default" if is_initial => "pg_database_owner",
            owner => owner,
        };
        Some(format!("ALTER {} OWNER TO {};", name::object(identity, model)?, quote_ident(owner)))
    }

    /// What gives an attribute another value.
    pub(super) fn change(
        &self,
        identity: &Identity,
        attribute: &str,
        left: &Value,
        right: &Value,
    ) -> Statements {
        let wanted = match right {
            Value::None => None,
            value => Some(value.to_string()),
        };
        match (attribute, left, right) {
            ("comment", _, _) => return one(comment(identity, wanted.as_deref(), self.test)),
            ("owner", _, _) => return one(self.owner(identity, &wanted?, self.test)),
            ("privileges", Value::List(from), Value::List(to)) => {
                return grant::change(identity, from, to, self.reference);
            }
            _ => (),
        }
        match identity.kind {
            Kind::Column => one(self.change_column(identity, attribute, wanted.as_deref(), right)),
            Kind::Table => one(change_table(identity, attribute, &wanted?)),
            Kind::Sequence => one(change_sequence(identity, attribute, wanted.as_deref())),
            Kind::EnumType => add_values(identity, left, right),
            Kind::Domain => one(change_domain(identity, attribute, wanted.as_deref())),
            Kind::Extension => one(match attribute {
                "version" => {
                    let (name, version) = (quote_ident(&identity.name), quote_literal(&wanted?));
                    Some(format!("ALTER EXTENSION {name} UPDATE TO {version};"))
                }
                "schema" => {
                    let (name, schema) = (quote_ident(&identity.name), quote_ident(&wanted?));
                    Some(format!("ALTER EXTENSION {name} SET SCHEMA {schema};"))
                }
                _ => None,
            }),
            Kind::Trigger | Kind::Rule if attribute == "enabled" => {
                one(super::relation::enabled(self.reference.get(identity)?))
            }
            Kind::Constraint if attribute == "validated" && wanted? == "true" => {
                let (alter, own) =
                    (name::alter_parent(identity, self.test)?, quote_ident(&identity.name));
                one(Some(format!("{alter} VALIDATE CONSTRAINT {own};")))
            }
            Kind::View | Kind::Function => self.replace(identity, attribute),
            Kind::Index
            | Kind::Constraint
            | Kind::Trigger
            | Kind::Rule
            | Kind::Policy
            | Kind::Statistics => self.make_again(self.reference.get(identity)?),
            _ => None,
        }
    }

    /// A view or function in the place of the one that is there; grants and dependents stay.
    fn replace(&self, identity: &Identity, attribute: &str) -> Statements {
        let object = self.reference.get(identity)?;
        let can_be_replaced = match identity.kind {
            Kind::View => text(object, "relation")? == "view",
            _ => !matches!(attribute, "signature" | "returns" | "routine"),
        };
        if can_be_replaced { self.make(object, true) } else { self.make_again(object) }
    }

    /// Dropped, and made as it is to be: what holds no data itself.
    fn make_again(&self, object: &Object) -> Statements {
        let mut statements = vec![drop(&object.identity, self.test)?];
        statements.extend(self.make(object, false)?);
        Some(statements)
    }

    fn change_column(
        &self,
        identity: &Identity,
        attribute: &str,
        wanted: Option<&str>,
        value: &Value,
    ) -> Option<String> {
        // Views and composite types have columns too, and none of this is for them.
        if !name::is_of(identity, Kind::Table, self.test) {
            return None;
        }
        let alter = name::alter_parent(identity, self.test)?;
        let column = format!("{alter} ALTER COLUMN {}", quote_ident(&identity.name));
        Some(match (attribute, wanted) {
            ("data_type", Some(wanted)) => format!("{column} TYPE {wanted};"),
            ("default", Some(wanted)) => format!("{column} SET DEFAULT {wanted};"),
            ("default", None) => format!("{column} DROP DEFAULT;"),
            ("not_null", _) if *value == Value::Boolean(true) => format!("{column} SET NOT NULL;"),
            ("not_null", _) => format!("{column} DROP NOT NULL;"),
            ("identity", None) => format!("{column} DROP IDENTITY;"),
            ("generated", None) => format!("{column} DROP EXPRESSION;"),
            ("statistics_target", wanted) => {
                format!("{column} SET STATISTICS {};", wanted.unwrap_or("-1"))
            }
            ("storage", Some(wanted)) => format!("{column} SET STORAGE {wanted};"),
            _ => return None,
        })
    }
}

fn one(statement: Option<String>) -> Statements {
    Some(vec![statement?])
}

fn change_table(identity: &Identity, attribute: &str, wanted: &str) -> Option<String> {
    let action = match (attribute, wanted) {
        ("row_security", "true") => "ENABLE ROW LEVEL SECURITY",
        ("row_security", _) => "DISABLE ROW LEVEL SECURITY",
        ("force_row_security", "true") => "FORCE ROW LEVEL SECURITY",
        ("force_row_security", _) => "NO FORCE ROW LEVEL SECURITY",
        ("persistence", "permanent") => "SET LOGGED",
        ("persistence", "unlogged") => "SET UNLOGGED",
        ("replica_identity", "default") => "REPLICA IDENTITY DEFAULT",
        ("replica_identity", "full") => "REPLICA IDENTITY FULL",
        ("replica_identity", "nothing") => "REPLICA IDENTITY NOTHING",
        _ => return None,
    };
    Some(format!("ALTER TABLE {} {action};", name::full(identity)))
}

fn change_sequence(identity: &Identity, attribute: &str, wanted: Option<&str>) -> Option<String> {
    let option = match (attribute, wanted) {
        ("owned_by", None) => "OWNED BY NONE".to_owned(),
        ("owned_by", Some(column)) => format!("OWNED BY {column}"),
        ("data_type", Some(wanted)) => format!("AS {wanted}"),
        ("start", Some(wanted)) => format!("START WITH {wanted}"),
        ("increment", Some(wanted)) => format!("INCREMENT BY {wanted}"),
        ("minimum", Some(wanted)) => format!("MINVALUE {wanted}"),
        ("maximum", Some(wanted)) => format!("MAXVALUE {wanted}"),
        ("cache", Some(wanted)) => format!("CACHE {wanted}"),
        ("cycle", Some("true")) => "CYCLE".to_owned(),
        ("cycle", Some(_)) => "NO CYCLE".to_owned(),
        _ => return None,
    };
    Some(format!("ALTER SEQUENCE {} {option};", name::full(identity)))
}

fn change_domain(identity: &Identity, attribute: &str, wanted: Option<&str>) -> Option<String> {
    let action = match (attribute, wanted) {
        ("default", Some(wanted)) => format!("SET DEFAULT {wanted}"),
        ("default", None) => "DROP DEFAULT".to_owned(),
        ("not_null", Some("true")) => "SET NOT NULL".to_owned(),
        ("not_null", _) => "DROP NOT NULL".to_owned(),
        _ => return None,
    };
    Some(format!("ALTER DOMAIN {} {action};", name::full(identity)))
}

/// Adds the values that an enumeration lacks. There is no statement that takes one away, or moves
/// one.
fn add_values(identity: &Identity, left: &Value, right: &Value) -> Statements {
    let (Value::List(have), Value::List(want)) = (left, right) else { return None };
    let kept: Vec<&String> = want.iter().filter(|label| have.contains(label)).collect();
    if kept != have.iter().collect::<Vec<_>>() {
        return None;
    }
    let name = name::full(identity);
    let statement = |(at, label): (usize, &String)| {
        let place = match at.checked_sub(1).and_then(|before| want.get(before)) {
            Some(before) => format!("AFTER {}", quote_literal(before)),
            None => format!("BEFORE {}", quote_literal(have.first()?)),
        };
        Some(format!("ALTER TYPE {name} ADD VALUE {} {place};", quote_literal(label)))
    };
    want.iter().enumerate().filter(|(_, label)| !have.contains(label)).map(statement).collect()
}
