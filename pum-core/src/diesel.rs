//! Deltas as migrations of [Diesel](https://diesel.rs): a program that upgrades its database with
//! `run_pending_migrations` can have its migrations as deltas, from a directory or embedded.
//!
//! Diesel records what it applied in a table of its own, by a version that is sorted as text.
//! `delta_1.10.0_valves.sql` is `00000001.00000010.00000000.1_valves` there: the parts of the
//! version, the stage (0 pre, 1 normal, 2 post) and the name. A name of more than 21 characters is
//! cut and gets a part of its checksum.
//!
//! ```no_run
//! # type PgConnection = ();
//! # trait MigrationHarness { fn run_pending_migrations<S>(&mut self, source: S) -> Result<(), String>; }
//! # impl MigrationHarness for () {
//! #     fn run_pending_migrations<S>(&mut self, source: S) -> Result<(), String> { Ok(()) }
//! # }
//! # fn start(connection: &mut PgConnection) -> Result<(), Box<dyn std::error::Error>> {
//! use pum_core::delta::{DeltaSet, Variables};
//! use pum_core::diesel::Migrations;
//!
//! let deltas = DeltaSet::embedded([("delta_1.0.0.sql", "create table pipes (id int)")])?;
//! connection.run_pending_migrations(Migrations::new(deltas, Variables::default()))?;
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "postgres")]
mod check;

use std::fmt;

use ::diesel::connection::BoxableConnection;
use ::diesel::migration::{
    Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion, Result,
};
use ::diesel::pg::Pg;

use crate::delta::{
    Checksum, Delta, DeltaError, DeltaSet, Header, PreparedScript, Stage, StatementKind, Variables,
};

#[cfg(feature = "postgres")]
pub use check::compare_with_snapshot;

/// The table in which Diesel records what it applied. A comparison leaves it out when it is given
/// as
/// [`CompareOptions::upgrades_table`](https://docs.rs/pum-core/latest/pum_core/compare/struct.CompareOptions.html).
pub const TABLE: &str = "public.__diesel_schema_migrations";

/// Deltas as a source of Diesel's migrations.
///
/// What Diesel has no place for is an error that names the file, before anything is run:
/// `pre-all.sql` and `post-all.sql`, repeatable scripts, programs, COPY data, limits of time in a
/// header, and a project of PUM 1. A delta without a transaction is one here too; Diesel does not
/// record how far such a one came.
#[derive(Debug, Clone)]
pub struct Migrations {
    deltas: DeltaSet,
    variables: Variables,
}

impl Migrations {
    /// These deltas, with these variables put in.
    pub fn new(deltas: DeltaSet, variables: Variables) -> Self {
        Self { deltas, variables }
    }

    /// All of them, in order.
    fn all(&self) -> std::result::Result<Vec<DeltaMigration>, DeltaError> {
        let set = &self.deltas;
        let mut unfit = set.pre_all.iter().chain(&set.post_all);
        if let Some(script) = unfit.next() {
            let reason = "Diesel runs nothing before or after all migrations; make it a delta";
            return Err(misfit(script.path(), 1, reason));
        }
        if let Some(one) = set.repeatable.first() {
            let reason = "Diesel has no repeatable scripts; make it a delta";
            return Err(misfit(one.script.path(), 1, reason));
        }
        if let (Some(_), Some(directory)) = (&set.project, set.directories.first()) {
            return Err(misfit(directory, 1, "Diesel cannot run a PUM 1 project"));
        }
        let mut migrations: Vec<DeltaMigration> = Vec::with_capacity(set.deltas.len());
        for delta in &set.deltas {
            let migration = DeltaMigration::new(delta, &self.variables)?;
            // Diesel puts them in the order of these texts.
            if migrations.last().is_some_and(|last| last.name.version >= migration.name.version) {
                let reason = "its name starts like that of another delta of the same version, and \
                              Diesel's table is too narrow to order them: give one a shorter name";
                return Err(misfit(delta.script.path(), 1, reason));
            }
            migrations.push(migration);
        }
        Ok(migrations)
    }
}

impl MigrationSource<Pg> for Migrations {
    fn migrations(&self) -> Result<Vec<Box<dyn Migration<Pg>>>> {
        let migrations = self.all()?.into_iter();
        Ok(migrations.map(|migration| Box::new(migration) as Box<dyn Migration<Pg>>).collect())
    }
}

/// One delta.
struct DeltaMigration {
    name: Name,
    script: PreparedScript,
    in_transaction: InTransaction,
}

impl DeltaMigration {
    fn new(delta: &Delta, variables: &Variables) -> std::result::Result<Self, DeltaError> {
        let header = Header::read(&delta.script)?;
        let path = delta.script.path();
        if header.lock_timeout.or(header.statement_timeout).is_some() {
            let reason = "Diesel sets no timeouts; write SET LOCAL lock_timeout into the delta";
            return Err(misfit(path, 1, reason));
        }
        let script = delta.script.prepare(variables)?;
        for statement in script.statements() {
            let reason = match &statement.kind {
                StatementKind::CopyFromStdin { .. } => {
                    "Diesel sends no COPY data; write INSERT, or apply the delta with pum"
                }
                StatementKind::Program(_) => "Diesel runs no programs; apply the delta with pum",
                _ => continue,
            };
            return Err(misfit(script.file_of(statement), statement.line, reason));
        }
        let name = Name { version: version_of(delta)?, shown: delta.script.file_name() };
        Ok(Self { name, script, in_transaction: InTransaction(!header.no_transaction) })
    }
}

impl Migration<Pg> for DeltaMigration {
    fn run(&self, connection: &mut dyn BoxableConnection<Pg>) -> Result<()> {
        for statement in self.script.statements() {
            let sql = &self.script.text()[statement.span.clone()];
            connection.batch_execute(sql).map_err(|err| {
                let path = self.script.file_of(statement).display();
                format!("{path}:{}: {err}", statement.line)
            })?;
        }
        Ok(())
    }

    fn revert(&self, _connection: &mut dyn BoxableConnection<Pg>) -> Result<()> {
        Err(format!("{} cannot be reverted: deltas only go forward", self.name.shown).into())
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &self.in_transaction
    }

    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}

/// Whether Diesel is to make a transaction.
struct InTransaction(bool);

impl MigrationMetadata for InTransaction {
    fn run_in_transaction(&self) -> bool {
        self.0
    }
}

struct Name {
    version: String,
    shown: String,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl MigrationName for Name {
    fn version(&self) -> MigrationVersion<'_> {
        MigrationVersion::from(self.version.clone())
    }
}

/// How many characters of a name fit: Diesel's column is a `varchar(50)`.
const LONGEST_NAME: usize = 21;

/// The name of a delta such that texts sort as deltas do.
fn version_of(delta: &Delta) -> std::result::Result<String, DeltaError> {
    let name = &delta.name;
    let mut parts = Vec::new();
    for part in name.version.to_string().split('.') {
        if part.len() > 8 {
            let reason = "a part of the version has more than eight digits, which do not fit in \
                          Diesel's table";
            return Err(misfit(delta.script.path(), 1, reason));
        }
        parts.push(format!("{part:0>8}"));
    }
    let stage = match name.stage {
        Stage::Pre => 0,
        Stage::Normal => 1,
        Stage::Post => 2,
    };
    let mut text = format!("{}.{stage}", parts.join("."));
    if name.name.chars().count() > LONGEST_NAME {
        let begin: String = name.name.chars().take(LONGEST_NAME - 9).collect();
        let sum = Checksum::from_bytes(name.name.as_bytes());
        text += &format!("_{begin}~{}", &sum.as_str()[..8]);
    } else if !name.name.is_empty() {
        text += &format!("_{}", name.name);
    }
    Ok(text)
}

fn misfit(path: &std::path::Path, line: usize, reason: &str) -> DeltaError {
    DeltaError::Syntax { path: path.to_owned(), line, message: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migrations(files: &[(&'static str, &'static str)]) -> Migrations {
        let deltas = DeltaSet::embedded(files.iter().copied()).unwrap();
        Migrations::new(deltas, Variables::default())
    }

    fn versions(files: &[(&'static str, &'static str)]) -> Vec<String> {
        let all = migrations(files).migrations().unwrap();
        all.iter().map(|one| one.name().version().to_string()).collect()
    }

    #[test]
    fn texts_sort_as_deltas_do() {
        let found = versions(&[
            ("delta_1.10.0.sql", ""),
            ("delta_1.9.0_b.sql", ""),
            ("delta_1.9.0.post.sql", ""),
            ("delta_1.9.0_z.pre.sql", ""),
            ("delta_1.9.0.sql", ""),
            ("delta_20240115.0.0_a_name_that_does_not_fit_there.sql", ""),
        ]);
        let expected = [
            "00000001.00000009.00000000.0_z",
            "00000001.00000009.00000000.1",
            "00000001.00000009.00000000.1_b",
            "00000001.00000009.00000000.2",
            "00000001.00000010.00000000.1",
            "20240115.00000000.00000000.1_a_name_that_~",
        ];
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found} {expected}");
            assert!(found.len() <= 50, "{found}");
        }
        let mut sorted = found.clone();
        sorted.sort();
        assert_eq!(sorted, found);
    }

    #[test]
    fn the_header_says_whether_there_is_a_transaction() {
        let all = migrations(&[
            ("delta_1.0.0.sql", "begin; select 1; commit;"),
            ("delta_1.1.0.sql", "-- pum: no-transaction\nvacuum;"),
        ]);
        let all = all.migrations().unwrap();
        let found: Vec<bool> = all.iter().map(|one| one.metadata().run_in_transaction()).collect();
        assert_eq!(found, [true, false]);
        assert_eq!(all[1].name().to_string(), "delta_1.1.0.sql");
    }

    #[test]
    fn what_diesel_cannot_do_is_refused() {
        let refused = |files: &[(&'static str, &'static str)]| {
            let mut files = files.to_vec();
            files.push(("delta_1.0.0.sql", ""));
            migrations(&files).migrations().map(|_| ()).unwrap_err().to_string()
        };
        let err = refused(&[("post-all.sql", "")]);
        assert!(err.contains("post-all.sql:1: Diesel runs nothing before or after"), "{err}");
        let err = refused(&[("repeatable/v.sql", "")]);
        assert!(err.contains("v.sql:1: Diesel has no repeatable scripts"), "{err}");
        let err = refused(&[("delta_1.1.0.sql", "select 1;\ncopy t from stdin;\n1\n\\.\n")]);
        assert!(err.contains("delta_1.1.0.sql:2: Diesel sends no COPY data"), "{err}");
        let err = refused(&[("delta_1.1.0.sql", "-- pum: lock-timeout 5s\nselect 1;\n")]);
        assert!(err.contains("delta_1.1.0.sql:1: Diesel sets no timeouts"), "{err}");
        let err = refused(&[("delta_1.1.0.sql", "commit; select 1;")]);
        assert!(err.contains("delta_1.1.0.sql:1: commit inside a delta"), "{err}");
    }
}
