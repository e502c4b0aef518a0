//! Deltas on a connection that the program has.

use postgres::{Client, NoTls};
use pum_core::catalog::Scope;
use pum_core::compare::{CompareOptions, compare_with_snapshot};
use pum_core::connect::{ConnectError, SessionOn};
use pum_core::delta::DeltaSet;
use pum_core::dump::ToolOverrides;
use pum_core::scratch::OnDemand;
use pum_core::source::{Opened, Snapshot, SnapshotOptions, Toolchain};
use pum_core::upgrade::{
    Applied, History, PlanOptions, TableName, Upgrade, UpgradeError, UpgradePlan, set_baseline,
};
use pum_core::{Context, Interrupt};
use pum_tests::{Database, database, installations, server_options};

const DELTAS: [(&str, &str); 4] = [
    (
        "delta_1.0.1_pipes.sql",
        "create table pipes (id int);\ncopy pipes from stdin;\n1\n2\n\\.\n\
         set search_path = nowhere; set role none; set statement_timeout = '1h';\n\
         create temp table scrap (); notify program;\n",
    ),
    ("delta_1.1.0_valves.sql", "\\ir valves.sql\n"),
    ("valves.sql", "create table valves (id int);\n"),
    (
        "delta_1.2.0_index.sql",
        "-- pum: no-transaction\ncreate index concurrently by_id on pipes (id);\n",
    ),
];

/// The program's connection: a role, a setting, a search path and a channel of its own.
fn client(database: &Database) -> Client {
    let mut client = Client::connect(&database.conninfo(), NoTls).unwrap();
    client
        .batch_execute(
            "create role app_of_lent; create schema app authorization app_of_lent;
             set search_path = app, \"$user\"; set work_mem = '5MB'; set datestyle = 'German';
             set role app_of_lent; listen program",
        )
        .unwrap();
    client
}

/// What a program can set, as it sees it.
fn state(client: &mut Client) -> Vec<String> {
    let sql = "select concat_ws('|', session_user, current_user, current_setting('search_path'), \
               current_setting('work_mem'), current_setting('datestyle'), \
               current_setting('statement_timeout'), current_setting('lock_timeout'), \
               (select string_agg(c, ',') from pg_listening_channels() c), \
               (select count(*) from pg_locks where locktype = 'advisory' and \
                pid = pg_backend_pid()))";
    client.query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

fn upgrade(client: &mut Client, deltas: &DeltaSet) -> Result<Vec<Applied>, UpgradeError> {
    let table: TableName = "app.upgrades".parse().unwrap();
    let mut session = SessionOn::borrowed(client)?;
    if History::read(&mut session, &table)?.is_none() {
        set_baseline(&mut session, &table, &"1.0.0".parse().unwrap())?;
    }
    let plan = UpgradePlan::read(&mut session, &table, deltas, &PlanOptions::default())?;
    Upgrade::new(&plan).run(&mut session, &mut Context::default()).map(|report| report.applied)
}

#[test]
fn a_lent_connection_is_upgraded_and_comes_back_as_it_was() {
    let database = database();
    let mut client = client(&database);
    let before = state(&mut client);
    assert_eq!(
        before,
        ["postgres|app_of_lent|app, \"$user\"|5MB|German, DMY|0|0|program|0".to_owned()]
    );

    let mut deltas = DELTAS.to_vec();
    let applied = upgrade(&mut client, &DeltaSet::embedded(deltas.clone()).unwrap()).unwrap();
    assert_eq!(applied.len(), 3);
    assert_eq!(state(&mut client), before);
    // Each delta ran as the program would: in its schema, as its role.
    assert_eq!(
        database.column(
            "select concat(tablename, ' of ', tableowner) from pg_tables \
             where schemaname = 'app' order by 1"
        ),
        ["pipes of app_of_lent", "upgrades of app_of_lent", "valves of app_of_lent"]
    );
    assert_eq!(database.column("select count(*) from app.pipes"), ["2"]);
    assert!(upgrade(&mut client, &DeltaSet::embedded(deltas.clone()).unwrap()).unwrap().is_empty());

    // A delta that fails leaves nothing, on the connection neither.
    let bad = "set role none; create table more (); set work_mem = '9MB';\nselect 1 / 0;\n";
    deltas.push(("delta_1.3.0_bad.sql", bad));
    let err = upgrade(&mut client, &DeltaSet::embedded(deltas.clone()).unwrap()).unwrap_err();
    let text = err.to_string();
    assert!(text.contains("delta_1.3.0_bad.sql:2") && text.contains("division by zero"), "{text}");
    assert_eq!(state(&mut client), before);

    // So does one outside of a transaction.
    deltas.pop();
    let bad = "-- pum: no-transaction\nset work_mem = '9MB';\nselect 1 / 0;\n";
    deltas.push(("delta_1.3.0_bad.sql", bad));
    let err = upgrade(&mut client, &DeltaSet::embedded(deltas).unwrap()).unwrap_err();
    assert!(err.to_string().contains("division by zero"), "{err}");
    assert_eq!(state(&mut client), before);
}

#[test]
fn what_would_be_lost_is_refused_and_nothing_is_done() {
    let database = database();
    let mut client = Client::connect(&database.conninfo(), NoTls).unwrap();
    client.batch_execute("create schema app; create temp table mine (); begin").unwrap();
    let deltas = DeltaSet::embedded(DELTAS).unwrap();
    let err = upgrade(&mut client, &deltas).unwrap_err();
    assert!(matches!(err, UpgradeError::Connect(ConnectError::Borrowed { .. })), "{err:?}");
    assert!(err.to_string().contains("a transaction is open on it"), "{err}");
    client.batch_execute("commit").unwrap();
    let err = upgrade(&mut client, &deltas).unwrap_err().to_string();
    assert!(err.contains("the temporary table or cursor \"mine\""), "{err}");
    assert_eq!(database.column("select count(*) from app.upgrades"), ["1"]);
    client.batch_execute("drop table mine").unwrap();
    assert_eq!(upgrade(&mut client, &deltas).unwrap().len(), 3);
}

#[test]
fn no_second_connection_is_opened() {
    let database = database();
    let mut client = Client::connect(&database.conninfo(), NoTls).unwrap();
    let session = SessionOn::borrowed(&mut client).unwrap();
    let err = pum_core::connect::Session::open(session.settings(), &Interrupt::new()).unwrap_err();
    let expected = format!(
        "the program's own connection to {} cannot be used: it cannot be reopened",
        database.settings.database()
    );
    assert!(err.to_string().starts_with(&expected), "{err}");
}

pub(crate) fn toolchain() -> Toolchain {
    let installations = installations();
    Toolchain {
        scratch: OnDemand::new(server_options()),
        overrides: ToolOverrides::default(),
        installations,
    }
}

pub(crate) fn snapshot_of(database: &Database) -> Snapshot {
    let mut source = Opened::database(database.session());
    let (options, interrupt) = (SnapshotOptions::default(), Interrupt::new());
    Snapshot::capture(&mut source, &options, &mut Context::silent(&interrupt)).unwrap()
}

#[test]
fn a_lent_connection_is_compared_with_a_snapshot() {
    let database = database();
    database.execute("create table pipes (id int); create table valves (id int)");
    let snapshot = snapshot_of(&database);
    database.execute("drop table valves; alter table pipes add column depth int");
    let mut client = Client::connect(&database.conninfo(), NoTls).unwrap();
    client.batch_execute("set search_path = nowhere").unwrap();
    let mut session = SessionOn::borrowed(&mut client).unwrap();
    let options = CompareOptions::default();
    let found =
        compare_with_snapshot(&mut session, &snapshot, &options, &mut Context::default()).unwrap();
    let found: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(pum_core::catalog::read(&mut session, &Scope::default()).is_ok());
    drop(session);
    let path: String = client.query_one("show search_path", &[]).unwrap().get(0);
    assert_eq!(path, "nowhere");
}
