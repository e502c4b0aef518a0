//! Tables, partitioned tables and foreign tables.

use super::column::{create_sequences, own_sequences};
use super::grants::GrantTarget;
use super::properties::Properties;
use super::statements::{Alteration, Ddl, NoStatement, Schemas, Statements, same};
use super::{name, parts};
use crate::model::{
    Column, Identity, Inheritance, Model, Persistence, ReplicaIdentity, Table, TableKind, Word,
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
        let mut statements = create_sequences(&columns, schemas)?;
        statements.push(self.create_alone(identity, &columns, schemas)?);
        statements.extend(own_sequences(&columns, schemas));
        for (identity, column) in &columns {
            statements.extend(column.storage(identity, schemas.wanted)?);
            statements.extend(column.create_properties(identity, schemas)?);
        }
        statements.extend(parts::constraints(identity, schemas)?);
        statements.extend(parts::indexes(identity, schemas)?);
        statements.extend(parts::triggers_and_rules(identity, schemas)?);
        statements.extend(parts::policies(identity, schemas)?);
        statements.extend(parts::statistics(identity, schemas)?);
        statements.extend(self.settings(identity)?);
        let described = self.described(identity, schemas.wanted)?;
        statements.extend(self.properties(identity).create(&described, schemas)?);
        Ok(statements)
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
        same(&self.relation, relation, NoStatement::NotInPostgres)?;
        same(&self.partition_key, partition_key, NoStatement::NotInPostgres)?;
        same(&self.access_method, access_method, NoStatement::NotWritten)?;
        same(&self.tablespace, tablespace, NoStatement::NotWritten)?;
        same(&self.storage_parameters, storage_parameters, NoStatement::NotWritten)?;
        same(&self.inheritance, inheritance, NoStatement::NotWritten)?;
        same(&self.of_type, of_type, NoStatement::NotWritten)?;
        same(&self.foreign, foreign, NoStatement::NotWritten)?;
        let mut actions = Vec::new();
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
        let mut statements = alter_table(identity, &actions);
        let described = self.described(identity, schemas.current)?;
        let (from, to) = (self.properties(identity), wanted.properties(identity));
        statements.extend(from.alter(&to, &described, schemas)?);
        Ok(Alteration::InPlace(statements))
    }
}

impl Table {
    /// `CREATE TABLE`, with its columns.
    fn create_alone(
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
        match relation {
            TableKind::Table | TableKind::PartitionedTable => {}
            TableKind::ForeignTable => return Err(NoStatement::NotWritten),
            TableKind::Unknown(_) => return Err(NoStatement::Unknown),
        }
        if of_type.is_some() || foreign.is_some() {
            return Err(NoStatement::NotWritten);
        }
        let unlogged = match persistence {
            Persistence::Permanent => "",
            Persistence::Unlogged => "UNLOGGED ",
            Persistence::Temporary | Persistence::Unknown(_) => return Err(NoStatement::Unknown),
        };
        let mut sql = format!("CREATE {unlogged}TABLE {}", name::full(identity));
        match inheritance {
            Inheritance::None => {
                let column = |(identity, column): &(&Identity, &Column)| {
                    column.definition(identity, schemas).map(|sql| format!("\n  {sql}"))
                };
                let columns: Vec<String> = columns.iter().map(column).collect::<Result<_, _>>()?;
                sql += &format!(" ({}\n)", columns.join(","));
            }
            // What a partition has of its own beside them is not written.
            Inheritance::Partition { of, bound } if columns.iter().all(|(_, it)| it.inherited) => {
                sql += &format!(" PARTITION OF {of} {bound}");
            }
            Inheritance::Partition { .. } | Inheritance::Parents(_) => {
                return Err(NoStatement::NotWritten);
            }
        }
        if let Some(key) = partition_key {
            sql += &format!(" PARTITION BY {key}");
        }
        if let Some(method) = access_method.as_ref().filter(|method| *method != "heap") {
            sql += &format!(" USING {}", quote_ident(method));
        }
        if !storage_parameters.is_empty() {
            sql += &format!(" WITH ({})", storage_parameters.join(", "));
        }
        if let Some(tablespace) = tablespace {
            sql += &format!(" TABLESPACE {}", quote_ident(tablespace));
        }
        Ok(sql + ";")
    }

    /// What is set once its indexes are there.
    fn settings(&self, identity: &Identity) -> Statements {
        let mut actions = Vec::new();
        if self.replica_identity != ReplicaIdentity::Default {
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

    fn properties(&self, identity: &Identity) -> Properties<'_> {
        let on = GrantTarget::new(format!("TABLE {}", name::full(identity)), &self.owner);
        Properties::new(self.comment.as_ref())
            .owned_by(&self.owner)
            .granted(&self.privileges, Ok(on))
    }
}

fn alter_table(identity: &Identity, actions: &[String]) -> Vec<String> {
    let own = name::full(identity);
    actions.iter().map(|action| format!("ALTER TABLE {own} {action};")).collect()
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
