//! Objects that `initdb` creates in every database and `pg_dump` ignores: if they were dropped or
//! changed in a database, a plain restore would bring the originals back.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::prerequisites::script_of;
use super::restore_options::RestoreOptions;
use super::tools::option;
use super::{DumpError, Grant, Tools};
use crate::connect::{Session, SessionOn, Settings, quote_ident, quote_literal};
use crate::{Context, Interrupt};

/// The objects of `initdb` that a database still has, if `pg_dump` does not record them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct InitialObjects {
    /// Which of the schemas `public` and `information_schema` exist.
    pub schemas: Vec<String>,
    /// Whether the extension `plpgsql` exists.
    pub plpgsql: bool,
    /// The comment on the extension `plpgsql`.
    pub plpgsql_comment: Option<String>,
    /// The privileges on renamed schemas of `initdb`, by name: `pg_dump` records only their
    /// changes.
    pub renamed_schemas: BTreeMap<String, Vec<Grant>>,
}

/// The schemas of which a database may lack one.
const SCHEMAS: [&str; 2] = ["information_schema", "public"];

impl InitialObjects {
    /// Reads those of the database that the session is connected to.
    pub(super) fn read(session: &mut SessionOn<'_>) -> Result<Self, DumpError> {
        let failed = |err: postgres::Error| {
            DumpError::server("cannot read what initdb made of the database".to_owned(), &err)
        };
        let row = session.client().query_one(PRESENT, &[&SCHEMAS.as_slice()]).map_err(failed)?;
        let grants = session.client().query(RENAMED, &[&SCHEMAS.as_slice()]).map_err(failed)?;
        let mut renamed_schemas: BTreeMap<String, Vec<Grant>> = BTreeMap::new();
        for grant in &grants {
            let everybody: bool = grant.get(1);
            renamed_schemas.entry(grant.get(0)).or_default().push(Grant {
                role: (!everybody).then(|| grant.get(2)),
                privilege: grant.get(3),
                grantable: grant.get(4),
            });
        }
        Ok(Self {
            schemas: row.get(0),
            plpgsql: row.get(1),
            plpgsql_comment: row.get(2),
            renamed_schemas,
        })
    }

    fn lacks(&self, schema: &str) -> bool {
        !self.schemas.iter().any(|there| there == schema)
    }

    /// Takes away what the database did not have, from one that was just made of `template0`.
    pub(super) fn take_away(
        &self,
        database: &Settings,
        interrupt: &Interrupt,
    ) -> Result<(), DumpError> {
        let lacking = SCHEMAS.into_iter().filter(|schema| self.lacks(schema));
        let mut sql: String =
            lacking.map(|schema| format!("DROP SCHEMA IF EXISTS {schema} CASCADE;")).collect();
        if self.plpgsql {
            let comment = self.plpgsql_comment.as_deref().map_or("NULL".to_owned(), quote_literal);
            if self.plpgsql_comment.as_deref() != Some(PLPGSQL_COMMENT) {
                sql += &format!("COMMENT ON EXTENSION plpgsql IS {comment};");
            }
        } else {
            sql += "DROP EXTENSION IF EXISTS plpgsql;";
        }
        run(&sql, database, interrupt)
    }

    /// Grants the privileges on schemas with another name, in a database that has its objects.
    pub(super) fn grant(
        &self,
        database: &Settings,
        options: &RestoreOptions,
        interrupt: &Interrupt,
    ) -> Result<(), DumpError> {
        if options.without_roles || self.renamed_schemas.is_empty() {
            return Ok(());
        }
        let mut session = Session::open(database, interrupt)?;
        for (schema, grants) in &self.renamed_schemas {
            // It may have been left out.
            let query = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)";
            let found = session.client().query_one(query, &[schema]);
            let found = found.map_err(|err| failed(database, &err))?;
            if !found.get::<_, bool>(0) {
                continue;
            }
            for grant in grants {
                let role =
                    grant.role.as_ref().map(|role| options.role_map.get(role).unwrap_or(role));
                let to = role.map_or("PUBLIC".to_owned(), |role| quote_ident(role));
                let option = if grant.grantable { " WITH GRANT OPTION" } else { "" };
                let (privilege, schema) = (&grant.privilege, quote_ident(schema));
                let sql = format!("GRANT {privilege} ON SCHEMA {schema} TO {to}{option}");
                session.client().batch_execute(&sql).map_err(|err| failed(database, &err))?;
            }
        }
        Ok(())
    }

    /// Those that it may be without, in words.
    fn lacking(&self) -> Vec<&str> {
        let schemas = SCHEMAS.into_iter().filter(|schema| self.lacks(schema));
        schemas.chain((!self.plpgsql).then_some("plpgsql")).collect()
    }

    /// These, as far as the definitions of an archive do not say otherwise.
    fn fitting(mut self, definitions: &Definitions) -> Self {
        let lacked = SCHEMAS.into_iter().filter(|schema| self.lacks(schema));
        let named: Vec<String> =
            lacked.filter(|name| definitions.name(name)).map(str::to_owned).collect();
        self.schemas.extend(named);
        self.plpgsql |= definitions.name("plpgsql");
        self.renamed_schemas.retain(|schema, _| definitions.made_by_initdb(schema));
        self
    }
}

/// The definitions in an archive.
struct Definitions(String);

impl Definitions {
    fn name(&self, word: &str) -> bool {
        self.0.contains(word)
    }

    /// Only those schemas belong to the role that stands for the database's owner.
    fn made_by_initdb(&self, schema: &str) -> bool {
        [schema.to_owned(), quote_ident(schema)]
            .iter()
            .any(|name| self.name(&format!("SCHEMA {name} OWNER TO pg_database_owner;")))
    }
}

/// What the database of an archive had of these objects, where nothing beside the archive says it:
/// taken to be as `other`, the database that it is to be compared with, as far as the archive
/// leaves that open. The observer is warned of what was left open.
pub(super) fn guess(
    tools: &Tools,
    archive: &Path,
    other: Option<&InitialObjects>,
    context: &mut Context<'_>,
) -> Result<Option<InitialObjects>, DumpError> {
    let sections = ["pre-data", "post-data"].map(|section| option("section", section));
    let script = script_of(tools, archive, sections, context.interrupt())?;
    // The comment goes with the schema where that has another name.
    let definitions = Definitions(script.replace("'standard public schema'", ""));
    let (initial, archive) = (other.cloned().map(|it| it.fitting(&definitions)), archive.display());
    let message = match &initial {
        Some(known) if !known.lacking().is_empty() => format!(
            "{archive} does not record whether its database had {}: it is restored without, like \
             the database it is compared with",
            known.lacking().join(", ")
        ),
        None if !definitions.name("public") => format!(
            "{archive} does not record whether its database had the schema public: the restored \
             database has it, like every new database"
        ),
        _ => return Ok(initial),
    };
    context.warn(&message);
    Ok(initial)
}

fn run(sql: &str, database: &Settings, interrupt: &Interrupt) -> Result<(), DumpError> {
    if sql.is_empty() {
        return Ok(());
    }
    let mut session = Session::open(database, interrupt)?;
    let sql = format!("SET client_min_messages TO warning;{sql}");
    session.client().batch_execute(&sql).map_err(|err| failed(database, &err))
}

fn failed(database: &Settings, err: &postgres::Error) -> DumpError {
    let label = database.label();
    DumpError::server(format!("cannot change what initdb made of the database in {label}"), err)
}

/// The comment that `initdb` gives the extension.
const PLPGSQL_COMMENT: &str = "PL/pgSQL procedural language";

const PRESENT: &str = "SELECT ARRAY(SELECT nspname::text FROM pg_catalog.pg_namespace \
             WHERE nspname::text = ANY ($1) ORDER BY 1), \
     EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'plpgsql'), \
     (SELECT pg_catalog.obj_description(oid, 'pg_extension') FROM pg_catalog.pg_extension \
      WHERE extname = 'plpgsql')";

const RENAMED: &str = "SELECT n.nspname::text, a.grantee = 0, \
            CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END, \
            a.privilege_type, a.is_grantable \
     FROM pg_catalog.pg_namespace n \
     JOIN pg_catalog.pg_init_privs i ON i.objoid = n.oid AND i.privtype = 'i' \
          AND i.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass, \
          pg_catalog.aclexplode(n.nspacl) a \
     WHERE n.nspname::text <> ALL ($1) AND n.nspname !~ '^pg_' \
     ORDER BY 1, 2, 3, 4";
