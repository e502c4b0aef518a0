//! The statements that build each thing.

use std::collections::BTreeSet;

use super::closure::Closure;
use super::key::{Key, Part};
use crate::ddl::{self, NO_COLUMNS, NO_CONVERSIONS, NoStatement, Schemas, Statements};
use crate::model::{
    Attributes, Column, ColumnValue, Domain, Extension, Function, Identity, Inheritance, Kind,
    Model, Object, Table, View,
};
use crate::sql::quote_ident;

/// What is built, and how.
pub(super) struct Writer<'a> {
    /// As it is in the schema.
    pub(super) model: &'a Model,
    /// As it is built.
    pub(super) bare: &'a Model,
    pub(super) closure: &'a Closure,
    pub(super) role: &'a str,
    pub(super) major: u32,
}

impl Writer<'_> {
    /// What builds something. `number` makes the name of a table of its own.
    pub(super) fn statements(&self, key: &Key, number: usize) -> Statements {
        let identity = &key.identity;
        match key.part {
            Part::Object => self.object(identity),
            Part::Value => self.value(identity, number),
            Part::Body => self.body(identity),
            Part::Bound => {
                let table = self.model.of::<Table>(identity).ok_or(NoStatement::NotInModel)?;
                let Inheritance::Partition { of, bound } = &table.inheritance else {
                    return Err(NoStatement::NotInModel);
                };
                let own = full(&substitute(identity, number));
                Ok(vec![format!("CREATE TABLE {own} PARTITION OF {of} {bound};")])
            }
        }
    }

    fn object(&self, identity: &Identity) -> Statements {
        let schemas = self.schemas();
        if identity.kind == Kind::Extension {
            return self.extension(identity);
        }
        if identity.kind == Kind::Column {
            return self.column(identity);
        }
        let object = self.bare.get(identity).ok_or(NoStatement::NotInModel)?;
        let name = full(identity);
        match identity.kind {
            Kind::Sequence => return Ok(vec![format!("CREATE SEQUENCE {name};")]),
            Kind::Collation => return Ok(vec![format!("CREATE COLLATION {name} (LOCALE = 'C');")]),
            Kind::TextSearchConfiguration => {
                let copied = "COPY = pg_catalog.simple";
                return Ok(vec![format!("CREATE TEXT SEARCH CONFIGURATION {name} ({copied});")]);
            }
            Kind::TextSearchDictionary => {
                let template = "TEMPLATE = pg_catalog.simple";
                return Ok(vec![format!("CREATE TEXT SEARCH DICTIONARY {name} ({template});")]);
            }
            Kind::Publication => {
                return Ok(vec![format!("CREATE PUBLICATION {};", quote_ident(&identity.name))]);
            }
            _ => {}
        }
        if let Attributes::Domain(domain) = &object.attributes {
            // Its constraints are built by themselves.
            let collation = domain.collation.as_ref();
            let collate = collation.map_or_else(String::new, |name| format!(" COLLATE {name}"));
            return Ok(vec![format!("CREATE DOMAIN {name} AS {}{collate};", domain.data_type)]);
        }
        let mut statements = Vec::new();
        if identity.kind == Kind::BaseType {
            statements.push(ddl::shell(identity));
            let own = self.closure.own_functions.iter().filter(|(_, of)| *of == identity);
            let own: BTreeSet<&Identity> = own.map(|(function, _)| function).collect();
            for function in own {
                let function = self.bare.get(function).ok_or(NoStatement::NotInModel)?;
                statements.extend(ddl::create(function, &schemas)?);
            }
        }
        statements.extend(ddl::create(object, &schemas)?);
        Ok(statements)
    }

    /// What gives a column its type.
    fn column(&self, identity: &Identity) -> Statements {
        let column = self.model.of::<Column>(identity).ok_or(NoStatement::NotInModel)?;
        let parent = identity.parent.as_deref().ok_or(NoStatement::NotInModel)?;
        let table = format!("{}.{}", quote_ident(&identity.schema), quote_ident(parent));
        let (own, data_type) = (quote_ident(&identity.name), &column.data_type);
        let collation = column.collation.as_ref();
        let collate = collation.map_or_else(String::new, |name| format!(" COLLATE {name}"));
        Ok(vec![format!(
            "ALTER TABLE {table} ALTER COLUMN {own} TYPE {data_type}{collate} \
             USING NULL::{data_type};"
        )])
    }

    fn extension(&self, identity: &Identity) -> Statements {
        let extension = self.model.of::<Extension>(identity).ok_or(NoStatement::NotInModel)?;
        let (name, schema) = (quote_ident(&identity.name), quote_ident(&extension.schema));
        Ok(vec![format!("CREATE EXTENSION IF NOT EXISTS {name} SCHEMA {schema} CASCADE;")])
    }

    /// The default of a column or domain, or a table with a generated column: what needs that column
    /// has to do without the expression.
    fn value(&self, identity: &Identity, number: usize) -> Statements {
        if let Some(domain) = self.model.of::<Domain>(identity) {
            let default = domain.default.as_ref().ok_or(NoStatement::NotInModel)?;
            return Ok(vec![format!("ALTER DOMAIN {} SET DEFAULT {default};", full(identity))]);
        }
        let column = self.model.of::<Column>(identity).ok_or(NoStatement::NotInModel)?;
        let parent = identity.parent.as_deref().ok_or(NoStatement::NotInModel)?;
        let table = format!("{}.{}", quote_ident(&identity.schema), quote_ident(parent));
        match &column.value {
            ColumnValue::Default(default) => {
                let word =
                    if self.model.parent_of::<View>(identity).is_some() { "VIEW" } else { "TABLE" };
                let own = quote_ident(&identity.name);
                Ok(vec![format!("ALTER {word} {table} ALTER COLUMN {own} SET DEFAULT {default};")])
            }
            ColumnValue::Generated { expression, .. } => {
                let place = substitute(identity, number);
                let (own, name) = (
                    quote_ident(place.parent.as_deref().unwrap_or_default()),
                    quote_ident(&place.name),
                );
                let own = format!("{}.{own}", quote_ident(&identity.schema));
                let collation = column.collation.as_ref();
                let collate = collation.map_or_else(String::new, |name| format!(" COLLATE {name}"));
                let data_type = &column.data_type;
                Ok(vec![format!(
                    "CREATE TABLE {own} (LIKE {table}, {name} {data_type}{collate} \
                     GENERATED ALWAYS AS ({expression}) STORED);"
                )])
            }
            ColumnValue::Null | ColumnValue::Identity(_) => Err(NoStatement::NotInModel),
        }
    }

    /// The function with its body, in the place of the one that does nothing.
    fn body(&self, identity: &Identity) -> Statements {
        let bare = self.bare.of::<Function>(identity).ok_or(NoStatement::NotInModel)?;
        let function = self.model.of::<Function>(identity).ok_or(NoStatement::NotInModel)?;
        let whole = Function {
            language: function.language.clone(),
            body: function.body.clone(),
            sql_body: function.sql_body.clone(),
            ..bare.clone()
        };
        let object = Object {
            identity: identity.clone(),
            attributes: Attributes::Function(Box::new(whole)),
        };
        ddl::replace(&object, &self.schemas())
    }

    /// What puts a view in the place of its stand-in.
    pub(super) fn replace(&self, view: &Identity) -> Statements {
        let object = self.bare.get(view).ok_or(NoStatement::NotInModel)?;
        ddl::replace(object, &self.schemas())
    }

    fn schemas(&self) -> Schemas<'_> {
        Schemas {
            current: self.bare,
            wanted: self.bare,
            role: self.role,
            major: self.major,
            late_defaults: &NO_COLUMNS,
            recreated: &NO_COLUMNS,
            conversions: &NO_CONVERSIONS,
        }
    }
}

/// Where the definition of something is found that is built in a table of its own.
pub(super) fn place(key: &Key, number: usize, model: &Model) -> Identity {
    let is_generated = || {
        let column = model.of::<Column>(&key.identity);
        column.is_some_and(|it| matches!(it.value, ColumnValue::Generated { .. }))
    };
    match key.part {
        Part::Bound => substitute(&key.identity, number),
        Part::Value if is_generated() => substitute(&key.identity, number),
        _ => key.identity.clone(),
    }
}

/// A table of its own, or a column of one.
fn substitute(identity: &Identity, number: usize) -> Identity {
    let name = format!("pum canonical {number}");
    if identity.kind == Kind::Column {
        Identity { parent: Some(name), name: "pum canonical value".to_owned(), ..identity.clone() }
    } else {
        Identity { name, ..identity.clone() }
    }
}

fn full(identity: &Identity) -> String {
    format!("{}.{}", quote_ident(&identity.schema), quote_ident(&identity.name))
}
