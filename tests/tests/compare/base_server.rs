//! The base schema on a server, and copies of it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use pum_core::catalog::{self, Scope};
use pum_core::connect::Session;
use pum_core::model::Model;
use pum_tests::{Database, Host, new_name, open, pg_dump_for, repository, server};

/// The base schema, for reading.
const BASE: &str = "compare_base";

/// The base schema, for copying: a database that somebody reads cannot be copied.
const TEMPLATE: &str = "compare_template";

/// Subscriptions belong to the server: a copy of a database does not have them.
const SUBSCRIPTIONS: &str = "fixtures/compare/subscriptions.sql";

/// A database that has subscriptions cannot be dropped.
const WITHOUT_SUBSCRIPTIONS: &str = "DO $$ DECLARE name name; BEGIN
    FOR name IN SELECT s.subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
                WHERE d.datname = current_database() LOOP
        EXECUTE format('ALTER SUBSCRIPTION %I DISABLE', name);
        EXECUTE format('ALTER SUBSCRIPTION %I SET (slot_name = NONE)', name);
        EXECUTE format('DROP SUBSCRIPTION %I', name);
    END LOOP; END $$";

/// A server with the base schema in a database that nobody changes.
pub(crate) struct BaseServer<'a> {
    server: &'a dyn Host,
    /// A `pg_dump` that can read the server.
    pg_dump: Option<PathBuf>,
}

impl<'a> BaseServer<'a> {
    /// Builds the base schema on a server, unless another test did.
    pub(crate) fn new(server: &'a dyn Host) -> Self {
        let base_server = Self { server, pg_dump: pg_dump_for(server.version()) };
        let _turn = base_server.turn();
        let cluster = base_server.database("postgres");
        let query = format!("SELECT 1 FROM pg_database WHERE datname = '{BASE}'");
        if !cluster.column(&query).is_empty() {
            return base_server;
        }
        cluster.execute_file("fixtures/compare/roles.sql");
        let mut session = cluster.session();
        // A setting for developers of PostgreSQL: a tablespace without a directory of its own.
        for sql in ["SET allow_in_place_tablespaces = on", "CREATE TABLESPACE side LOCATION ''"] {
            session.client().batch_execute(sql).unwrap();
        }
        build_base(&base_server.create(TEMPLATE, "template0"), server.version());
        base_server.create(BASE, TEMPLATE);
        base_server
    }

    /// The one on this area's server.
    pub(crate) fn shared() -> &'static BaseServer<'static> {
        static GROUND: OnceLock<BaseServer<'static>> = OnceLock::new();
        GROUND.get_or_init(|| BaseServer::new(server()))
    }

    pub(crate) fn major(&self) -> u32 {
        self.server.version()
    }

    /// The base schema itself, not to be changed.
    pub(crate) fn base(&self) -> Database {
        self.database(BASE)
    }

    /// A copy of the base schema.
    pub(crate) fn copy(&self) -> Database {
        self.create(&new_name("compare_copy"), TEMPLATE)
    }

    pub(crate) fn create(&self, name: &str, template: &str) -> Database {
        let strategy = self.server.strategy();
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}{strategy}");
        self.database("postgres").execute(&sql);
        let database = self.database(name);
        if template == TEMPLATE {
            database.execute_file(SUBSCRIPTIONS);
        }
        database
    }

    /// A copy of one of them, which nobody reads meanwhile.
    pub(crate) fn copy_of(&self, database: &Database) -> Database {
        let copy = self.create(&new_name("compare_copy"), database.settings.database());
        copy.execute_file(SUBSCRIPTIONS);
        copy
    }

    pub(crate) fn drop(&self, database: &Database) {
        // Two of these at once wait for each other: all databases share one catalog.
        let turn = self.turn();
        database.execute(WITHOUT_SUBSCRIPTIONS);
        std::mem::drop(turn);
        let sql = format!("DROP DATABASE {}", database.settings.database());
        self.database("postgres").execute(&sql);
    }

    /// Waits until no other test does on this server what only one can do at a time; that it is done
    /// shows by the end of the session.
    fn turn(&self) -> Session {
        let mut session = self.database("postgres").session();
        session.client().batch_execute("SELECT pg_advisory_lock(4712)").unwrap();
        session
    }

    fn database(&self, name: &str) -> Database {
        self.server.database(name)
    }

    /// A schema that was dumped, after one more dump and restore, which respells some expressions.
    pub(crate) fn restored(&self, dump: &str) -> Option<String> {
        let database = self.create(&new_name("compare_again"), "template0");
        let mut psql = Command::new("psql")
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=0", "-f", "-", "--dbname"])
            .arg(database.conninfo())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut psql.stdin.take().unwrap(), dump.as_bytes()).unwrap();
        psql.wait().unwrap();
        let again = self.dump(&database);
        self.drop(&database);
        again
    }

    /// The schema as `pg_dump` prints it, if there is one for this server.
    pub(crate) fn dump(&self, database: &Database) -> Option<String> {
        let output = Command::new(self.pg_dump.as_ref()?)
            .args(["--schema-only", "--dbname", &database.conninfo()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        // A random word against injection, other each time.
        let is_random = |line: &&str| line.starts_with("\\restrict") || line.starts_with("\\unres");
        Some(text.lines().filter(|line| !is_random(line)).map(|line| format!("{line}\n")).collect())
    }
}

/// Builds the base schema in an empty database.
pub(crate) fn build_base(database: &Database, major: u32) {
    database.execute_file("fixtures/compare/base.sql");
    for since in 13..=major {
        let file = format!("fixtures/compare/since-{since}.sql");
        if repository().join(&file).exists() {
            database.execute_file(&file);
        }
    }
    database.execute_file(SUBSCRIPTIONS);
}

pub(crate) fn model(database: &Database) -> Model {
    catalog::read(&mut open(&database.settings), &Scope::default())
        .unwrap_or_else(|err| panic!("{err}"))
}
