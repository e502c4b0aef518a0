//! Databases are created and dropped, and it is told who may connect.

use pum_tests::command::Home;
use pum_tests::{database, new_name, open};

use super::pum;

/// A home whose service `prod` is a database of the shared server, and that database.
fn home() -> (Home, pum_tests::Database) {
    let (home, database) = (Home::new(), database());
    home.service("prod", &database);
    (home, database)
}

fn exists(database: &pum_tests::Database, name: &str) -> bool {
    !database.column(&format!("SELECT 1 FROM pg_database WHERE datname = '{name}'")).is_empty()
}

#[test]
fn a_database_is_created_copied_and_dropped() {
    let (home, prod) = home();
    let (one, copy) = (new_name("odd \"name\""), new_name("copy"));
    let create = home.run(super::PUM, &["db", "create", "-p", "prod", &one]).expect(0);
    assert_eq!(create.stdout, format!("created the database {one}\n"));
    home.run(super::PUM, &["db", "create", "-p", "prod", &one])
        .expect_error(&["cannot create the database", "already exists"]);
    let settings = prod.settings.with("dbname", &one).unwrap();
    open(&settings).client().batch_execute("CREATE TABLE t AS SELECT 1").unwrap();
    let as_copy = ["db", "create", "-p", "prod", &copy, "--template", &one];
    home.run(super::PUM, &as_copy).expect(0);
    let in_copy = prod.settings.with("dbname", &copy).unwrap();
    let rows = open(&in_copy).client().query("SELECT * FROM t", &[]).unwrap().len();
    assert_eq!(rows, 1);

    // Somebody is at work there.
    let session = open(&settings);
    let asked = home.run(super::PUM, &["db", "drop", "-p", "prod", &one]);
    asked.expect_error(&["Drop the database", "1 session will be ended", "MB"]);
    assert!(exists(&prod, &one));
    let dropped = home.run(super::PUM, &["db", "drop", "-p", "prod", &one, "--force"]).expect(0);
    assert_eq!(dropped.stdout, format!("dropped the database {one}\n"));
    assert!(!exists(&prod, &one));
    drop(session);
    home.run(super::PUM, &["db", "drop", "-p", "prod", &one, "--yes"])
        .expect_error(&["there is no database"]);
    home.run(super::PUM, &["db", "drop", "-p", "prod", &copy, "--yes"]).expect(0);
    // Also the one that the service names.
    let own = prod.settings.database().to_owned();
    home.run(super::PUM, &["db", "drop", "-p", "prod", &own, "--yes"]).expect(0);
}

#[test]
fn those_who_are_named_may_connect_and_no_longer_everybody() {
    let (home, prod) = home();
    let name = prod.settings.database().to_owned();
    prod.execute(&format!("CREATE ROLE \"ann {name}\" LOGIN; CREATE ROLE \"bob {name}\" LOGIN"));
    let may_connect = |role: &str| {
        let query = format!("SELECT has_database_privilege('{role} {name}', '{name}', 'CONNECT')");
        prod.column(&query.replace("CONNECT')", "CONNECT')::text"))
    };
    assert_eq!(may_connect("bob"), ["true"]);
    let ann = format!("ann {name}");
    let access = ["db", "access", "-p", "prod", &name, "--grant-connect", &ann];
    let told = home.run(super::PUM, &access).expect(0).stdout;
    assert_eq!(told, format!("{name}: may connect: ann {name}, postgres\n"));
    assert_eq!(
        (may_connect("ann"), may_connect("bob")),
        (vec!["true".into()], vec!["false".into()])
    );
    // All of it, or nothing.
    let both =
        ["db", "access", "-p", "prod", &name, "--revoke-connect", &ann, "nobody_of_the_name"];
    home.run(super::PUM, &both).expect_error(&["cannot change who may connect", "does not exist"]);
    assert_eq!(may_connect("ann"), ["true"]);
    home.run(super::PUM, &both[..7]).expect(0);
    assert_eq!(may_connect("ann"), ["false"]);
    pum(&home, &format!("db access -p prod {name} --keep-public"))
        .expect_error(&["nothing would change"]);
    home.run(super::PUM, &["db", "access", "-p", "prod", "no such"])
        .expect_error(&["no such", "does not exist"]);
}
