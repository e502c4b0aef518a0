//! A history in the layout of each program comes to the schema that was written in one piece.

use pum_tests::command::Home;
use pum_tests::{database, deltas};

use super::{check, expected, history, make_reader, pum};

/// Builds the history, and finds it in a database with that schema and not in one with another.
/// The table in which the program records what it has applied is left out.
fn proves(layout: &str, recognised: &str, history_table: &str) {
    let (same, other) = (expected(), expected());
    if !history_table.is_empty() {
        same.execute(&format!(
            "CREATE TABLE {history_table} (version serial PRIMARY KEY, at timestamp DEFAULT now());
             CREATE INDEX ON {history_table} (at)"
        ));
    }
    let found = check(&same.conninfo(), &history(layout), &[]).expect(0);
    assert!(found.stdout.starts_with("no differences"), "{}", found.stdout);
    assert!(found.stderr.contains(recognised), "{}", found.stderr);
    let said = format!("left out: public.{history_table}, which records the migrations");
    assert!(history_table.is_empty() || found.stderr.contains(&said), "{}", found.stderr);

    other.execute("ALTER TABLE users ALTER COLUMN mail SET NOT NULL");
    let found = check(&other.conninfo(), &history(layout), &[]).expect(1);
    assert!(found.stdout.contains("column mail: not_null: true in"), "{}", found.stdout);
    assert!(found.stdout.contains("1 difference"), "{}", found.stdout);
}

#[test]
fn of_pum() {
    proves("pum", "layout pum", "");
}

#[test]
fn of_diesel() {
    proves("diesel", "layout diesel, 6 scripts", "__diesel_schema_migrations");
}

#[test]
fn of_sqlx() {
    proves("sqlx", "layout sqlx, 6 scripts", "_sqlx_migrations");
}

#[test]
fn of_refinery() {
    proves("refinery", "layout refinery, 6 scripts", "refinery_schema_history");
}

#[test]
fn of_flyway() {
    proves("flyway", "undo migrations are left out: U1__users.sql", "flyway_schema_history");
}

#[test]
fn of_golang_migrate() {
    proves("golang-migrate", "layout golang-migrate, 6 scripts", "schema_migrations");
}

#[test]
fn of_goose() {
    proves("goose", "layout goose, 6 scripts", "goose_db_version");
}

#[test]
fn of_dbmate() {
    proves("dbmate", "layout dbmate, 6 scripts", "schema_migrations");
}

#[test]
fn of_numbered_files() {
    proves("numbered", "layout numbered, 6 scripts", "");
}

#[test]
fn of_pum_1() {
    let users = std::fs::read_to_string(history("pum/delta_1.0.0_users.sql")).unwrap();
    let project = deltas(&[
        ("changelogs/1.0.0/01_users.sql", &users),
        ("changelogs/1.9.0/01_email.sql", "ALTER TABLE users ADD COLUMN email text;"),
        ("changelogs/1.10.0/01_mail.sql", "ALTER TABLE users RENAME COLUMN email TO mail;"),
    ]);
    let same = database();
    same.execute(&format!("{users}; ALTER TABLE users ADD COLUMN mail text"));
    same.execute("CREATE TABLE pum_migrations (version text)");
    let path = project.path().display().to_string();
    let found = check(&same.conninfo(), &path, &[]).expect(0);
    assert!(found.stderr.contains("left out: public.pum_migrations"), "{}", found.stderr);
}

/// Where it is configured to have no prefix, and to look into several directories.
#[test]
fn of_flyway_without_a_prefix() {
    let migrations = deltas(&[
        ("all/20230101__t.sql", "CREATE TABLE t (a int);"),
        ("all/20230103__c.sql", "ALTER TABLE t ADD COLUMN c int;"),
        ("live/20230102__b.sql", "ALTER TABLE t ADD COLUMN b int;"),
    ]);
    let path = migrations.path().display().to_string();
    let production = database();
    production
        .execute("CREATE TABLE t (a int, b int, c int); CREATE TABLE flyway_schema_history ()");
    let found = check(&production.conninfo(), &path, &[]).expect(0);
    assert!(found.stderr.contains("layout flyway, 3 scripts"), "{}", found.stderr);

    // Where there is the prefix it is wanted.
    std::fs::write(migrations.path().join("V1__a.sql"), "SELECT 1").unwrap();
    let _ = check(&production.conninfo(), &path, &[])
        .expect_error(&["20230101__t.sql", "not a migration name"]);
}

/// PUM 1 has directories with such names as well.
#[test]
fn of_flyway_in_directories_of_versions() {
    let migrations = deltas(&[
        ("1.0/V1_0_1__t.sql", "CREATE TABLE t (a int);"),
        ("1.1/V1_1_1__b.sql", "ALTER TABLE t ADD COLUMN b int;"),
    ]);
    let path = migrations.path().display().to_string();
    let production = database();
    production.execute("CREATE TABLE t (a int, b int)");
    let found = check(&production.conninfo(), &path, &[]).expect(0);
    assert!(found.stderr.contains("layout flyway, 2 scripts"), "{}", found.stderr);
}

/// Diesel does not look at it either.
#[test]
fn a_file_beside_the_directories_of_diesel_is_named() {
    let migrations = deltas(&[
        ("1_t/up.sql", "CREATE TABLE t (a int);"),
        ("copy_users.sql", "INSERT INTO t SELECT id FROM users;"),
    ]);
    let path = migrations.path().display().to_string();
    let production = database();
    production.execute("CREATE TABLE t (a int)");
    let found = check(&production.conninfo(), &path, &[]).expect(0);
    assert!(
        found.stderr.contains("copy_users.sql is left out, as Diesel does"),
        "{}",
        found.stderr
    );

    std::fs::write(migrations.path().join("2_u.sql"), "SELECT 1").unwrap();
    let _ = check(&production.conninfo(), &path, &["--layout", "diesel"])
        .expect_error(&["2_u.sql", "not in a directory of its own"]);
}

/// For another program it is a table like any other.
#[test]
fn the_books_of_another_program_are_compared() {
    let production = expected();
    production.execute("CREATE TABLE goose_db_version (id serial)");
    let found = check(&production.conninfo(), &history("diesel"), &[]).expect(1);
    assert!(found.stdout.contains("goose_db_version"), "{}", found.stdout);
}

/// A table of such a name that the migrations make themselves is compared.
#[test]
fn a_table_of_the_migrations_own_is_compared() {
    let migrations = deltas(&[("1_t.sql", "CREATE TABLE schema_migrations (a int, b int);")]);
    let path = migrations.path().display().to_string();
    let production = database();
    production.execute("CREATE TABLE schema_migrations (a int)");
    let found = check(&production.conninfo(), &path, &[]).expect(1);
    assert!(found.stdout.contains("column b: only in /"), "{}", found.stdout);
}

#[test]
fn a_layout_can_be_forced() {
    let found = check(&expected().conninfo(), &history("numbered"), &["--layout", "dbmate"]);
    let _ = found.expect_error(&[
        "1-users.sql",
        "with the layout dbmate",
        "SQL before the first marker",
    ]);

    // What undoes is a file with a number like any other.
    let found = check(&expected().conninfo(), &history("sqlx"), &["--layout", "numbered"]);
    let _ = found.expect_error(&["1_users.down.sql", "table \"users\" does not exist"]);
}

/// Values that Flyway takes from its configuration, and goose from its environment.
#[test]
fn values_of_programs_are_given_as_variables() {
    let production = database();
    production.execute(
        "CREATE SCHEMA app; CREATE TABLE app.t (a int DEFAULT 7, b text DEFAULT 'it''s V1__t.sql');
         CREATE VIEW public.v AS SELECT '${kept}'::text AS a",
    );
    let compare = |files: &[(&str, &str)], more: &[&str]| {
        let directory = deltas(files);
        let path = directory.path().display().to_string();
        check(&production.conninfo(), &path, &[&["-N", "public"], more].concat())
    };
    let app = ["--var", "string", "Schema", "app", "--var", "int", "seven", "7"];
    let flyway = [
        (
            "V1__t.sql",
            "-- ${comment}\nCREATE SCHEMA ${schema};\nCREATE TABLE ${schema}.t (\n  a int \
             DEFAULT ${seven},\n  b text DEFAULT 'it''s ${flyway:filename}'\n);\n",
        ),
        ("V2__v.sql", "CREATE VIEW ${flyway:defaultSchema}.v AS SELECT '${kept}'::text AS a;\n"),
        ("V2__v.sql.conf", "placeholderReplacement=false\n"),
    ];
    let literal = ("V2__v.sql", "CREATE VIEW v AS SELECT '${kept}'::text AS a;\n");
    let _ = compare(&[flyway[0], literal, flyway[2]], &app).expect(0);
    let _ = compare(&[flyway[0], literal], &app).expect_error(&["V2__v.sql", "-v TYPE kept VALUE"]);
    let kept = ["--var", "string", "kept", "x"];
    let _ = compare(&flyway[..2], &[&app[..], &kept].concat()).expect(0);
    let lines = ["--var", "string", "kept", "a\nb"];
    let _ = compare(&[flyway[0], literal], &[&app[..], &lines].concat()).expect_error(&[
        "V2__v.sql",
        "line 1: the value of the placeholder ${kept} has a line break",
    ]);
    let others = [&app[..], &["--var", "string", "seven", "x)"]].concat();
    let _ = compare(&flyway[..1], &others).expect_error(&["V1__t.sql:4: syntax error"]);

    let goose = [(
        "1_t.sql",
        "-- +goose Up\n-- +goose ENVSUB ON\nCREATE SCHEMA $Schema;\nCREATE TABLE ${Schema}.t (\n  a \
         int DEFAULT ${NONE:-7},\n-- +goose ENVSUB OFF\n  b text DEFAULT 'it''s V1__t.sql'\n);\n",
    )];
    let _ = compare(&goose, &app).expect(0);
}

#[test]
fn two_histories_can_be_compared() {
    let home = Home::new();
    let found = pum(&home, &["check", &history("goose"), &history("flyway")]).expect(0);
    assert!(found.stdout.starts_with("no differences"), "{}", found.stdout);
}

/// Migrations may make the roles that production has, and name roles that it does not have.
#[test]
fn roles_are_there_and_may_be_made() {
    let production = database();
    make_reader(&production);
    production.execute("CREATE TABLE t (a int); GRANT SELECT ON t TO layout_reader");
    let migrations = deltas(&[
        ("1_role.sql", "CREATE ROLE layout_reader NOLOGIN;"),
        ("2_table.sql", "CREATE TABLE t (a int); GRANT SELECT ON t TO layout_reader, layout_gone;"),
    ]);
    let path = migrations.path().display().to_string();
    let found = check(&production.conninfo(), &path, &[]).expect(1);
    assert!(found.stdout.contains("layout_gone: SELECT"), "{}", found.stdout);
    assert!(found.stdout.contains("1 difference"), "{}", found.stdout);
}
