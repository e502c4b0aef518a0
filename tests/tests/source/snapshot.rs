//! A schema in a file: as good as the database it was taken from.

use std::path::Path;

use pum_core::Context;
use pum_core::diff::{Filters, Preset, diff};
use pum_core::model::Kind;
use pum_core::source::{Opened, Snapshot, SnapshotOptions, Toolchain};
use pum_tests::command::Home;
use pum_tests::{Database, database, installations, psql, repository, server, server_options, set};

use super::base_server::{BaseServer, model};
use super::{check, expected, history, make_reader, pum};

/// The oldest snapshot that there is. It is never written again.
const OLDEST: &str = "fixtures/snapshots/format-1.json";

fn toolchain() -> Toolchain {
    use pum_core::scratch::OnDemand;
    Toolchain {
        installations: installations(),
        overrides: pum_core::dump::ToolOverrides::default(),
        scratch: OnDemand::new(server_options()),
    }
}

fn take(database: &Database) -> Snapshot {
    let mut source = Opened::database(database.session());
    let options = SnapshotOptions::default();
    Snapshot::capture(&mut source, &options, &mut Context::default())
        .unwrap_or_else(|err| panic!("{err}"))
}

fn parse(text: &str) -> Result<Snapshot, String> {
    Snapshot::parse(Path::new("s.json"), text).map_err(|err| err.to_string())
}

fn oldest() -> String {
    std::fs::read_to_string(repository().join(OLDEST)).unwrap()
}

/// A snapshot of a database in a file.
fn written(home: &Home, database: &Database) -> String {
    let path = home.path().join("schema.json").display().to_string();
    let _ = pum(home, &["snapshot", &database.conninfo(), "-o", &path]).expect(0);
    path
}

/// A database with the schema of another, through a plain dump and psql.
fn restored(original: &Database) -> Database {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("dump.sql");
    std::fs::write(&file, original.dump_schema()).unwrap();
    let copy = database();
    psql(&copy, &["-f", &file.display().to_string()]);
    copy
}

/// Every kind of object there is, with everything set that can be set.
#[test]
fn what_is_read_is_what_was_written() {
    let everything = BaseServer::shared().copy();
    let snapshot = take(&everything);
    let model = model(&everything);
    assert_eq!(*snapshot.model(), model);
    let text = snapshot.to_json();
    let read = parse(&text).unwrap();
    assert_eq!(read.to_json(), text);
    for &kind in Kind::ALL {
        assert!(model.objects().iter().any(|object| object.identity.kind == kind), "no {kind:?}");
    }
    // Secrets are written without their values, and equal to any.
    let differences = diff(&model, read.model(), &Filters::new(Preset::Strict));
    assert_eq!(differences, []);
    let with_secrets = |kind: Kind| {
        use Kind::{ForeignDataWrapper, ForeignServer, Subscription, UserMapping};
        matches!(kind, ForeignDataWrapper | ForeignServer | Subscription | UserMapping)
    };
    for (one, other) in model.objects().iter().zip(read.model().objects()) {
        assert!(one == other || with_secrets(one.identity.kind), "{}", one.identity);
    }
}

#[test]
fn a_database_is_the_same_as_its_snapshot() {
    let everything = BaseServer::shared().copy();
    let home = Home::new();
    let snapshot = written(&home, &everything);
    let found = check(&everything.conninfo(), &snapshot, &["--preset", "strict"]).expect(0);
    assert!(found.stdout.starts_with("no differences"), "{}", found.stdout);
    let found = check(&snapshot, &snapshot, &[]).expect(0);
    assert!(found.stdout.starts_with("no differences"), "{}", found.stdout);

    everything.execute("ALTER TABLE app.bare ADD COLUMN surplus integer");
    let found = check(&everything.conninfo(), &snapshot, &[]).expect(1);
    let name = everything.settings.database();
    let told = format!("column surplus: only in {name}");
    assert!(found.stdout.contains(&told), "{}", found.stdout);
}

/// A restore prints SQL in other words.
#[test]
fn a_restored_database_is_the_same_as_the_originals_snapshot() {
    let original = expected();
    let home = Home::new();
    let snapshot = written(&home, &original);
    let copy = restored(&original);
    let found = check(&copy.conninfo(), &snapshot, &["--format", "json"]).expect(0);
    assert!(found.stdout.contains("\"canonicalized\": 1"), "{}", found.stdout);
    // And the other way round, and both from files.
    let other_home = Home::new();
    let other = written(&other_home, &copy);
    let _ = check(&original.conninfo(), &other, &[]).expect(0);
    let _ = check(&other, &snapshot, &[]).expect(0);

    copy.execute("ALTER TABLE users DROP CONSTRAINT users_state_check");
    copy.execute(
        "ALTER TABLE users ADD CONSTRAINT users_state_check CHECK (state IN ('on', 'out'))",
    );
    let found = check(&copy.conninfo(), &snapshot, &[]).expect(1);
    assert!(found.stdout.contains("users_state_check"), "{}", found.stdout);
    assert!(!found.stdout.contains("could not be determined"), "{}", found.stdout);
}

/// A snapshot needs no programs to be taken. Where there are none to look again with, that is said.
#[test]
fn what_could_not_be_looked_at_again_is_said() {
    let (original, home) = (expected(), Home::new());
    let empty = home.path().join("nothing").display().to_string();
    std::fs::create_dir(&empty).unwrap();
    let path = home.path().join("s.json").display().to_string();
    let without = ["--pg-bin-dir", &empty];
    let conninfo = original.conninfo();
    let arguments = [&["snapshot", &conninfo, "-o", &path], &without[..]].concat();
    let taken = pum(&home, &arguments).expect(0);
    assert!(!taken.stderr.contains("warning"), "{}", taken.stderr);
    assert!(std::fs::read_to_string(&path).unwrap().contains("\"settled_by\": null"));
    let _ = check(&conninfo, &path, &without).expect(0);
    let copy = restored(&original);
    let found = check(&copy.conninfo(), &path, &without).expect(1);
    assert!(found.stdout.contains("could not be determined"), "{}", found.stdout);
    assert!(found.stdout.contains("no PostgreSQL server"), "{}", found.stdout);
    let _ = check(&copy.conninfo(), &path, &[]).expect(0);

    // Or the snapshot has it.
    let refused = pum(&home, &[&arguments[..], &["--canonical"]].concat());
    let _ = refused.expect_error(&["definitions cannot be built on a scratch server"]);
    let _ = pum(&home, &[&arguments[..4], &["--canonical"]].concat()).expect(0);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("\"settled_by\": null"));
    let _ = check(&copy.conninfo(), &path, &without).expect(0);
}

/// A schema with more tables than a transaction can lock.
#[test]
fn many_tables_take_no_more_locks_than_there_are() {
    use pum_core::scratch::OnDemand;
    let database = database();
    database.execute(
        "DO $$ BEGIN FOR i IN 1..1000 LOOP
             EXECUTE format('CREATE TABLE t%s (v varchar(5) CHECK (v IN (''a'', ''b'')))', i);
         END LOOP; END $$",
    );
    let few = [("max_connections", "20"), ("max_locks_per_transaction", "16")];
    let options = set(server_options(), &few);
    let toolchain = Toolchain { scratch: OnDemand::new(options), ..toolchain() };
    let mut source = Opened::database(database.session());
    let options = SnapshotOptions::default();
    let mut snapshot = Snapshot::capture(&mut source, &options, &mut Context::default()).unwrap();
    assert_eq!(snapshot.canonicalize(&toolchain, &mut Context::default()).unwrap(), []);
    assert!(snapshot.canonicalized_by().is_some());
    assert_eq!(snapshot.to_json().matches("\"attribute\": \"definition\"").count(), 1000);
}

/// `git diff` of two snapshots shows what was changed, and nothing else.
#[test]
fn a_small_change_is_a_few_lines() {
    let database = expected();
    let before = take(&database).to_json();
    database.execute(
        "ALTER TABLE users ALTER COLUMN mail SET NOT NULL;
         CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.name := ltrim(NEW.name);
    RETURN NEW;
END;
$$",
    );
    let after = take(&database).to_json();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (lines(&before), lines(&after));
    let new: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
    assert_eq!(
        new,
        ["      \"data_type\": \"text\",", "          \"    NEW.name := ltrim(NEW.name);\","]
    );
    assert_eq!(after.len(), before.len() + 1, "a comma, and the new line behind it");
}

#[test]
fn the_oldest_snapshot_can_be_read() {
    let snapshot = parse(&oldest()).unwrap();
    assert_eq!(snapshot.pum_version(), "0.1.0");
    assert_eq!(snapshot.roles(), ["layout_reader", "postgres"]);
    let path = repository().join(OLDEST).display().to_string();
    let database = expected();
    let found = check(&database.conninfo(), &path, &[]).expect(0);
    assert!(found.stdout.starts_with("no differences"), "{}", found.stdout);
    database.execute("COMMENT ON COLUMN users.mail IS 'late'");
    let _ = check(&database.conninfo(), &path, &[]).expect(1);
}

/// What an older pum did not know is not compared: it would all look as if it were new.
#[test]
fn what_an_older_pum_did_not_know_does_not_count() {
    let home = Home::new();
    let known = "\"columns\": [\"collation\",\"comment\",";
    let older = oldest().replace(known, "\"columns\": [\"collation\",");
    assert_ne!(older, oldest());
    let path = home.file("older.json", &older).display().to_string();
    let database = expected();
    database.execute("COMMENT ON COLUMN users.mail IS 'late'; COMMENT ON TABLE users IS 'late'");
    let found = check(&database.conninfo(), &path, &[]).expect(1);
    assert!(found.stdout.contains("table users: comment"), "{}", found.stdout);
    assert!(!found.stdout.contains("column mail"), "{}", found.stdout);
}

#[test]
fn what_was_left_out_is_left_out_of_the_other_side() {
    let (database, home) = (expected(), Home::new());
    database.execute(
        "CREATE SCHEMA audit_1; CREATE TABLE audit_1.t (a int); CREATE TABLE upgrades (id serial)",
    );
    let path = home.path().join("s.json").display().to_string();
    let options = ["-o", &path, "-t", "upgrades", "-N", "audit_*", "-i", "triggers", "rules"];
    let _ = pum(&home, &[&["snapshot", &database.conninfo()], &options[..]].concat()).expect(0);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("audit_1") && text.contains("\"public.upgrades\""), "{text}");
    database.execute("DROP TRIGGER touch ON users; ALTER TABLE audit_1.t ADD b int");
    let _ = check(&database.conninfo(), &path, &[]).expect(0);
    database.execute("DROP TABLE upgrades");
    let _ = check(&database.conninfo(), &path, &[]).expect(0);
    database.execute("DROP TABLE users CASCADE");
    let _ = check(&database.conninfo(), &path, &[]).expect(1);
    // A snapshot can be made smaller.
    let less = home.path().join("less.json").display().to_string();
    let _ = pum(&home, &["snapshot", &path, "-o", &less, "-t", "users", "-i", "views"]).expect(0);
    let text = std::fs::read_to_string(&less).unwrap();
    assert!(!text.contains("active_users\"}") && !text.contains("users_state"), "{text}");
    assert!(text.contains("\"public.upgrades\"") && text.contains("\"views\""), "{text}");
}

#[test]
fn standard_output_takes_it_as_well() {
    let (database, home) = (expected(), Home::new());
    let to_stdout = pum(&home, &["snapshot", &database.conninfo()]).expect(0);
    let path = written(&home, &database);
    assert_eq!(to_stdout.stdout, std::fs::read_to_string(path).unwrap());
    assert_eq!(to_stdout.stderr, "");
}

#[test]
fn a_file_that_is_there_is_replaced_at_once_or_stays() {
    let (database, home) = (expected(), Home::new());
    let path = home.file("schema.json", "old");
    let name = path.display().to_string();
    let missing = database.conninfo().replace("dbname='", "dbname='no_");
    let _ = pum(&home, &["snapshot", &missing, "-o", &name]).expect(2);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    let _ = written(&home, &database);
    let files: Vec<_> = std::fs::read_dir(home.path()).unwrap().collect();
    assert_eq!((files.len(), parse(&std::fs::read_to_string(&path).unwrap()).is_ok()), (1, true));
    let into = pum(&home, &["snapshot", &database.conninfo(), "-o", "no/such/place.json"]);
    let _ = into.expect_error(&["cannot write the snapshot no/such/place.json", "No such file"]);
}

/// What is wrong with a file is said with its line.
#[test]
fn a_damaged_snapshot_is_told_with_its_line() {
    let good = oldest();
    let half = &good[..good.len() / 2];
    let last_line = half.lines().count();
    let line_of = |needle: &str| good.lines().position(|line| line.contains(needle)).unwrap() + 1;
    let users = "\"kind\":\"table\",\"schema\":\"public\",\"name\":\"users\"";
    for (text, place, message) in [
        (half.to_owned(), last_line, "EOF while parsing"),
        (String::new(), 1, "EOF while parsing"),
        (
            good.replace("\"relation\": \"table\"", "\"relation\": 7"),
            line_of(users),
            "table public.users: \"relation\" is not a valid text",
        ),
        (
            good.replace(
                "\"relation\": \"table\",",
                "\"colour\": \"red\",\"relation\": \"table\",",
            ),
            line_of(users),
            "tables have no attribute \"colour\"",
        ),
        (good.replace("\"relation\": \"table\",", ""), line_of(users), "\"relation\" is missing"),
        (
            good.replace("\"tables\": [\"access", "\"tables\": [\"speed\",\"access"),
            line_of("\"tables\": [\"access"),
            "which knows tables.speed, but this version does not",
        ),
        (
            good.replace("\"objects\": [", "<<<<<<< HEAD\n  \"objects\": ["),
            line_of("\"objects\": ["),
            "key must be a string",
        ),
        (
            good.replace("\"server_version\": \"15", "\"server_version\": \"new 15"),
            line_of("server_version"),
            "is not a server version",
        ),
    ] {
        let err = parse(&text).unwrap_err();
        assert!(err.starts_with(&format!("s.json:{place}: ")), "{place}, {message}: {err}");
        assert!(err.contains(message) && err.contains("take it again from its source"), "{err}");
    }
    let newer = good.replace("\"format_version\": 1", "\"format_version\": 2");
    let newer = newer.replace("\"pum_version\": \"0.1.0\"", "\"pum_version\": \"3.0.0\"");
    let err = parse(&newer).unwrap_err();
    assert!(err.contains("has format_version 2, but this version of pum reads 1"), "{err}");
    assert!(err.contains("use the version that wrote it (3.0.0)"), "{err}");
}

/// What is written is what `docs/schema/snapshot.schema.json` says, and that says something.
#[test]
fn the_published_schema_holds() {
    let path = repository().join("docs/schema/snapshot.schema.json");
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    let schema = compiler.compile(path.to_str().unwrap(), &mut schemas).unwrap();
    let judge = |text: &str| {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        schemas.validate(&json, schema).map_err(|err| err.to_string())
    };
    make_reader(&database());
    let text = take(&BaseServer::shared().copy()).to_json();
    assert_eq!(judge(&text), Ok(()));
    assert_eq!(judge(&oldest()), Ok(()));
    for (good, bad) in [
        ("\"format_version\": 1", "\"format_version\": \"1\""),
        ("\"kind\":\"table\"", "\"kind\":\"desk\""),
        ("\"position\": 1,", "\"position\": {},"),
        ("\"roles\": [", "\"rolls\": ["),
    ] {
        assert!(judge(&text.replace(good, bad)).is_err(), "{bad}");
    }
}

/// A release's snapshot is taken of its migrations; production has the history table of their program too.
#[test]
fn a_snapshot_of_migrations_leaves_out_the_books_of_their_program() {
    let home = Home::new();
    let schema = home.path().join("schema.json").display().to_string();
    let _ = pum(&home, &["snapshot", &history("goose"), "-o", &schema]).expect(0);
    let production = expected();
    production.execute("CREATE TABLE goose_db_version (id serial)");
    let _ = check(&schema, &production.conninfo(), &[]).expect(0);
    let _ = check(&history("goose"), &schema, &[]).expect(0);
    production.execute("CREATE TABLE _sqlx_migrations (id serial)");
    let found = check(&schema, &production.conninfo(), &[]).expect(1);
    assert!(found.stdout.contains("_sqlx_migrations"), "{}", found.stdout);
}

#[test]
fn many_relations_are_read_by_two_sessions_or_by_one_if_no_other_can_be_opened() {
    let database = database();
    let name = database.settings.database().to_owned();
    database.execute(&format!(
        "CREATE ROLE \"one_{name}\" LOGIN CONNECTION LIMIT 1;
         DO $$ BEGIN FOR i IN 1..1100 LOOP
             EXECUTE format('CREATE TABLE t%s (a text PRIMARY KEY, b int CHECK (b > %s))', i, i);
         END LOOP; END $$;
         CREATE VIEW v AS SELECT * FROM t1; CREATE INDEX i ON t2 ((lower(a)), b)"
    ));
    let both = take(&database);
    assert!(*both.model() == model(&database));
    let alone = Database { settings: server().settings_as(&name, &format!("one_{name}")).unwrap() };
    // But for the roles, with what depends on what.
    let contents = |snapshot: &Snapshot| {
        snapshot.to_json().split_once("\"objects\"").map(|(_, objects)| objects.to_owned())
    };
    assert!(contents(&take(&alone)) == contents(&both));

    // What fails in one of them ends what the other one has begun: the next attempt sees what is new.
    let mut source = Opened::database(database.session());
    let mut holder = database.session();
    // The view alone, and not the table that it reads.
    holder.client().batch_execute("BEGIN; ALTER VIEW v SET (security_barrier)").unwrap();
    let options = SnapshotOptions::default();
    let err = Snapshot::capture(&mut source, &options, &mut Context::default()).unwrap_err();
    assert!(err.to_string().contains("lock"), "{err}");
    holder.client().batch_execute("ROLLBACK; CREATE TABLE is_new (a int)").unwrap();
    let again = Snapshot::capture(&mut source, &options, &mut Context::default()).unwrap();
    assert!(again.model().objects().iter().any(|it| it.identity.name == "is_new"));
}
