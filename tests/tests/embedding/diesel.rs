//! A program that upgrades its database with Diesel, on a real `PgConnection`.

use std::process::Command;

use pum_tests::{database, deltas};

/// `others/diesel-app`, which links libpq and so is no member of the workspace; `PUM_DIESEL_APP` is
/// where it was built.
fn app(arguments: &[&str]) -> Option<(bool, String)> {
    let Some(program) = std::env::var_os("PUM_DIESEL_APP") else {
        eprintln!("skipped: PUM_DIESEL_APP does not say where others/diesel-app was built");
        return None;
    };
    let output = Command::new(program).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8(text).unwrap()))
}

#[test]
fn diesel_applies_deltas_once_and_the_check_at_the_start_finds_drift() {
    let database = database();
    let Some((done, said)) = app(&[&database.conninfo()]) else { return };
    assert!(done, "{said}");
    assert_eq!(
        said,
        "applied 00000001.00000009.00000000.1_pipes\n\
         applied 00000001.00000010.00000000.1_depth\n\
         applied 00000001.00000011.00000000.1_index\n\
         pending: false\n"
    );
    assert_eq!(
        database.column("select indexdef from pg_indexes where indexname = 'by_depth'"),
        ["CREATE INDEX by_depth ON public.pipes USING btree (depth)"]
    );
    let reference = database_of_deltas();
    let directory = deltas(&[]);
    let file = directory.path().join("schema.json");
    super::borrowed::snapshot_of(&reference).write(&file).unwrap();
    let file = file.display().to_string();
    let (done, said) = app(&[&database.conninfo(), &file]).unwrap();
    assert_eq!((done, said.as_str()), (true, "pending: false\n"), "Diesel's table is left out");
    database.execute("drop index by_depth");
    let (done, said) = app(&[&database.conninfo(), &file]).unwrap();
    assert!(done, "{said}");
    assert_eq!(said, "pending: false\ndiffers: index public.pipes.by_depth: only on the right\n");
}

/// What the program's deltas should give.
fn database_of_deltas() -> pum_tests::Database {
    let database = database();
    database.execute(
        "create table pipes (id int primary key, depth int); create index by_depth on pipes (depth)",
    );
    database
}

#[test]
fn a_migration_that_fails_is_named_with_its_line() {
    let database = database();
    database.execute("create table pipes ()");
    let Some((done, said)) = app(&[&database.conninfo()]) else { return };
    assert!(!done);
    assert!(
        said.contains("delta_1.9.0_pipes.sql:1: ") && said.contains("already exists"),
        "{said}"
    );
}
