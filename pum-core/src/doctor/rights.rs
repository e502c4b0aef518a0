use postgres::Error;

use super::{DoctorPart, Problem};
use crate::connect::Session;
use crate::humanize::grouped;

/// The rights of a role that dumps, restores and upgrades need.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rights {
    /// Everything.
    pub superuser: bool,
    /// Make databases.
    pub creates_databases: bool,
    /// How many tables and sequences there are.
    pub relations: u64,
    /// How many of them it may not read.
    pub unreadable: u64,
    /// One of those.
    pub example: Option<String>,
    /// How many tables are not its own, so that it cannot alter them.
    pub of_others: u64,
}

/// What `pg_dump` reads, whether the role may read it, and whether it may alter it. Tables of
/// extensions are the extensions' matter, and those of system schemas the server's.
const RELATIONS: &str = "\
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT readable), \
       pg_catalog.min(name) FILTER (WHERE NOT readable), \
       pg_catalog.count(*) FILTER (WHERE NOT own) \
FROM (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, \
             pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
             AND CASE c.relkind WHEN 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT') \
                 ELSE pg_catalog.has_table_privilege(c.oid, 'SELECT') END AS readable, \
             pg_catalog.pg_has_role(c.relowner, 'USAGE') AS own \
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
      WHERE c.relkind IN ('r', 'p', 'S', 'm') AND n.nspname !~ '^pg_' \
      AND n.nspname <> 'information_schema' \
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e' \
                      AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass)) AS found";

const ROLE: &str = "\
SELECT r.rolsuper, r.rolcreatedb, (SELECT s.version FROM pg_catalog.pg_stat_ssl s \
       WHERE s.pid = pg_catalog.pg_backend_pid() AND s.ssl) \
FROM pg_catalog.pg_roles r WHERE r.rolname = current_user";

/// The role's rights, and the version of TLS.
pub(super) fn read(session: &mut Session) -> Result<(Rights, Option<String>), Error> {
    let role = session.client().query_one(ROLE, &[])?;
    let found = session.client().query_one(RELATIONS, &[])?;
    let number = |at: usize| u64::try_from(found.get::<_, i64>(at)).unwrap_or_default();
    let superuser: bool = role.get(0);
    let rights = Rights {
        superuser,
        creates_databases: superuser || role.get(1),
        relations: number(0),
        unreadable: number(1),
        example: found.get(2),
        of_others: number(3),
    };
    Ok((rights, role.get(2)))
}

impl Rights {
    /// What the role cannot do and will have to.
    pub(super) fn problems(&self, role: &str, part: DoctorPart, major: u32) -> Vec<Problem> {
        let mut found = Vec::new();
        if self.unreadable > 0 && part != DoctorPart::Test {
            let of = if self.unreadable == 1 { "it is" } else { "one is" };
            let example = self.example.as_deref().unwrap_or_default();
            let grant = if major >= 14 {
                format!("GRANT pg_read_all_data TO {role}")
            } else {
                format!("GRANT USAGE on the schemas and SELECT on their tables to {role}")
            };
            found.push(Problem::new(
                format!(
                    "role {role} may not read {} of {} tables and sequences ({of} {example}): a \
                     dump would fail",
                    grouped(self.unreadable),
                    grouped(self.relations)
                ),
                &grant,
            ));
        }
        if self.of_others > 0 && part == DoctorPart::Production {
            found.push(Problem::new(
                format!(
                    "role {role} does not own all tables and sequences: {} of {} belong to other \
                     roles, and a delta that alters them would fail",
                    grouped(self.of_others),
                    grouped(self.relations)
                ),
                &format!("connect as their owner, or GRANT the owner's role TO {role}"),
            ));
        }
        if !self.creates_databases && part == DoctorPart::Test {
            found.push(Problem::new(
                format!(
                    "role {role} may not create databases: the test database cannot be recreated"
                ),
                &format!("ALTER ROLE {role} CREATEDB"),
            ));
        }
        found
    }
}
