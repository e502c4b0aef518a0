//! Objects that only the reference has.

use super::{Sides, Statements, change, grant, is_true, list, name, text, value};
use crate::connect::{quote_ident, quote_literal};
use crate::model::{Kind, Object, Value};

impl Sides<'_> {
    /// What makes an object as it is in the reference, with all that belongs to it. `replace`: in
    /// the place of the one that is there.
    pub(super) fn make(&self, object: &Object, replace: bool) -> Statements {
        let identity = &object.identity;
        let own = name::full(identity);
        let definition = |attribute| Some(with_semicolon(&text(object, attribute)?));
        let mut statements = match identity.kind {
            Kind::Schema => self.schema(object),
            Kind::Extension => vec![extension(object)?],
            Kind::EnumType => {
                let labels: Vec<String> =
                    list(object, "labels").iter().map(|label| quote_literal(label)).collect();
                vec![format!("CREATE TYPE {own} AS ENUM ({});", labels.join(", "))]
            }
            Kind::CompositeType => vec![self.composite_type(object)?],
            Kind::Domain => self.domain(object)?,
            Kind::Table => self.table(object)?,
            Kind::View => self.view(object, replace)?,
            Kind::Column => self.column(object)?,
            Kind::Constraint => vec![self.constraint(object)?],
            Kind::Index => super::relation::index(object)?,
            Kind::Statistics => vec![definition("definition")?],
            Kind::Trigger | Kind::Rule => {
                let mut statements = vec![definition("definition")?];
                if text(object, "enabled")? != "origin" {
                    statements.push(super::relation::enabled(object)?);
                }
                statements
            }
            Kind::Policy => vec![super::relation::policy(object)?],
            Kind::Sequence => sequence(object)?,
            Kind::Function => vec![super::routine::make(object, replace)?],
            _ => return None,
        };
        if !replace {
            statements.extend(self.properties(object)?);
        }
        Some(statements)
    }

    /// A schema. Its difference explains all that is in it, which is too much for a hint.
    fn schema(&self, object: &Object) -> Vec<String> {
        let name = &object.identity.name;
        let mut statements = vec![format!("CREATE SCHEMA {};", quote_ident(name))];
        if name == "public" {
            // Its privileges are told as they differ from those that `initdb` grants.
            let all = if self.major < 15 { "ALL" } else { "USAGE" };
            statements.push(format!("GRANT {all} ON SCHEMA public TO PUBLIC;"));
        }
        if self.reference.objects().iter().any(|object| object.identity.schema == *name) {
            statements.push("-- and what is in it, which the next comparison tells".to_owned());
        }
        statements
    }

    /// Owner, comment and privileges.
    pub(super) fn properties(&self, object: &Object) -> Statements {
        let identity = &object.identity;
        let mut statements = Vec::new();
        if let Some(owner) = text(object, "owner").filter(|owner| owner != self.role) {
            statements.push(self.owner(identity, &owner, self.reference)?);
        }
        if let Some(comment) = text(object, "comment") {
            statements.push(change::comment(identity, Some(&comment), self.reference)?);
        }
        if let Value::List(granted) = value(object, "privileges") {
            statements.extend(grant::change(identity, &[], &granted, self.reference)?);
        }
        for extension in list(object, "extensions") {
            let object = name::object(identity, self.reference)?;
            statements.push(format!("ALTER {object} DEPENDS ON EXTENSION {extension};"));
        }
        Some(statements)
    }

    fn domain(&self, object: &Object) -> Statements {
        let identity = &object.identity;
        let mut sql =
            format!("CREATE DOMAIN {} AS {}", name::full(identity), text(object, "data_type")?);
        if let Some(collation) = text(object, "collation") {
            sql += &format!(" COLLATE {collation}");
        }
        if let Some(default) = text(object, "default") {
            sql += &format!(" DEFAULT {default}");
        }
        if is_true(object, "not_null") {
            sql += " NOT NULL";
        }
        let mut statements = vec![sql + ";"];
        statements.extend(self.parts(identity, &[Kind::Constraint])?);
        Some(statements)
    }

    fn composite_type(&self, object: &Object) -> Option<String> {
        let attributes: Vec<String> = self
            .columns_of(&object.identity)
            .into_iter()
            .map(|column| {
                let collation = text(column, "collation");
                let collation =
                    collation.map_or_else(String::new, |name| format!(" COLLATE {name}"));
                let (name, of) = (quote_ident(&column.identity.name), text(column, "data_type")?);
                Some(format!("{name} {of}{collation}"))
            })
            .collect::<Option<_>>()?;
        Some(format!(
            "CREATE TYPE {} AS ({});",
            name::full(&object.identity),
            attributes.join(", ")
        ))
    }
}

fn sequence(object: &Object) -> Statements {
    // That of an identity column comes with it.
    if is_true(object, "identity") {
        return None;
    }
    let unlogged = if text(object, "persistence")? == "unlogged" { "UNLOGGED " } else { "" };
    let own = name::full(&object.identity);
    let (data_type, options) = (text(object, "data_type")?, sequence_options(object)?);
    let mut statements = vec![format!("CREATE {unlogged}SEQUENCE {own} AS {data_type} {options};")];
    if let Some(column) = text(object, "owned_by") {
        statements.push(format!("ALTER SEQUENCE {own} OWNED BY {column};"));
    }
    Some(statements)
}

/// `START WITH 1 INCREMENT BY 1 …`
pub(super) fn sequence_options(object: &Object) -> Option<String> {
    let number = |attribute| text(object, attribute);
    Some(format!(
        "START WITH {} INCREMENT BY {} MINVALUE {} MAXVALUE {} CACHE {}{}",
        number("start")?,
        number("increment")?,
        number("minimum")?,
        number("maximum")?,
        number("cache")?,
        if is_true(object, "cycle") { " CYCLE" } else { "" }
    ))
}

fn extension(object: &Object) -> Option<String> {
    Some(format!(
        "CREATE EXTENSION {} SCHEMA {} VERSION {};",
        quote_ident(&object.identity.name),
        quote_ident(&text(object, "schema")?),
        quote_literal(&text(object, "version")?)
    ))
}

/// Some of the server's definitions have one.
pub(super) fn with_semicolon(sql: &str) -> String {
    let sql = sql.trim_end();
    if sql.ends_with(';') { sql.to_owned() } else { format!("{sql};") }
}
