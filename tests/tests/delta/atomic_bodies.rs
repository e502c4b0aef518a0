//! `BEGIN ATOMIC … END`: the server says what is one statement, and psql does not know it of all of
//! them.

use pum_core::Context;
use pum_core::Interrupt;
use pum_core::delta::{Script, Variables};
use pum_core::installation::{Installations, SearchPath};
use pum_core::scratch::ScratchServer;
use pum_core::upgrade::run_script;
use pum_tests::{Database, open, programs_of, server_options_of};

/// Made first: `end`, `case`, `begin` and `atomic` are names too.
const TABLE: &str = "CREATE TABLE t (\"end\" int, \"case\" int, begin int, atomic int); \
                     CREATE TYPE begin AS ENUM ('a')";

/// Each is one statement.
const ROUTINES: &[&str] = &[
    "CREATE FUNCTION f() RETURNS SETOF int BEGIN ATOMIC SELECT t.end FROM t; END",
    "CREATE FUNCTION f() RETURNS SETOF int BEGIN ATOMIC SELECT t.case FROM t; SELECT 1; END",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS end; END",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 end; SELECT 2 case; END",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS case; SELECT 2; END",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT begin FROM t; SELECT 2; END",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT t.begin atomic FROM t; SELECT 2; END",
    "CREATE FUNCTION f(begin int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN begin > 1 THEN CASE \
     begin WHEN 2 THEN 1 END ELSE 2 END AS end; SELECT CASE 1 WHEN 1 THEN 2 END end; END",
    "CREATE OR REPLACE FUNCTION begin(x begin) RETURNS begin LANGUAGE sql IMMUTABLE BEGIN /* ; */ \
     ATOMIC SELECT x; END",
    "CREATE FUNCTION f() RETURNS TABLE (begin int, atomic int) BEGIN ATOMIC SELECT begin, atomic \
     FROM t; END",
    "CREATE FUNCTION f() RETURNS begin AS $$ SELECT 'a'::begin; $$ LANGUAGE sql",
    "CREATE FUNCTION f() RETURNS int RETURN (SELECT t.end FROM t)",
    "CREATE PROCEDURE p() BEGIN ATOMIC INSERT INTO t (\"end\") VALUES (1); ; UPDATE t SET begin = 2; \
     END",
    "CREATE PROCEDURE p() BEGIN ATOMIC END",
    "CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT 'end; END'; SELECT $$; end $$; END",
];

#[track_caller]
fn on(major: u32) {
    let Some(programs) = programs_of(major) else { return };
    let search = SearchPath { explicit: Some(programs), path: Vec::new() };
    let options = server_options_of(Installations::find(&search));
    let server = ScratchServer::start(&options, &Interrupt::new()).unwrap();
    let database = Database { settings: server.settings("postgres").unwrap() };
    database.execute(TABLE);
    let mut session = open(&database.settings);
    for routine in ROUTINES {
        // The oracle: it is one, or the extended protocol would refuse it.
        let mut client = database.session();
        let mut transaction = client.client().transaction().unwrap();
        transaction
            .execute(*routine, &[])
            .unwrap_or_else(|err| panic!("{major} {routine}: {err:?}"));
        transaction.rollback().unwrap();

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("delta_1.0.0.sql");
        std::fs::write(&path, format!("BEGIN;\n{routine};\nSELECT 1;\nCOMMIT;\n")).unwrap();
        let script = Script::read(&path).unwrap().prepare(&Variables::default());
        let script = script.unwrap_or_else(|err| panic!("{routine}: {err}"));
        let texts: Vec<&str> =
            script.statements().iter().map(|one| &script.text()[one.span.clone()]).collect();
        assert_eq!(texts, [*routine, "SELECT 1"], "{routine}");
        session.client().batch_execute("BEGIN").unwrap();
        run_script(&mut session, &script, &mut Context::default())
            .unwrap_or_else(|err| panic!("{major} {routine}: {err}"));
        session.client().batch_execute("ROLLBACK").unwrap();
    }
}

#[test]
fn the_server_takes_what_pum_sends_on_14() {
    on(14);
}

#[test]
fn the_server_takes_what_pum_sends_on_15() {
    on(15);
}

#[test]
fn the_server_takes_what_pum_sends_on_16() {
    on(16);
}

#[test]
fn the_server_takes_what_pum_sends_on_17() {
    on(17);
}

#[test]
fn the_server_takes_what_pum_sends_on_18() {
    on(18);
}
