//! Tables, partitioned tables and foreign tables.

use super::column::set_default;
use super::grants::GrantTarget;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements, same};
use super::{name, options, parts};
use crate::model::{
    Column, ColumnValue, Constraint, ForeignTable, Identity, Inheritance, Kind, Model, Persistence,
    ReplicaIdentity, Table, TableKind, View, Word, quoted_name,
};
use crate::sql::quote_ident;

impl Ddl for Table {
    fn described(&self, identity: &Identity, _: &Model) -> Result<String, NoStatement> {
        let word = match self.relation {
            TableKind::Table | TableKind::PartitionedTable => "TABLE",
            TableKind::ForeignTable => "FOREIGN TABLE",
            TableKind::Unknown(_) => return Err(NoStatement::Unknown),
        };
        Ok(format!("{word} {}", name::full(identity)))
    }

    fn create(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let columns = parts::columns(identity, schemas);
        let mut statements = Vec::new();
        if let Some(like) = self.like_partitioned_table(identity, &columns, schemas) {
            statements.push(like);
            for (identity, column) in &columns {
                statements.extend(set_default(column, identity, schemas.wanted)?);
            }
        } else {
            statements.push(self.create_table(identity, &columns, schemas)?);
        }
        for (identity, column) in &columns {
            statements.extend(column.storage(identity, schemas.wanted)?);
            statements.extend(column.create_properties(identity, schemas)?);
        }
        let described = self.described(identity, schemas.wanted)?;
        statements.extend(self.properties(identity).create(&described, schemas)?);
        Ok(statements)
    }

    /// A partition is one no longer before: a foreign key that refers to the partitioned table is in
    /// the way otherwise.
    fn drop(&self, identity: &Identity, schemas: &Schemas<'_>) -> Statements {
        let mut statements = Vec::new();
        if let Inheritance::Partition { of, .. } = &self.inheritance {
            let own = name::full(identity);
            statements.push(format!("ALTER TABLE {of} DETACH PARTITION {own};"));
        }
        statements.push(format!("DROP {};", self.described(identity, schemas.current)?));
        Ok(statements)
    }

    fn finish(&self, identity: &Identity, _: &Schemas<'_>) -> Statements {
        let mut actions = Vec::new();
        // That of a foreign table means nothing.
        if self.replica_identity != ReplicaIdentity::Default && self.foreign.is_none() {
            actions.push(replica(&self.replica_identity)?);
        }
        if self.row_security {
            actions.push(format!("{} ROW LEVEL SECURITY", enable(true)));
        }
        if self.force_row_security {
            actions.push(format!("{} ROW LEVEL SECURITY", force(true)));
        }
        if let Some(index) = &self.clustered_on {
            actions.push(format!("CLUSTER ON {}", quote_ident(index)));
        }
        Ok(alter_table(identity, &actions))
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
            comment: _,
            privileges: _,
            persistence,
            access_method,
            tablespace,
            storage_parameters,
            replica_identity,
            row_security,
            force_row_security,
            inheritance,
            partition_key,
            of_type,
            clustered_on,
            foreign,
        } = wanted;
        let is_foreign =
            [&self.relation, relation].iter().all(|it| **it == TableKind::ForeignTable);
        let server = |table: &Self| table.foreign.as_ref().map(|foreign| foreign.server.clone());
        if is_foreign && server(self) != server(wanted) {
            // Its rows are elsewhere.
            return Ok(Alteration::Recreate);
        }
        if self.relation != *relation
            && [&self.relation, relation].contains(&&TableKind::ForeignTable)
        {
            return Ok(Alteration::Recreate);
        }
        same(&self.relation, relation, NoStatement::NotInPostgres)?;
        same(&self.partition_key, partition_key, NoStatement::NotInPostgres)?;
        let mut actions = Vec::new();
        if self.access_method != *access_method {
            let method = access_method.as_ref().ok_or(NoStatement::NotInPostgres)?;
            if schemas.major < 15 {
                return Err(NoStatement::NotInPostgres);
            }
            actions.push(format!("SET ACCESS METHOD {}", quote_ident(method)));
        }
        if self.tablespace != *tablespace {
            let tablespace = tablespace.as_deref().unwrap_or("pg_default");
            actions.push(format!("SET TABLESPACE {}", quote_ident(tablespace)));
        }
        let parameters = name::change_parameters(&self.storage_parameters, storage_parameters);
        actions.extend(parameters);
        match (&self.of_type, of_type) {
            (from, to) if from == to => {}
            (_, Some(of_type)) => actions.push(format!("OF {of_type}")),
            (_, None) => actions.push("NOT OF".to_owned()),
        }
        match (&self.foreign, foreign) {
            (Some(from), Some(to)) => actions.extend(options::change(&from.options, &to.options)),
            (from, to) => same(from, to, NoStatement::NotInPostgres)?,
        }
        if self.persistence != *persistence {
            actions.push(match persistence {
                Persistence::Permanent => "SET LOGGED".to_owned(),
                Persistence::Unlogged => "SET UNLOGGED".to_owned(),
                Persistence::Temporary => return Err(NoStatement::NotInPostgres),
                Persistence::Unknown(_) => return Err(NoStatement::Unknown),
            });
        }
        if self.replica_identity != *replica_identity {
            actions.push(replica(replica_identity)?);
        }
        if self.row_security != *row_security {
            actions.push(format!("{} ROW LEVEL SECURITY", enable(*row_security)));
        }
        if self.force_row_security != *force_row_security {
            actions.push(format!("{} ROW LEVEL SECURITY", force(*force_row_security)));
        }
        if self.clustered_on != *clustered_on {
            let cluster = |index: &String| format!("CLUSTER ON {}", quote_ident(index));
            let without = || "SET WITHOUT CLUSTER".to_owned();
            actions.push(clustered_on.as_ref().map_or_else(without, cluster));
        }
        let mut statements = leave_parents(&self.inheritance, inheritance, identity);
        statements.extend(alter_table(identity, &actions));
        let described = self.described(identity, schemas.current)?;
        let (from, to) = (self.properties(identity), wanted.properties(identity));
        statements.extend(from.alter(&to, &described, schemas)?);
        statements.extend(join_parents(Some(&self.inheritance), inheritance, identity));
        Ok(Alteration::InPlace(statements))
    }
}

impl Table {
    /// `CREATE TABLE`, with its columns. A partition is made as a table by itself, and attached
    /// when it is whole.
    fn create_table(
        &self,
        identity: &Identity,
        columns: &[(&Identity, &Column)],
        schemas: &Schemas<'_>,
    ) -> Result<String, NoStatement> {
        let Self {
            relation,
            owner: _,
            comment: _,
            privileges: _,
            persistence,
            access_method,
            tablespace,
            storage_parameters,
            replica_identity: _,
            row_security: _,
            force_row_security: _,
            inheritance,
            partition_key,
            of_type,
            clustered_on: _,
            foreign,
        } = self;
        let word = match relation {
            TableKind::Table | TableKind::PartitionedTable => "TABLE",
            TableKind::ForeignTable => "FOREIGN TABLE",
            TableKind::Unknown(_) => return Err(NoStatement::Unknown),
        };
        let unlogged = match persistence {
            Persistence::Permanent => "",
            Persistence::Unlogged => "UNLOGGED ",
            Persistence::Temporary | Persistence::Unknown(_) => return Err(NoStatement::Unknown),
        };
        let mut sql = format!("CREATE {unlogged}{word} {}", name::full(identity));
        let mut parts = Vec::new();
        let is_partition = matches!(inheritance, Inheritance::Partition { .. });
        let own = columns.iter().filter(|(_, column)| is_partition || !column.inherited);
        for (identity, column) in own {
            let definition = match of_type {
                // Its expression is inherited.
                None if self.inherits_expression(identity, column, schemas.wanted) => {
                    let plain = Column { value: ColumnValue::Null, ..(*column).clone() };
                    Some(plain.definition(identity, schemas)?)
                }
                // That of the partitioned table is its own, since 17.
                None if is_partition && matches!(column.value, ColumnValue::Identity(_)) => {
                    let plain = Column { value: ColumnValue::Null, ..(*column).clone() };
                    Some(plain.definition(identity, schemas)?)
                }
                None => Some(column.definition(identity, schemas)?),
                Some(_) => column.options_in_typed_table(identity, schemas)?,
            };
            parts.extend(definition);
        }
        if is_partition {
            // Without those of its partitioned table it cannot be attached.
            let constraints = schemas.wanted.parts_of::<Constraint>(identity);
            for (identity, constraint) in
                constraints.filter(|(_, it)| it.inherited && !it.has_index())
            {
                let definition = constraint.full_definition()?;
                parts.push(format!("CONSTRAINT {} {definition}", quote_ident(&identity.name)));
            }
        }
        match of_type {
            Some(of_type) if parts.is_empty() => sql += &format!(" OF {of_type}"),
            Some(of_type) => sql += &format!(" OF {of_type} (\n  {}\n)", parts.join(",\n  ")),
            None if parts.is_empty() => sql += " ()",
            None => sql += &format!(" (\n  {}\n)", parts.join(",\n  ")),
        }
        if let Inheritance::Parents(parents) = inheritance {
            sql += &format!(" INHERITS ({})", parents.join(", "));
        }
        if let Some(key) = partition_key {
            sql += &format!(" PARTITION BY {key}");
        }
        if let Some(ForeignTable { server, options }) = foreign {
            sql += &format!(" SERVER {}{}", quote_ident(server), options::clause(options));
        }
        if let Some(method) = access_method.as_ref().filter(|method| *method != "heap") {
            sql += &format!(" USING {}", quote_ident(method));
        }
        if !storage_parameters.is_empty() {
            sql += &format!(" WITH ({})", name::storage_parameters(storage_parameters));
        }
        if let Some(tablespace) = tablespace {
            sql += &format!(" TABLESPACE {}", quote_ident(tablespace));
        }
        Ok(sql + ";")
    }

    /// Whether a generated column of its own is also one of a table that it inherits from.
    fn inherits_expression(&self, identity: &Identity, column: &Column, model: &Model) -> bool {
        let Inheritance::Parents(parents) = &self.inheritance else { return false };
        let is_generated = |column: &Column| matches!(column.value, ColumnValue::Generated { .. });
        is_generated(column)
            && model.all_of::<Column>().any(|(other, column)| {
                other.name == identity.name
                    && is_generated(column)
                    && other.parent.as_ref().is_some_and(|parent| {
                        parents.contains(&quoted_name([&*other.schema, parent]))
                    })
            })
    }

    /// `CREATE TABLE (LIKE …)` for a partition of a table that is there, if it has its columns:
    /// constraints that are printed and read again may be printed differently, and are no copies.
    fn like_partitioned_table(
        &self,
        identity: &Identity,
        columns: &[(&Identity, &Column)],
        schemas: &Schemas<'_>,
    ) -> Option<String> {
        let Inheritance::Partition { of, .. } = &self.inheritance else { return None };
        let has_checks = schemas
            .wanted
            .parts_of::<Constraint>(identity)
            .any(|(_, constraint)| constraint.inherited && !constraint.has_index());
        let parent = &schemas.current.named(Kind::Table, of)?.identity;
        if schemas.recreated.contains(parent) {
            return None;
        }
        let form = |(identity, column): &(&Identity, &Column)| {
            let generated = matches!(column.value, ColumnValue::Generated { .. });
            let (name, collation) = (identity.name.clone(), column.collation.clone());
            (name, column.data_type.clone(), collation, column.nullability, generated)
        };
        let own: Vec<_> = columns.iter().map(form).collect();
        let mut others: Vec<_> = schemas.wanted.parts_of::<Column>(parent).collect();
        others.sort_by_key(|(_, column)| column.position);
        let is_alike = own == others.iter().map(form).collect::<Vec<_>>();
        let is_plain =
            self.relation == TableKind::Table && self.persistence == Persistence::Permanent;
        if !has_checks || !is_alike || !is_plain {
            return None;
        }
        let mut sql = format!(
            "CREATE TABLE {} (LIKE {of} INCLUDING CONSTRAINTS INCLUDING GENERATED)",
            name::full(identity)
        );
        if !self.storage_parameters.is_empty() {
            sql += &format!(" WITH ({})", name::storage_parameters(&self.storage_parameters));
        }
        if let Some(tablespace) = &self.tablespace {
            sql += &format!(" TABLESPACE {}", quote_ident(tablespace));
        }
        Some(sql + ";")
    }

    fn properties<'a>(&'a self, identity: &'a Identity) -> Properties<'a> {
        let on = GrantTarget::new(format!("TABLE {}", name::full(identity)), &self.owner);
        Properties::new(self.comment.as_ref())
            .owned_by(&self.owner)
            .granted(&self.privileges, Ok(on))
            .with_defaults("TABLES", &identity.schema)
    }
}

/// Marks an index as the one that a table or materialized view is clustered on, or that is its
/// replica identity.
pub(crate) fn marks_of_index(whole: &Identity, index: &str, model: &Model) -> Vec<String> {
    let mut actions = Vec::new();
    let mut word = "TABLE";
    if let Some(table) = model.of::<Table>(whole) {
        if table.clustered_on.as_deref() == Some(index) {
            actions.push(format!("CLUSTER ON {}", quote_ident(index)));
        }
        if let ReplicaIdentity::Index(name) = &table.replica_identity
            && name == index
        {
            actions.push(format!("REPLICA IDENTITY USING INDEX {}", quote_ident(index)));
        }
    } else if let Some(view) = model.of::<View>(whole) {
        word = "MATERIALIZED VIEW";
        if view.clustered_on.as_deref() == Some(index) {
            actions.push(format!("CLUSTER ON {}", quote_ident(index)));
        }
    }
    let own = name::full(whole);
    actions.iter().map(|action| format!("ALTER {word} {own} {action};")).collect()
}

fn alter_table(identity: &Identity, actions: &[String]) -> Vec<String> {
    let own = name::full(identity);
    actions.iter().map(|action| format!("ALTER TABLE {own} {action};")).collect()
}

/// `NO INHERIT` and `DETACH PARTITION`: from the parents that the table no longer has.
fn leave_parents(from: &Inheritance, to: &Inheritance, identity: &Identity) -> Vec<String> {
    let own = name::full(identity);
    match (from, to) {
        (from, to) if from == to => Vec::new(),
        (Inheritance::Partition { of, .. }, _) => {
            vec![format!("ALTER TABLE {of} DETACH PARTITION {own};")]
        }
        (from, to) => {
            let stay = if let Inheritance::Parents(parents) = to { &parents[..] } else { &[] };
            let gone = from.parents().iter().filter(|parent| !stay.contains(parent));
            gone.map(|parent| format!("ALTER TABLE {own} NO INHERIT {parent};")).collect()
        }
    }
}

/// `INHERIT` and `ATTACH PARTITION`: from the parents that the table gets; `from` is `None` for a new table.
pub(crate) fn join_parents(
    from: Option<&Inheritance>,
    to: &Inheritance,
    identity: &Identity,
) -> Vec<String> {
    match (from, to) {
        (Some(from), to) if from == to => Vec::new(),
        (_, Inheritance::Partition { of, bound }) => vec![attach(identity, of, &bound.0)],
        // `CREATE TABLE` names its parents.
        (None, Inheritance::Parents(_)) | (_, Inheritance::None) => Vec::new(),
        (Some(from), Inheritance::Parents(parents)) => {
            let had = if let Inheritance::Parents(parents) = from { &parents[..] } else { &[] };
            let own = name::full(identity);
            let new = parents.iter().filter(|parent| !had.contains(parent));
            new.map(|parent| format!("ALTER TABLE {own} INHERIT {parent};")).collect()
        }
    }
}

/// Attaches a table as a partition.
fn attach(identity: &Identity, of: &str, bound: &str) -> String {
    format!("ALTER TABLE ONLY {of} ATTACH PARTITION {} {bound};", name::full(identity))
}

fn replica(identity: &ReplicaIdentity) -> Result<String, NoStatement> {
    Ok(match identity {
        ReplicaIdentity::Default | ReplicaIdentity::Full | ReplicaIdentity::Nothing => {
            format!("REPLICA IDENTITY {}", identity.word().to_uppercase())
        }
        ReplicaIdentity::Index(index) => {
            format!("REPLICA IDENTITY USING INDEX {}", quote_ident(index))
        }
        ReplicaIdentity::Unknown(_) => return Err(NoStatement::Unknown),
    })
}

fn enable(enabled: bool) -> &'static str {
    if enabled { "ENABLE" } else { "DISABLE" }
}

fn force(forced: bool) -> &'static str {
    if forced { "FORCE" } else { "NO FORCE" }
}
