//! The same changes as other programs make them: the statements that they send, read in their sources (pgroll
//! at commit cdbe9b0f of May 2026, pg-schema-diff at commit 6208f8f3 of July 2026), with their time-outs.
//!
//! Of pgroll: both phases of a migration (`pgroll start --complete`), with its backfill in batches of 1,000
//! rows and no delay, without its own bookkeeping. The clients use the table itself, not the views of its versions.

use std::time::Duration;

use postgres::Client;
use postgres::error::SqlState;
use pum_tests::Database;

/// A program, and how it makes a change.
pub(super) struct Other {
    pub(super) name: &'static str,
    /// What is sent once the session is open.
    settings: &'static str,
    /// How long it waits until it tries again what could not get its lock in time; otherwise it fails.
    retry: Option<Duration>,
    change: fn(&str) -> Option<Vec<Part>>,
}

/// What is sent at once.
enum Part {
    Sql(String),
    /// All batches of pgroll's backfill.
    Backfill,
}

pub(super) const OTHERS: [Other; 2] = [
    Other {
        name: "pg-schema-diff",
        settings: "SET lock_timeout = '3s'",
        retry: None,
        change: pg_schema_diff,
    },
    Other {
        name: "pgroll",
        settings: "SET lock_timeout = '500ms'",
        retry: Some(Duration::from_secs(1)),
        change: pgroll,
    },
];

impl Other {
    /// Makes the change in a database; none if the program does not know it. What stops it is the error.
    pub(super) fn run(&self, database: &Database, change: &str) -> Option<Result<(), String>> {
        let parts = (self.change)(change)?;
        let mut session = database.session();
        let client = session.client();
        client.batch_execute(self.settings).unwrap();
        Some(parts.into_iter().try_for_each(|part| match part {
            Part::Sql(sql) => self.send(client, &sql),
            Part::Backfill => self.backfill(client),
        }))
    }

    fn send(&self, client: &mut Client, sql: &str) -> Result<(), String> {
        loop {
            match (client.batch_execute(sql), self.retry) {
                (Ok(()), _) => return Ok(()),
                (Err(err), Some(pause)) if err.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                    std::thread::sleep(pause);
                }
                (Err(err), _) => {
                    return Err(err.as_db_error().unwrap().message().to_owned());
                }
            }
        }
    }

    fn backfill(&self, client: &mut Client) -> Result<(), String> {
        let mut last = String::new();
        loop {
            let sql = format!(
                "WITH batch AS (SELECT id FROM big WHERE _pgroll_needs_backfill = true {last} \
                 ORDER BY id LIMIT 1000 FOR NO KEY UPDATE), \
                 update AS (UPDATE big SET id = big.id FROM batch WHERE big.id = batch.id RETURNING big.id) \
                 SELECT last_value(id) OVER () FROM update"
            );
            match client.query(&sql, &[]) {
                Ok(rows) => match rows.first() {
                    Some(row) => last = format!("AND id > {}", row.get::<_, i64>(0)),
                    None => return Ok(()),
                },
                Err(err) if err.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                    std::thread::sleep(self.retry.unwrap_or_default());
                }
                Err(err) => return Err(err.to_string()),
            }
        }
    }
}

fn sql<const N: usize>(statements: [&str; N]) -> Vec<Part> {
    statements.into_iter().map(|one| Part::Sql(one.to_owned())).collect()
}

/// Statements with its limit of 3 seconds; builds of indexes and ANALYZE get 20 minutes.
fn pg_schema_diff(change: &str) -> Option<Vec<Part>> {
    const SHORT: &str = "SET statement_timeout = '3s'";
    const LONG: &str = "SET statement_timeout = '20min'";
    Some(match change {
        "SET NOT NULL" => sql([
            SHORT,
            "ALTER TABLE big ADD CONSTRAINT pgschemadiff_tmpnn CHECK (a IS NOT NULL) NOT VALID",
            "ALTER TABLE big VALIDATE CONSTRAINT pgschemadiff_tmpnn",
            "ALTER TABLE big ALTER COLUMN a SET NOT NULL",
            "ALTER TABLE big DROP CONSTRAINT pgschemadiff_tmpnn",
        ]),
        "ADD CHECK" => sql([
            SHORT,
            "ALTER TABLE big ADD CONSTRAINT big_a CHECK (a > 0) NOT VALID",
            "ALTER TABLE big VALIDATE CONSTRAINT big_a",
        ]),
        "ADD FOREIGN KEY" => sql([
            SHORT,
            "ALTER TABLE big ADD CONSTRAINT big_c FOREIGN KEY (c) REFERENCES other(id) NOT VALID",
            "ALTER TABLE big VALIDATE CONSTRAINT big_c",
        ]),
        "ADD UNIQUE" => sql([
            LONG,
            "CREATE UNIQUE INDEX CONCURRENTLY big_id_a ON big USING btree (id, a)",
            SHORT,
            "ALTER TABLE big ADD CONSTRAINT big_id_a UNIQUE USING INDEX big_id_a",
        ]),
        "CREATE INDEX" => sql([LONG, "CREATE INDEX CONCURRENTLY big_a ON big USING btree (a)"]),
        "an index that becomes another" => sql([
            SHORT,
            "ALTER INDEX big_b RENAME TO pgschemadiff_tmpidx_big_b",
            LONG,
            "CREATE INDEX CONCURRENTLY big_b ON big USING btree (b, a)",
            "DROP INDEX CONCURRENTLY pgschemadiff_tmpidx_big_b",
        ]),
        "DROP INDEX" => sql([LONG, "DROP INDEX CONCURRENTLY big_b"]),
        "a computed default" => sql([
            SHORT,
            "ALTER TABLE big ADD COLUMN filled uuid DEFAULT gen_random_uuid() NOT NULL",
        ]),
        "another type" => sql([
            SHORT,
            "ALTER TABLE big ALTER COLUMN a SET DATA TYPE bigint USING a::bigint",
            LONG,
            "ANALYZE big (a)",
        ]),
        "another type of the key" => sql([
            SHORT,
            "ALTER TABLE big ALTER COLUMN id SET DATA TYPE numeric USING id::numeric",
            LONG,
            "ANALYZE big (id)",
        ]),
        "DROP COLUMN" => sql([SHORT, "ALTER TABLE big DROP COLUMN b"]),
        _ => return None,
    })
}

/// What changes a column duplicates it. A key over the primary key, an index that is replaced under its name
/// and another type of the primary key, which the clients look for rows by, are left out.
fn pgroll(change: &str) -> Option<Vec<Part>> {
    const NULLS: &str = "ALTER TABLE big ADD CONSTRAINT _pgroll_check_not_null_a \
                         CHECK (_pgroll_new_a IS NOT NULL) NOT VALID";
    Some(match change {
        "SET NOT NULL" => column(
            ["a", "integer"],
            &[NULLS],
            &[
                "ALTER TABLE big VALIDATE CONSTRAINT _pgroll_check_not_null_a",
                "ALTER TABLE big ALTER COLUMN _pgroll_new_a SET NOT NULL",
                "ALTER TABLE big DROP CONSTRAINT IF EXISTS _pgroll_check_not_null_a",
            ],
        ),
        "ADD CHECK" => column(
            ["a", "integer"],
            &["ALTER TABLE big ADD CONSTRAINT big_a CHECK (_pgroll_new_a > 0) NOT VALID"],
            &["ALTER TABLE big VALIDATE CONSTRAINT big_a"],
        ),
        "ADD FOREIGN KEY" => column(
            ["c", "integer"],
            &["ALTER TABLE big ADD CONSTRAINT big_c FOREIGN KEY (_pgroll_new_c) \
               REFERENCES other (id) NOT VALID"],
            &["ALTER TABLE big VALIDATE CONSTRAINT big_c"],
        ),
        "CREATE INDEX" => {
            let mut parts = sql(["CREATE INDEX CONCURRENTLY big_a ON big (a)"]);
            parts.push(version("a"));
            parts
        }
        "DROP INDEX" => {
            vec![version("a"), Part::Sql("DROP INDEX CONCURRENTLY IF EXISTS big_b".to_owned())]
        }
        "a computed default" => {
            let mut parts = sql([
                "ALTER TABLE big ADD COLUMN _pgroll_new_filled uuid",
                "ALTER TABLE big ADD CONSTRAINT _pgroll_check_not_null_filled \
                 CHECK (_pgroll_new_filled IS NOT NULL) NOT VALID",
            ]);
            parts.push(version("a, _pgroll_new_filled AS filled"));
            parts.push(trigger("big_filled", "!=", "NEW._pgroll_new_filled = gen_random_uuid()"));
            parts.push(Part::Backfill);
            parts.extend(sql([
                "ALTER TABLE big RENAME COLUMN _pgroll_new_filled TO filled",
                "DROP FUNCTION IF EXISTS _pgroll_trigger_big_filled CASCADE",
                "ALTER TABLE big DROP COLUMN IF EXISTS _pgroll_needs_backfill",
                "ALTER TABLE big ALTER COLUMN filled SET DEFAULT gen_random_uuid()",
                "ALTER TABLE big VALIDATE CONSTRAINT _pgroll_check_not_null_filled",
                "ALTER TABLE big ALTER COLUMN filled SET NOT NULL",
                "ALTER TABLE big DROP CONSTRAINT IF EXISTS _pgroll_check_not_null_filled",
            ]));
            parts
        }
        "another type" => column(["a", "bigint"], &[], &[]),
        "DROP COLUMN" => {
            vec![version("a"), Part::Sql("ALTER TABLE big DROP COLUMN IF EXISTS b".to_owned())]
        }
        _ => return None,
    })
}

/// `alter_column`: a new column of a type, and what is done with it before the backfill and when it is
/// completed.
fn column([name, kind]: [&str; 2], before: &[&str], after: &[&str]) -> Vec<Part> {
    let statements = |sql: &[&str]| -> Vec<Part> {
        sql.iter().map(|one| Part::Sql((*one).to_owned())).collect()
    };
    let new = format!("ALTER TABLE big ADD COLUMN IF NOT EXISTS _pgroll_new_{name} {kind}");
    let mut parts = vec![Part::Sql(new)];
    parts.extend(statements(before));
    parts.push(version(&format!("_pgroll_new_{name} AS {name}")));
    let (up, down) = (format!("big_{name}"), format!("big__pgroll_new_{name}"));
    parts.push(trigger(&up, "!=", &format!("NEW._pgroll_new_{name} = NEW.{name}")));
    parts.push(trigger(&down, "=", &format!("NEW.{name} = NEW._pgroll_new_{name}")));
    parts.push(Part::Backfill);
    parts.extend(statements(after));
    parts.extend(statements(&[
        &format!("ALTER TABLE big DROP COLUMN IF EXISTS {name}"),
        &format!("DROP FUNCTION IF EXISTS _pgroll_trigger_{up}, _pgroll_trigger_{down} CASCADE"),
        "ALTER TABLE big DROP COLUMN IF EXISTS _pgroll_needs_backfill",
        &format!("ALTER TABLE big RENAME COLUMN _pgroll_new_{name} TO {name}"),
    ]));
    parts
}

/// The views of the new version.
fn version(columns: &str) -> Part {
    Part::Sql(format!(
        "CREATE SCHEMA IF NOT EXISTS public_new; \
         CREATE OR REPLACE VIEW public_new.big AS SELECT id, {columns}, touched FROM big"
    ))
}

/// The transaction that makes a trigger which does something for clients of the one version or the other.
fn trigger(name: &str, compared: &str, action: &str) -> Part {
    Part::Sql(format!(
        "BEGIN; \
         ALTER TABLE big ADD COLUMN IF NOT EXISTS _pgroll_needs_backfill boolean DEFAULT true; \
         CREATE OR REPLACE FUNCTION _pgroll_trigger_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ \
         DECLARE search_path text; BEGIN \
         SELECT current_setting INTO search_path FROM current_setting('search_path'); \
         IF search_path {compared} 'public_new' THEN {action}; NEW._pgroll_needs_backfill = false; END IF; \
         RETURN NEW; END $$; \
         CREATE OR REPLACE TRIGGER _pgroll_trigger_{name} BEFORE UPDATE OR INSERT ON big \
         FOR EACH ROW EXECUTE PROCEDURE _pgroll_trigger_{name}(); \
         COMMIT"
    ))
}
