//! What can go wrong while a schema is read, and what is said then.

use std::sync::mpsc;
use std::time::Duration;

use postgres::error::SqlState;
use pum_core::Hint;
use pum_core::catalog::{self, CatalogError, Scope};
use pum_core::connect::{Environment, Settings};
use pum_core::model::{Kind, Model};
use pum_tests::server::Server;
use pum_tests::{Database, database, open};

use super::base_server::BaseServer;

fn read(database: &Database, scope: &Scope) -> Result<Model, CatalogError> {
    catalog::read(&mut database.session(), scope)
}

/// Reads while another session holds the only table of a view; `then` is run meanwhile.
fn read_locked(
    database: &Database,
    timeout: Duration,
    then: impl FnOnce(&Database),
) -> Result<Model, CatalogError> {
    database.execute("CREATE TABLE held (a int); CREATE VIEW over AS SELECT a FROM held");
    let mut holder = database.session();
    holder.client().batch_execute("BEGIN; LOCK TABLE held").unwrap();
    let mut scope = Scope::default();
    scope.lock_timeout = timeout;
    std::thread::scope(|threads| {
        let reading = threads.spawn(|| read(database, &scope));
        then(database);
        reading.join().unwrap()
    })
}

#[test]
fn a_lock_is_not_waited_for_and_its_holder_is_named() {
    let database = database();
    let err = read_locked(&database, Duration::from_millis(300), |_| ()).unwrap_err();
    assert!(matches!(&err, CatalogError::Locked { holders, .. } if holders.len() == 1), "{err}");
    let text = err.to_string();
    assert!(text.contains("held on public.held by process "), "{text}");
    assert!(text.contains(" of postgres") && text.contains("LOCK TABLE held"), "{text}");
    assert!(read(&database, &Scope::default()).is_ok(), "the lock is gone");
}

#[test]
fn a_connection_lost_while_reading_is_told() {
    let database = database();
    let kill = |database: &Database| {
        let waiting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while database.column(waiting).is_empty() {}
    };
    let err = read_locked(&database, Duration::from_secs(60), kill).unwrap_err();
    let text = err.to_string();
    assert!(matches!(err, CatalogError::Query { .. }), "{text}");
    assert!(text.contains("57P01") || text.contains("the server closed the connection"), "{text}");
}

/// The snapshot still has the view; the server can print it no more.
#[test]
fn what_is_dropped_while_it_is_read_does_not_hinder() {
    let database = database();
    let (start, started) = mpsc::sync_channel(0);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let mut session = database.session();
            for () in started {
                // Less often than a reading is tried, however slow this machine is.
                for _ in 0..4 {
                    for sql in [
                        "CREATE TABLE t (a int); CREATE INDEX ON t (a); CREATE VIEW v AS TABLE t",
                        "DROP TABLE t CASCADE; SELECT pg_sleep(0.02)",
                    ] {
                        session.client().batch_execute(sql).unwrap();
                    }
                }
            }
        });
        let results: Vec<_> = (0..20)
            .map(|_| {
                start.send(()).unwrap();
                read(&database, &Scope::default())
            })
            .collect();
        drop(start);
        for result in results {
            let model = result.unwrap_or_else(|err| panic!("{err}"));
            // Both or none: one snapshot.
            let count = |kind| {
                let of_kind = |object: &&pum_core::model::Object| object.identity.kind == kind;
                model.objects().iter().filter(of_kind).count()
            };
            assert_eq!(count(Kind::Table), count(Kind::View));
        }
    });
}

/// Printing a view locks what it reads from, and the table of locks is small.
#[test]
fn more_views_than_the_server_has_locks_are_read() {
    const VIEWS: usize = 2_000;
    let small = ["max_connections = 10", "max_locks_per_transaction = 30", "max_wal_senders = 0"];
    let server = Server::start(false, &small, &[], &[]);
    server.sql(&[
        "CREATE PROCEDURE make(views int) LANGUAGE plpgsql AS $$ BEGIN
           FOR i IN 1..views LOOP
             EXECUTE format('CREATE TABLE t%s (a int)', i);
             EXECUTE format('CREATE VIEW v%s AS TABLE t%s', i, i);
             COMMIT;
           END LOOP;
         END $$",
        &format!("CALL make({VIEWS})"),
    ]);
    let printed = "SELECT count(pg_get_viewdef(oid)) FROM pg_class WHERE relkind = 'v'";
    let err = server.superuser().simple_query(printed).unwrap_err();
    assert_eq!(err.code(), Some(&SqlState::OUT_OF_MEMORY), "all at once: {err:?}");
    let conninfo =
        format!("host={} port={} user=postgres", server.socket_directory(), server.port());
    let settings = Settings::resolve(&conninfo, &Environment::default()).unwrap();
    let model = catalog::read(&mut open(&settings), &Scope::default()).unwrap();
    let views = model.objects().iter().filter(|object| object.identity.kind == Kind::View);
    assert_eq!(views.count(), VIEWS);
}

#[test]
fn a_letter_that_nobody_knows_is_an_error_unless_it_is_allowed() {
    let copy = BaseServer::shared().copy();
    let function = "UPDATE pg_proc SET provolatile = 'z' WHERE oid = 'app.touch()'::regprocedure";
    copy.execute(function);
    let err = read(&copy, &Scope::default()).unwrap_err();
    assert_eq!(err.hint(), Some(Hint::AllowUnknown));
    let text = err.to_string();
    for part in ["function app.touch()", "volatility", "provolatile z"] {
        assert!(text.contains(part), "no {part} in: {text}");
    }
    let mut allowed = Scope::default();
    allowed.allow_unknown = true;
    let json = serde_json::to_string(&read(&copy, &allowed).unwrap()).unwrap();
    assert!(json.contains("\"volatility\":\"unknown (provolatile z)\""));

    copy.execute("UPDATE pg_rewrite SET ev_enabled = 'z' WHERE rulename = 'quiet'");
    let mut scope = Scope::default();
    scope.exclude_kinds = [Kind::Function].into();
    let text = read(&copy, &scope).unwrap_err().to_string();
    assert!(text.contains("rule app.scratchpad.quiet") && text.contains("ev_enabled z"), "{text}");
}

#[test]
fn names_in_no_encoding_are_read_and_told_apart() {
    let name = "compare_ascii";
    let admin = database();
    admin.execute(&format!(
        "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'"
    ));
    let database = Database { settings: pum_tests::server().settings(name).unwrap() };
    database.execute(
        r#"DO $$ BEGIN
               EXECUTE format('CREATE TABLE %I ()', convert_from('\x74e4', 'SQL_ASCII'));
               EXECUTE format('CREATE TABLE %I ()', convert_from('\x74e5', 'SQL_ASCII'));
           END $$;
           CREATE TABLE "tä, \ and ""quotes""" ()"#,
    );
    let model = read(&database, &Scope::default()).unwrap();
    let of_tables = |object: &&pum_core::model::Object| object.identity.kind == Kind::Table;
    let names: Vec<&str> =
        model.objects().iter().filter(of_tables).map(|object| &*object.identity.name).collect();
    assert_eq!(names, ["tä, \\ and \"quotes\"", "t\u{fffd}e4", "t\u{fffd}e5"]);
}
