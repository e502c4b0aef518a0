//! How a source is built: on what, by whom, with what beneath it.

use pum_tests::{database, deltas};

use super::{check, expected, history};

/// The owner is the one who made the history table, not the one who looks.
#[test]
fn what_is_built_belongs_to_whom_it_belongs_in_production() {
    let production = database();
    production.execute(
        "DO $$ BEGIN CREATE ROLE layout_owner SUPERUSER;
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
         SET ROLE layout_owner;
         CREATE TABLE _sqlx_migrations (version bigint);
         CREATE TABLE t (a int)",
    );
    let migrations = deltas(&[("1_t.sql", "CREATE TABLE t (a int);")]);
    let path = migrations.path().display().to_string();
    let found = check(&production.conninfo(), &path, &[]).expect(0);
    assert!(found.stderr.contains("as role layout_owner"), "{}", found.stderr);

    let found = check(&production.conninfo(), &path, &["--role", "postgres"]).expect(1);
    assert!(found.stdout.contains("owner"), "{}", found.stdout);
}

/// A history that does not begin with nothing is run on top of what it begins with.
#[test]
fn a_base_comes_first() {
    let production = database();
    production.execute("CREATE TABLE t (a int, b int)");
    let files = deltas(&[
        ("base.sql", "CREATE TABLE t (a int);"),
        ("migrations/delta_1.1.0.sql", "ALTER TABLE t ADD COLUMN b int;"),
    ]);
    let path = |name: &str| files.path().join(name).display().to_string();
    let (migrations, base) = (path("migrations"), path("base.sql"));
    let _ = check(&production.conninfo(), &migrations, &[])
        .expect_error(&["delta_1.1.0.sql:1: relation \"t\" does not exist", "--base FILE"]);
    let _ = check(&production.conninfo(), &migrations, &["--base", &base]).expect(0);
}

/// A program's table is there before the first migration, and some clean up in it.
#[test]
fn migrations_may_read_the_books_of_their_program() {
    let production = database();
    production.execute(
        "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text);
         CREATE TABLE t (a int)",
    );
    let migrations = deltas(&[
        ("1_t.sql", "CREATE TABLE t (a int);"),
        ("2_clean.sql", "DELETE FROM public._sqlx_migrations WHERE version = 0;"),
    ]);
    let path = migrations.path().display().to_string();
    let found = check(&production.conninfo(), &path, &[]).expect(0);
    let said = "left out: public._sqlx_migrations, which records the migrations";
    assert_eq!(found.stderr.matches(said).count(), 1, "{}", found.stderr);

    production.execute("DROP TABLE _sqlx_migrations");
    let found = check(&production.conninfo(), &path, &[]).expect(0);
    assert_eq!(found.stderr.matches(said).count(), 1, "{}", found.stderr);

    // One that the migrations make, and one that a comment names, are not made before.
    for first in ["CREATE TABLE _sqlx_migrations (version bigint);", "-- not _sqlx_migrations"] {
        let text = format!("{first}\nCREATE TABLE t (a int);\n");
        let migrations = deltas(&[("1_t.sql", &text)]);
        let path = migrations.path().display().to_string();
        let found = check(&production.conninfo(), &path, &[]);
        let code = i32::from(first.starts_with("CREATE"));
        assert!(!found.expect(code).stderr.contains(said));
    }
}

/// Flyway makes its default schema, and everything that is named without one is made there.
#[test]
fn the_default_schema_of_flyway_is_where_its_books_are() {
    let production = database();
    production.execute(
        "CREATE SCHEMA shop;
         CREATE TABLE shop.flyway_schema_history (version text);
         CREATE TABLE shop.t (a int)",
    );
    let migrations = deltas(&[
        ("V1__t.sql", "CREATE TABLE t ();"),
        ("V2__a.sql", "ALTER TABLE ${flyway:defaultSchema}.t ADD COLUMN a int;"),
    ]);
    let path = migrations.path().display().to_string();
    let found = check(&production.conninfo(), &path, &[]).expect(0);
    assert!(found.stderr.contains("Flyway's default schema is shop"), "{}", found.stderr);
    let given = ["--var", "string", "flyway:defaultSchema", "public"];
    let found = check(&production.conninfo(), &path, &given).expect(1);
    assert!(found.stdout.contains("table t: only in"), "{}", found.stdout);
}

#[test]
fn an_sql_file_is_run_as_psql_runs_it() {
    let files = deltas(&[
        ("all.sql", "\\ir parts/one.sql\nBEGIN;\nCREATE TABLE u (a int);\nCOMMIT;\nVACUUM u;\n"),
        ("parts/one.sql", "CREATE TABLE t (a int);\nCOPY t FROM stdin;\n1\n2\n\\.\n"),
    ]);
    let production = database();
    production.execute("CREATE TABLE t (a int); CREATE TABLE u (a int)");
    let path = files.path().join("all.sql").display().to_string();
    let _ = check(&production.conninfo(), &path, &[]).expect(0);
    production.execute("DROP TABLE t");
    let found = check(&production.conninfo(), &path, &[]).expect(1);
    assert!(found.stdout.contains("table t: only in"), "{}", found.stdout);
}

/// An extension that the administrator made in production, and that migrations rely on.
#[test]
fn a_needed_extension_is_created_and_said_to_be() {
    let production = database();
    production.execute(
        "CREATE SCHEMA ext; CREATE EXTENSION hstore SCHEMA ext; CREATE EXTENSION pg_trgm;
         CREATE TABLE t (a ext.hstore)",
    );
    let migrations = deltas(&[("1_t.sql", "CREATE TABLE t (a ext.hstore);")]);
    let path = migrations.path().display().to_string();
    let found = check(&production.conninfo(), &path, &[]).expect(0);
    let said = "created first, because the other side has them: hstore, pg_trgm";
    assert!(found.stderr.contains(said), "{}", found.stderr);

    // Where nothing needs it, one that only production has is a difference.
    production.execute("DROP TABLE t; CREATE TABLE t (a text)");
    let migrations = deltas(&[("1_t.sql", "CREATE TABLE t (a text);")]);
    let path = migrations.path().display().to_string();
    let found = check(&production.conninfo(), &path, &[]).expect(1);
    assert!(found.stdout.contains("extension hstore"), "{}", found.stdout);

    let migrations = deltas(&[("1_t.sql", "CREATE EXTENSION no_such_extension;")]);
    let path = migrations.path().display().to_string();
    let _ = check(&production.conninfo(), &path, &[]).expect_error(&[
        "1_t.sql:1: ",
        "no_such_extension",
        "on the scratch server (PostgreSQL ",
    ]);
}

/// A migration that takes something from production's spelling is compared in meaning.
#[test]
fn production_may_have_been_restored() {
    use pum_tests::psql;
    let original = expected();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("dump.sql").display().to_string();
    std::fs::write(&file, original.dump_schema()).unwrap();
    let restored = database();
    psql(&restored, &["-f", &file]);
    let found = check(&restored.conninfo(), &history("goose"), &[]).expect(0);
    assert!(found.stdout.starts_with("no differences"), "{}", found.stdout);
}

/// What is built is built on production's major; a snapshot of another major does as well.
#[test]
fn production_may_be_of_any_major() {
    use pum_core::Interrupt;
    use pum_core::installation::{Installations, SearchPath};
    use pum_core::scratch::ScratchServer;
    use pum_tests::{Database, execute_file_as_psql, programs_of, repository, server_options_of};

    for major in [12, 18] {
        let Some(programs) = programs_of(major) else { continue };
        let search = SearchPath { explicit: Some(programs.clone()), path: Vec::new() };
        let options = server_options_of(Installations::find(&search));
        let server = ScratchServer::start(&options, &Interrupt::new()).unwrap();
        let production = Database { settings: server.settings("postgres").unwrap() };
        production.execute("CREATE ROLE layout_reader");
        execute_file_as_psql(&production, "fixtures/layouts/expected.sql");
        let programs = programs.display().to_string();
        let found = check(&production.conninfo(), &history("goose"), &["--pg-bin-dir", &programs])
            .expect(0);
        let built = format!("built on a scratch server, PostgreSQL {major}, ");
        assert!(found.stderr.contains(&built), "{}", found.stderr);

        let snapshot = repository().join("fixtures/snapshots/format-1.json").display().to_string();
        let _ = check(&production.conninfo(), &snapshot, &[]).expect(0);
        production.execute("ALTER TABLE users ALTER COLUMN mail SET DEFAULT ''");
        let _ = check(&production.conninfo(), &snapshot, &[]).expect(1);
    }
}
