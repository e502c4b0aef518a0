//! `Migrator` and `compare`: the short way in.

use std::sync::Barrier;

use postgres::{Client, NoTls};
use pum_core::delta::DeltaSet;
use pum_core::{ErrorKind, Hint, Migrator};
use pum_tests::{Database, database};

const DELTAS: [(&str, &str); 2] = [
    ("delta_1.0.0_pipes.sql", "create table pipes (id int primary key);\n"),
    ("delta_1.1.0_depth.sql", "alter table pipes add column depth int; select pg_sleep(0.2);\n"),
];

fn migrator() -> Migrator {
    Migrator::new(DeltaSet::embedded(DELTAS)).table("sys.upgrades").baseline_if_new("1.0.0")
}

fn client(database: &Database) -> Client {
    Client::connect(&database.conninfo(), NoTls).unwrap()
}

#[test]
fn instances_that_start_at_once_on_a_new_database_all_find_it_upgraded() {
    let database = database();
    let all = Barrier::new(4);
    let one = || {
        all.wait();
        let report = migrator().run(&mut client(&database)).unwrap();
        assert_eq!(report.version.to_string(), "1.1.0");
        report.applied.len()
    };
    let applied: usize = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    assert_eq!(applied, 2, "each delta is applied once");
}

#[test]
fn what_is_wrong_is_an_error_before_anything_is_done() {
    let database = database();
    let mut client = client(&database);
    let err = Migrator::new(DeltaSet::embedded(DELTAS)).run(&mut client).unwrap_err();
    let Some(Hint::SetBaseline { table, .. }) = err.hint() else { panic!("{err}") };
    assert_eq!(table.as_deref(), Some("public.upgrades"));
    for (migrator, part) in [
        (Migrator::new(DeltaSet::embedded([("delta_one.sql", "")])), "delta_one.sql"),
        (migrator().table("upgrades; drop table x"), "upgrades; drop table x"),
        (migrator().baseline_if_new("one"), "one"),
    ] {
        let err = migrator.run(&mut client).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::Input, "{err}");
        assert!(err.to_string().contains(part), "{err}");
    }
    assert_eq!(database.column("select nspname from pg_namespace where nspname = 'sys'"), [""; 0]);
}

#[test]
fn a_delta_that_fails_leaves_those_before_it() {
    let database = database();
    let deltas = [DELTAS[0], ("delta_1.2.0.sql", "create table valves (id int);\nselect 1/0;\n")];
    let migrator = Migrator::new(DeltaSet::embedded(deltas)).baseline_if_new("0.0.0");
    let err = migrator.run_at(&database.conninfo()).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Script);
    assert!(err.to_string().contains("delta_1.2.0.sql:2"), "{err}");
    let tables = "select relname from pg_class where relname in ('pipes', 'valves')";
    assert_eq!(database.column(tables), ["pipes"]);
}

#[test]
fn two_sources_are_compared_by_their_names() {
    let (one, other) = (database(), database());
    // A restore prints the check in other words.
    let restored = "kind::text = any ((array['a'::varchar, 'b'::varchar])::text[])";
    for (database, check) in [(&one, "kind in ('a', 'b')"), (&other, restored)] {
        database.execute(&format!("create table pipes (kind varchar(9) check ({check}))"));
    }
    let conninfo = other.conninfo();
    let found = pum_core::compare(one.settings.clone(), conninfo.as_str()).unwrap();
    let shown: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
    assert_eq!(shown, [""; 0], "{:?}", found.not_canonicalized);
    assert_eq!(found.canonicalized, 1);
    other.execute("alter table pipes add column depth int");
    let found = pum_core::compare(one.settings.clone(), conninfo.as_str()).unwrap();
    assert_eq!(found.differences.len(), 1);
    let err = pum_core::compare(one.settings.clone(), "./none.json").unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Input);
}

/// Waiting in an asynchronous task is a panic of the driver, and a second one when its connection goes.
#[test]
fn in_an_asynchronous_task_it_is_an_error_and_on_a_thread_that_may_block_it_works() {
    let database = database();
    let conninfo = database.conninfo();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let err = migrator().run_at(&conninfo).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::Input);
        assert!(err.to_string().contains("tokio::task::spawn_blocking"), "{err}");
        let err = pum_core::compare(conninfo.as_str(), conninfo.as_str()).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::Input, "{err}");
        let upgraded = tokio::task::spawn_blocking(move || migrator().run_at(&conninfo));
        assert_eq!(upgraded.await.unwrap().unwrap().applied.len(), 2);
    });
}
