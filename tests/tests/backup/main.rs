//! Dumps, restores and clones: `pum dump`, `pum restore`, `pum clone`.

mod clone;
mod cluster;
mod dump;
mod initial;
mod keep;
mod progress;
mod restore;
mod trouble;

use std::path::{Path, PathBuf};

use pum_tests::command::{Home, Outcome};
use pum_tests::{Database, database};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

/// A home with a database to dump, and what happens there.
struct Setting {
    home: Home,
    database: Database,
}

/// A schema with something of most kinds that a dump has to carry.
const SCHEMA: &str = "
    CREATE SCHEMA app;
    CREATE SCHEMA log;
    CREATE SCHEMA \"odd \"\"one\"\"\";
    CREATE TABLE app.orders (id int PRIMARY KEY, state text CHECK (state IN ('open', 'done')));
    INSERT INTO app.orders SELECT i, 'open' FROM generate_series(1, 1000) i;
    CREATE TABLE app.lines (id int PRIMARY KEY, order_id int REFERENCES app.orders, \"a=b\" text);
    INSERT INTO app.lines SELECT i, i, repeat('x', 50) FROM generate_series(1, 1000) i;
    CREATE TABLE log.events (id bigint, what text);
    INSERT INTO log.events SELECT i, md5(i::text) FROM generate_series(1, 2000) i;
    CREATE TABLE \"odd \"\"one\"\"\".\"t\nx\" (v text);
    INSERT INTO \"odd \"\"one\"\"\".\"t\nx\" VALUES (E'tab\t and \\\\.');
    SELECT lo_from_bytea(0, 'a large object');
    CREATE TABLE public.upgrades (id serial, version varchar(50), description varchar(200),
        type int, script varchar(1000), checksum varchar(32), installed_by varchar(100),
        installed_on timestamp, execution_time int, success boolean);
    INSERT INTO public.upgrades (version, description, type, success)
        VALUES ('1.9.0', 'baseline', 0, true), ('1.10.0', 'x', 8, true), ('2.0.0', 'y', 8, false);";

impl Setting {
    fn new() -> Self {
        Self::with(database())
    }

    fn with(database: Database) -> Self {
        database.execute(SCHEMA);
        Self::of(database)
    }

    fn of(database: Database) -> Self {
        let home = Home::new();
        home.service("prod", &database);
        Self { home, database }
    }

    fn pum(&self, line: &str) -> Outcome {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        self.home.run(PUM, &arguments)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The names in the home, but for the service file.
    fn files(&self) -> Vec<String> {
        names_in(self.home.path())
    }

    /// The databases whose names start like this.
    fn databases(&self, start: &str) -> Vec<String> {
        self.database.column(&format!(
            "SELECT datname FROM pg_database WHERE starts_with(datname, '{start}') ORDER BY 1"
        ))
    }

    /// Another database of the same server.
    fn other(&self, name: &str) -> Database {
        Database { settings: self.database.settings.with("dbname", name).unwrap() }
    }

    fn manifest(&self, dump: &str) -> serde_json::Value {
        let text = std::fs::read_to_string(self.path(&format!("{dump}.manifest.json"))).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = directory.read_dir().unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name != ".pg_service.conf").collect();
    names.sort();
    names
}

/// Everything in the tables.
fn content(database: &Database) -> Vec<String> {
    let mut all = Vec::new();
    for table in
        ["app.orders", "app.lines", "log.events", "\"odd \"\"one\"\"\".\"t\nx\"", "upgrades"]
    {
        let query = format!(
            "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) || count(*) FROM {table} t"
        );
        all.extend(database.column(&query));
    }
    all.extend(
        database.column("SELECT encode(lo_get(oid), 'escape') FROM pg_largeobject_metadata"),
    );
    all
}
