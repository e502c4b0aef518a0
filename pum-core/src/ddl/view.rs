//! Views and materialized views.

use super::grants::GrantTarget;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements};
use super::{create, name, parts, replace};
use crate::model::{Column, ColumnValue, Identity, Model, Object, View, ViewKind};
use crate::sql::quote_ident;

/// Creates a view of NULLs with the columns of another one, which can take its place.
pub(crate) fn stand_in(view: &Identity, model: &Model) -> String {
    format!("CREATE {}", view_of_nulls(view, model))
}

/// Puts a view of NULLs in the place of one: it has the same columns, and needs nothing but their types.
pub(crate) fn empty(view: &Identity, model: &Model) -> String {
    format!("CREATE OR REPLACE {}", view_of_nulls(view, model))
}

fn view_of_nulls(view: &Identity, model: &Model) -> String {
    let mut columns: Vec<(&Identity, &Column)> = model.parts_of::<Column>(view).collect();
    columns.sort_by_key(|(_, column)| column.position);
    let columns: Vec<String> = columns
        .into_iter()
        .map(|(identity, column)| {
            let collation = column.collation.as_ref();
            let collate = collation.map_or_else(String::new, |name| format!(" COLLATE {name}"));
            let (name, data_type) = (quote_ident(&identity.name), &column.data_type);
            format!("NULL::{data_type}{collate} AS {name}")
        })
        .collect();
    format!("VIEW {} AS SELECT {};", name::full(view), columns.join(", "))
}

/// Creates a view in the place of its stand-in.
pub(crate) fn create_in_place(object: &Object, schemas: &Schemas<'_>) -> Statements {
    let mut statements = create(object, schemas)?;
    if let Some(first) = statements.first_mut() {
        *first = replace(object, schemas)?.concat();
    }
    Ok(statements)
}

impl Ddl for View {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        Ok(format!("{} {}", self.words()?, name::full(identity)))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let mut statements = vec![self.create_view("CREATE", identity)?];
        for (identity, column) in parts::columns(identity, schemas) {
            if self.relation == ViewKind::MaterializedView {
                statements.extend(column.storage(identity, schemas.wanted)?);
            }
            statements.extend(column.create_properties(identity, schemas)?);
        }
        let described = self.described(identity, schemas.wanted)?;
        statements.extend(self.properties(identity).create(&described, schemas)?);
        Ok(statements)
    }

    fn finish(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let mut statements = Vec::new();
        for (identity, column) in parts::columns(identity, schemas) {
            if let ColumnValue::Default(default) = &column.value {
                let (view, own) = (name::parent(identity)?, quote_ident(&identity.name));
                statements
                    .push(format!("ALTER VIEW {view} ALTER COLUMN {own} SET DEFAULT {default};"));
            }
        }
        if let Some(index) = &self.clustered_on {
            let described = self.described(identity, schemas.wanted)?;
            statements.push(format!("ALTER {described} CLUSTER ON {};", quote_ident(index)));
        }
        Ok(statements)
    }

    fn replace(&self, identity: &Identity, _: &Schemas<'_>) -> Statements {
        Ok(vec![self.create_view("CREATE OR REPLACE", identity)?])
    }

    fn alter(
        &self,
        wanted: &Self,
        identity: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Alteration, NoStatement> {
        let Self {
            relation,
            owner: _,
            definition,
            options,
            access_method,
            tablespace,
            clustered_on,
            extensions: _,
            comment: _,
            privileges: _,
        } = wanted;
        let is_replaced = (&self.definition, &self.options) != (definition, options);
        let is_recreated = (&self.access_method, &self.tablespace, &self.clustered_on)
            != (access_method, tablespace, clustered_on);
        if (&self.relation, relation) != (&ViewKind::View, &ViewKind::View) {
            if self.relation != *relation || is_replaced || is_recreated {
                return Ok(Alteration::Recreate);
            }
        } else if is_replaced || is_recreated {
            return Ok(Alteration::Replace);
        }
        let described = self.described(identity, schemas.current)?;
        let (from, to) = (self.properties(identity), wanted.properties(identity));
        Ok(Alteration::InPlace(from.alter(&to, &described, schemas)?))
    }
}

impl View {
    fn words(&self) -> Result<&'static str, NoStatement> {
        match self.relation {
            ViewKind::View => Ok("VIEW"),
            ViewKind::MaterializedView => Ok("MATERIALIZED VIEW"),
            ViewKind::Unknown(_) => Err(NoStatement::Unknown),
        }
    }

    /// The view alone, with its query.
    fn create_view(&self, create: &str, identity: &Identity) -> Result<String, NoStatement> {
        let Self {
            relation: _,
            owner: _,
            definition,
            options,
            access_method,
            tablespace,
            clustered_on: _,
            extensions: _,
            comment: _,
            privileges: _,
        } = self;
        let mut sql = format!("{create} {} {}", self.words()?, name::full(identity));
        if let Some(method) = access_method.as_ref().filter(|method| *method != "heap") {
            sql += &format!(" USING {}", quote_ident(method));
        }
        if !options.is_empty() {
            sql += &format!(" WITH ({})", name::storage_parameters(options));
        }
        if let Some(tablespace) = tablespace {
            sql += &format!(" TABLESPACE {}", quote_ident(tablespace));
        }
        Ok(format!("{sql} AS\n{}", name::statement(&definition.0)))
    }

    fn properties<'a>(&'a self, identity: &'a Identity) -> Properties<'a> {
        let on = GrantTarget::new(format!("TABLE {}", name::full(identity)), &self.owner);
        Properties::new(self.comment.as_ref())
            .owned_by(&self.owner)
            .granted(&self.privileges, Ok(on))
            .with_defaults("TABLES", &identity.schema)
            .depending_on(&self.extensions)
    }
}
