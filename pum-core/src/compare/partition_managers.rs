//! What makes and drops partitions, as its catalogs say.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use postgres::SimpleQueryMessage;

use super::read_side::ReadSide;
use super::side::Side;
use crate::diff::PartitionManager;
use crate::model::{
    Extension, Identity, Kind, Model, SchemaRenames, Table, TablePath, quoted_name,
};
use crate::sql::quote_ident;

/// The catalog of TimescaleDB.
const TIMESCALE: &str = "_timescaledb_catalog";

/// The tables whose partitions something makes, under their names in the comparison.
#[derive(Debug, Default)]
pub(super) struct ManagedTables {
    pub(super) tables: BTreeMap<TablePath, PartitionManager>,
    /// Why the catalogs of some could not be read.
    pub(super) unread: Vec<String>,
}

impl ManagedTables {
    /// Adds those of a side.
    pub(super) fn read(&mut self, side: &mut ReadSide<'_, '_, '_>, lock_timeout: Duration) {
        let Side::Live(session) = &mut *side.side else { return };
        for (manager, schema) in managers(side.read.model()) {
            let query = query(manager, &schema);
            let timeout = lock_timeout.as_millis();
            let sql =
                format!("BEGIN READ ONLY; SET LOCAL lock_timeout = {timeout}; {query}; ROLLBACK");
            let messages = match session.client().simple_query(&sql) {
                Ok(messages) => messages,
                Err(err) => {
                    // What is wrong with the connection shows with the next statement.
                    let _ = session.client().simple_query("ROLLBACK");
                    let reason = err
                        .as_db_error()
                        .map_or_else(|| err.to_string(), |err| err.message().to_owned());
                    self.unread.push(format!(
                        "{} in {}: {reason}",
                        manager.name(),
                        quoted_name([&*schema])
                    ));
                    continue;
                }
            };
            for message in messages {
                let SimpleQueryMessage::Row(row) = message else { continue };
                let (Some(schema), Some(name)) = (row.get(0), row.get(1)) else { continue };
                let table = named(side.renames, schema, name);
                self.tables.insert(table, manager);
            }
        }
    }
}

/// A table under its name in the comparison.
fn named(renames: Option<&SchemaRenames<'_>>, schema: &str, name: &str) -> TablePath {
    let identity = Identity {
        kind: Kind::Table,
        schema: schema.to_owned(),
        parent: None,
        name: name.to_owned(),
        arguments: None,
    };
    let Identity { schema, name, .. } = match renames {
        Some(renames) => renames.identity(&identity),
        None => identity,
    };
    TablePath { schema, name }
}

/// What a database has of these programs, and in which schema.
fn managers(model: &Model) -> BTreeSet<(PartitionManager, String)> {
    let mut found = BTreeSet::new();
    for (identity, extension) in model.all_of::<Extension>() {
        match &*identity.name {
            "pg_partman" => {
                found.insert((PartitionManager::PgPartman, extension.schema.clone()));
            }
            "timescaledb" => {
                found.insert((PartitionManager::TimescaleDb, TIMESCALE.to_owned()));
            }
            _ => {}
        }
    }
    // Installed without being an extension, as some providers do.
    for (identity, _) in model.all_of::<Table>() {
        let manager = match (&*identity.schema, &*identity.name) {
            (TIMESCALE, "hypertable") => PartitionManager::TimescaleDb,
            (_, "part_config") => PartitionManager::PgPartman,
            _ => continue,
        };
        found.insert((manager, identity.schema.clone()));
    }
    found
}

fn query(manager: PartitionManager, schema: &str) -> String {
    let schema = quote_ident(schema);
    match manager {
        // The name is a text of two parts that are not quoted.
        PartitionManager::PgPartman => format!(
            "SELECT n.nspname, c.relname
             FROM {schema}.part_config p
             JOIN pg_catalog.pg_class c ON c.relkind IN ('r', 'p')
             JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
             WHERE p.parent_table OPERATOR(pg_catalog.=) pg_catalog.concat(n.nspname, '.', c.relname)"
        ),
        PartitionManager::TimescaleDb => {
            format!("SELECT schema_name, table_name FROM {schema}.hypertable")
        }
    }
}
