use postgres::types::{FromSql, ToSql};
use postgres::{IsolationLevel, Row};

use super::Scope;
use super::query::query_for;
use crate::connect::Session;
use crate::model::{Attributes, Fields, Identity, Kind, Model, Object};

/// Why the catalogs could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The server refused a query or the connection was lost.
    #[error("cannot read the {what} of {label}: {}", crate::connect::describe(source))]
    Query {
        /// What was being read.
        what: &'static str,
        /// The connection.
        label: String,
        /// What the server said.
        source: postgres::Error,
    },
    /// A query and the model do not fit together: an error in pum.
    #[error("the query of {kind} has no column \"{name}\" that fits the model: please report this")]
    Column {
        /// The kind that was read.
        kind: &'static str,
        /// The column.
        name: String,
    },
}

pub(super) fn read(session: &mut Session, scope: &Scope) -> Result<Model, CatalogError> {
    let label = session.settings().label().to_owned();
    let major = session.version().major();
    let failed = |what: &'static str| {
        let label = label.clone();
        move |source| CatalogError::Query { what, label, source }
    };
    let mut transaction = session
        .client()
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .map_err(failed("catalogs"))?;
    transaction.batch_execute("SET LOCAL search_path = ''").map_err(failed("catalogs"))?;
    let mut objects = Vec::new();
    for &kind in Kind::ALL {
        let query = query_for(kind, major);
        let parameters: &[&(dyn ToSql + Sync)] = &[&scope.exclude_schemas];
        for row in transaction.query(&query, parameters).map_err(failed(kind.element()))? {
            objects.push(object(kind, &row)?);
        }
    }
    transaction.rollback().map_err(failed("catalogs"))?;
    Ok(Model::new(objects))
}

fn object(kind: Kind, row: &Row) -> Result<Object, CatalogError> {
    let mut fields = RowFields { kind, row, next: 0 };
    let identity = Identity {
        kind,
        schema: fields.text("schema")?.unwrap_or_default(),
        parent: fields.text("parent")?,
        name: fields.text("name")?.unwrap_or_default(),
        arguments: fields.text("arguments")?,
    };
    Ok(Object { identity, attributes: Attributes::read(kind, &mut fields)? })
}

/// Reads a row's columns from left to right and holds their names against the model's.
struct RowFields<'a> {
    kind: Kind,
    row: &'a Row,
    next: usize,
}

impl<'a> RowFields<'a> {
    fn next<T: FromSql<'a>>(&mut self, name: &'static str) -> Result<T, CatalogError> {
        let at = self.next;
        self.next += 1;
        let mismatch = || CatalogError::Column { kind: self.kind.element(), name: name.to_owned() };
        if self.row.columns().get(at).map(postgres::Column::name) != Some(name) {
            return Err(mismatch());
        }
        self.row.try_get(at).map_err(|_| mismatch())
    }
}

impl Fields for RowFields<'_> {
    type Error = CatalogError;

    fn text(&mut self, name: &'static str) -> Result<Option<String>, CatalogError> {
        self.next(name)
    }

    fn boolean(&mut self, name: &'static str) -> Result<bool, CatalogError> {
        self.next::<Option<bool>>(name).map(|value| value.unwrap_or(false))
    }

    fn integer(&mut self, name: &'static str) -> Result<Option<i64>, CatalogError> {
        self.next(name)
    }

    fn list(&mut self, name: &'static str) -> Result<Vec<String>, CatalogError> {
        self.next::<Option<Vec<String>>>(name).map(Option::unwrap_or_default)
    }
}
