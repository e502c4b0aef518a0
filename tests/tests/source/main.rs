//! What a schema can be read from beside a database: snapshots, migrations of several programs,
//! SQL files and dumps; each compared with a database that has that schema, and with one that has
//! another.

#![allow(missing_docs)]

mod building;
mod dumps;
// The schema with everything in it.
#[allow(dead_code)]
#[path = "../compare/base_server.rs"]
mod base_server;
mod layouts;
mod names;
mod snapshot;
mod trouble;

use pum_tests::command::{Home, Outcome};
use pum_tests::{Database, database, execute_file_as_psql, repository};

/// The command, run to its end.
fn pum(home: &Home, arguments: &[&str]) -> Outcome {
    home.run(env!("CARGO_BIN_EXE_pum-under-test"), arguments)
}

/// `pum check` of two sources.
fn check(left: &str, right: &str, more: &[&str]) -> Outcome {
    pum(&Home::new(), &[&["check", left, right], more].concat())
}

/// A database with what each history in `fixtures/layouts` comes to, made by psql.
fn expected() -> Database {
    let database = database();
    make_reader(&database);
    execute_file_as_psql(&database, "fixtures/layouts/expected.sql");
    database
}

/// A role that the histories grant something to. Roles belong to the server.
fn make_reader(database: &Database) {
    database.execute(
        "DO $$ BEGIN CREATE ROLE layout_reader;
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
    );
}

fn history(layout: &str) -> String {
    repository().join("fixtures/layouts").join(layout).display().to_string()
}
