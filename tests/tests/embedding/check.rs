//! A program looks at its start whether its database is what its deltas should give.

use postgres::{Client, NoTls};
use pum_core::compare::{
    CompareError, CompareOptions, Comparison, compare_with_deltas, compare_with_snapshot,
};
use pum_core::connect::SessionOn;
use pum_core::delta::{DeltaSet, VariableValue, Variables};
use pum_core::diesel::{self, Migrations};
use pum_core::upgrade::PlanOptions;
use pum_core::{Context, Error, ErrorKind, Interrupt, Migrator};
use pum_tests::{Database, database};

use super::borrowed::{snapshot_of, toolchain};

/// A list of a varchar column is printed in other words after a dump and restore.
const DELTAS: [(&str, &str); 2] = [
    (
        "delta_1.0.0_pipes.sql",
        "create table pipes (id int, kind varchar(9) check (kind in ('main', 'house')));\n",
    ),
    ("delta_1.1.0_depth.sql", "alter table pipes add column depth int default %(depth)s;\n"),
];

/// What a program has done with these deltas, and where it recorded it.
fn upgraded(history: &str) -> Database {
    let database = database();
    database.execute(&format!("create table {history} (version text primary key)"));
    database.execute(DELTAS[0].1);
    database.execute("alter table pipes add column depth int default 2");
    database
}

/// The database after a dump and restore.
fn restored(original: &Database) -> Database {
    let copy = database();
    copy.execute(&original.dump_schema());
    copy
}

fn variables() -> Variables {
    let mut variables = Variables::default();
    variables.set("depth", VariableValue::Integer(2));
    variables
}

fn options(history: &str) -> CompareOptions {
    let mut options = CompareOptions::default();
    options.upgrades_table = Some(history.parse().unwrap());
    options
}

fn shown(found: &Comparison) -> Vec<String> {
    assert_eq!(found.not_canonicalized, None);
    found.differences.iter().map(ToString::to_string).collect()
}

fn with_deltas(client: &mut Client, deltas: &DeltaSet) -> Result<Comparison, CompareError> {
    let mut session = SessionOn::borrowed(client).unwrap();
    let mut plan = PlanOptions::default();
    plan.variables = variables();
    compare_with_deltas(
        &mut session,
        (deltas, &plan),
        &options("app_upgrades"),
        &toolchain(),
        &mut Context::default(),
    )
}

#[test]
fn a_lent_connection_is_compared_with_embedded_deltas() {
    let deltas = DeltaSet::embedded(DELTAS).unwrap();
    let database = upgraded("app_upgrades");
    for database in [&restored(&database), &database] {
        let mut client = Client::connect(&database.conninfo(), NoTls).unwrap();
        let found = with_deltas(&mut client, &deltas).unwrap();
        assert_eq!(shown(&found), [""; 0]);
        client
            .batch_execute("drop index if exists x; alter table pipes alter depth type bigint")
            .unwrap();
        let found = with_deltas(&mut client, &deltas).unwrap();
        assert_eq!(
            shown(&found),
            ["column public.pipes.depth: data_type: bigint on the left, integer on the right"]
        );
    }
}

#[test]
fn a_delta_that_cannot_be_built_is_shown_in_its_file() {
    let database = database();
    let mut client = Client::connect(&database.conninfo(), NoTls).unwrap();
    let deltas =
        DeltaSet::embedded([("delta_1.0.0.sql", "select 1;\ncreate tabel t ();\n")]).unwrap();
    let err = with_deltas(&mut client, &deltas).unwrap_err();
    let text = err.to_string();
    assert!(text.contains("the program's deltas cannot be built"), "{text}");
    assert!(text.contains("delta_1.0.0.sql:2: syntax error"), "{text}");
    assert_eq!(Error::from(err).kind(), ErrorKind::Script);
}

/// The snapshot was taken with how its SQL reads then: no second server is needed.
#[test]
fn a_restored_database_is_the_same_as_its_snapshot() {
    let original = upgraded("app_upgrades");
    let mut snapshot = snapshot_of(&original);
    let undecided = snapshot.canonicalize(&toolchain(), &mut Context::default()).unwrap();
    assert_eq!(undecided, []);
    let copy = restored(&original);
    let check = |database: &Database| {
        let mut client = Client::connect(&database.conninfo(), NoTls).unwrap();
        let mut session = SessionOn::borrowed(&mut client).unwrap();
        let options = CompareOptions::default();
        compare_with_snapshot(&mut session, &snapshot, &options, &mut Context::default()).unwrap()
    };
    let found = check(&copy);
    assert_eq!((shown(&found), found.canonicalized), (Vec::new(), 1));
    assert_eq!(check(&original).canonicalized, 0);
    // Another meaning is a difference, and nothing is said of what could not be looked at again:
    // that takes a server.
    copy.execute(
        "alter table pipes drop constraint pipes_kind_check, \
         add constraint pipes_kind_check check (kind in ('main', 'hose'))",
    );
    let found = check(&copy);
    assert_eq!(found.differences.len(), 1);
    assert!(found.differences[0].to_string().contains("pipes_kind_check"), "{found:?}");
    assert!(found.not_canonicalized.is_some());
}

#[test]
fn a_database_of_diesel_is_compared_with_its_migrations() {
    let database = upgraded("__diesel_schema_migrations");
    let migrations = Migrations::new(DeltaSet::embedded(DELTAS).unwrap(), variables());
    let (toolchain, interrupt) = (toolchain(), Interrupt::new());
    let options = CompareOptions::default();
    let compare = || {
        let mut session = database.session();
        migrations
            .compare(&mut session, &options, &toolchain, &mut Context::silent(&interrupt))
            .unwrap()
    };
    assert_eq!(shown(&compare()), [""; 0]);
    let expected = upgraded("other");
    expected.execute("drop table other");
    let snapshot = snapshot_of(&expected);
    let against = || {
        let mut session = database.session();
        diesel::compare_with_snapshot(
            &mut session,
            &snapshot,
            &options,
            &mut Context::silent(&interrupt),
        )
        .unwrap()
    };
    assert_eq!(shown(&against()), [""; 0]);
    database.execute("create table more ()");
    for found in [compare(), against()] {
        assert_eq!(shown(&found), ["table public.more: only on the left"]);
    }
}

#[test]
fn a_schema_for_nothing_but_the_upgrades_table_is_no_difference() {
    let (database, model) = (database(), database());
    let deltas = DeltaSet::embedded([DELTAS[0]]);
    let migrator = Migrator::new(deltas).table("sys.upgrades").baseline_if_new("0.0.0");
    migrator.run_at(&database.conninfo()).unwrap();
    model.execute(DELTAS[0].1);
    let snapshot = snapshot_of(&model);
    let differences = |options: &CompareOptions| {
        let mut client = Client::connect(&database.conninfo(), NoTls).unwrap();
        let mut session = SessionOn::borrowed(&mut client).unwrap();
        let context = &mut Context::default();
        shown(&compare_with_snapshot(&mut session, &snapshot, options, context).unwrap())
    };
    assert_eq!(differences(&options("sys.upgrades")), [""; 0]);
    assert_eq!(differences(&CompareOptions::default()), ["schema sys: only on the left"]);
    // Whatever else is there counts, and so does a schema without the table.
    database.execute("create table sys.more ()");
    assert_eq!(differences(&options("sys.upgrades")), ["schema sys: only on the left"]);
    database.execute("drop table sys.more, sys.upgrades");
    assert_eq!(differences(&options("sys.upgrades")), ["schema sys: only on the left"]);
}
