//! The command, as its users type it.

use std::path::Path;

use pum_tests::command::{Home, Outcome};
use pum_tests::{Database, database, database_named, deltas, programs_of, repository};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

fn pum(home: &Home, line: &str) -> Outcome {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    home.run(PUM, &arguments)
}

/// A home with two services on the sample: `old` at 1.0.0 with its upgrades table, and `new`.
fn sample_home() -> (Home, Database, Database) {
    let home = Home::new();
    let (old, new) = (database(), database());
    old.execute_file("fixtures/sample/production-1.0.0.sql");
    new.execute_file("fixtures/sample/build.sql");
    home.service("old", &old);
    home.service("new", &new);
    let directory = repository().join("deltas");
    home.file(
        "pum.toml",
        &format!(
            "upgrades_table = \"public.pum_info\"\ndelta_dirs = \"{}\"\n\
             [variables]\ndefault_zone = 1\n",
            directory.display()
        ),
    );
    (home, old, new)
}

#[test]
fn a_session_from_baseline_to_upgrade() {
    let (home, old, _new) = sample_home();
    insta::assert_snapshot!(pum(&home, "info -p old").error(), @"
    error: old has no upgrades table public.pum_info: set a baseline to declare its current version
    hint: pum baseline -p old -t public.pum_info -d DIR -b X.Y.Z, with the version that it is at; if the database is empty, pum upgrade --create
    ");
    pum(&home, "baseline -p old -b 1.0.0").expect(0);
    let info = pum(&home, "info -p old --check").expect(1);
    assert!(info.stdout.starts_with("old is at version 1.0.0, 16 pending"), "{}", info.stdout);
    let before = old.dump_schema();
    let plan = pum(&home, "upgrade -p old --dry-run").expect(0);
    assert!(plan.stdout.contains("old would go from 1.0.0 to 1.10.0"), "{}", plan.stdout);
    assert!(plan.stdout.contains("delta_1.10.0_outages.sql ("), "{}", plan.stdout);
    assert_eq!(old.dump_schema(), before, "a dry run changes nothing");

    let done = pum(&home, "upgrade -p old -vv").expect(0);
    assert_eq!(done.stdout, "old was upgraded from 1.0.0 to 1.10.0 (18 scripts)\n");
    assert!(done.stderr.contains("delta_1.9.1_duty_roster.sql"), "{}", done.stderr);
    let again = pum(&home, "upgrade -p old").expect(0);
    assert_eq!(again.stdout, "old is at version 1.10.0: nothing pending\n");
    pum(&home, "info -p old --check").expect(0);
    let check = pum(&home, "check old new").expect(0);
    assert!(check.stdout.starts_with("no differences between old and new ("), "{}", check.stdout);
    // Where nobody says which table it is, the way out is told.
    home.file("empty.toml", "");
    let forgotten = pum(&home, "check old new -c empty.toml").expect(1);
    let hint = "public.pum_info looks like an upgrades table: -t public.pum_info";
    assert!(forgotten.stdout.contains(hint), "{}", forgotten.stdout);
    pum(&home, "check old new -c empty.toml -t public.pum_info").expect(0);
}

/// Each version of PUM makes it with its own version as the default.
#[test]
fn the_table_of_pum_1_that_another_version_made_is_said_to_be_one() {
    let home = Home::new();
    let sides = [("a", "1.8.0"), ("b", "1.9.0")].map(|(name, version)| {
        let database = database();
        database.execute(&format!(
            "CREATE TABLE pum_migrations (id uuid PRIMARY KEY, date_installed timestamp NOT NULL, \
             module varchar(50), version varchar(50), beta_testing boolean, changelog_files text[], \
             parameters jsonb, pum_version varchar(50) DEFAULT '{version}')"
        ));
        home.service(name, &database);
        database
    });
    let found = pum(&home, "check a b").expect(1).stdout;
    let hint = "public.pum_migrations looks like an upgrades table: -t public.pum_migrations";
    assert!(found.contains(hint), "{found}");
    pum(&home, "check a b -t public.pum_migrations").expect(0);
    drop(sides);
}

#[test]
fn check_tells_what_differs_in_every_spelling() {
    let home = Home::new();
    let (a, b) = (database(), database());
    a.execute("CREATE TABLE t (id int, usr_note text); COMMENT ON TABLE t IS 'one'");
    b.execute("CREATE TABLE t (id bigint)");
    home.service("a", &a);
    home.service("b", &b);
    let expected = "3 differences between a and b\n\
                    1 only in a, 2 with other values\n\n\
                    public.t\n  \
                    table t: comment: one in a, (none) in b\n  \
                    column id: data_type: integer in a, bigint in b\n  \
                    column usr_note: only in a\n\n\
                    next: write the SQL that removes them by pum diff …, or accept them by pum check … \
                    --accept --reason TEXT\n";
    for line in ["check a b", "check -p1 a -p2 b", "check --pg_service1 a --pg_service2=b"] {
        assert_eq!(pum(&home, line).expect(1).stdout, expected, "{line}");
    }
    let verdict = pum(&home, "check a b -v 0").expect(1);
    assert_eq!(verdict.stdout, "3 differences between a and b\n");
    pum(&home, "check a b -i columns comment").expect(0);
    pum(&home, "check a b -i columns.data_type tables.comment -P usr\\_%").expect(0);
    pum(&home, "check a b -N public").expect(0);
    // What the old checker never looked at does not count there.
    let old = pum(&home, "checker -p1 a -p2 b -s -i columns").expect(0);
    assert!(old.stdout.starts_with("no differences"), "{}", old.stdout);
    pum(&home, "checker -p1 a -p2 b").expect(1);

    let to_file = pum(&home, "check a b -o report.json --format json").expect(1);
    assert_eq!(to_file.stdout, "3 differences between a and b\n");
    let text = std::fs::read_to_string(home.path().join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["format_version"], 1);
    assert_eq!(report["same"], false);
    assert_eq!(report["differences"][2]["change"], "only_left");
    assert_eq!(report["differences"][2]["identity"]["name"], "usr_note");
    assert_eq!(report["differences"][1]["right"]["text"], "bigint");
}

#[test]
fn names_cannot_write_on_the_terminal() {
    let home = Home::new();
    let (a, b) = (database(), database());
    a.execute("CREATE TABLE \"x\u{1b}[31m\ny\" ()");
    home.service("a", &a);
    home.service("b", &b);
    let shown = pum(&home, "check a b").expect(1).stdout;
    assert!(shown.contains("x\\u{1b}[31m\\ny"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn dump_and_restore_by_both_spellings() {
    use std::os::unix::fs::PermissionsExt;
    let (home, old, _new) = sample_home();
    let dumped = pum(&home, "dump -p old backup.dump").expect(0);
    assert!(dumped.stdout.contains("was dumped to backup.dump"), "{}", dumped.stdout);
    let file = home.path().join("backup.dump");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let copy = database();
    home.service("copy", &copy);
    pum(&home, "restore -p copy backup.dump").expect(0);
    // The restore rewrites expressions such as `x IN ('a', 'b')`: no dump is the same, and yet
    // nothing differs.
    assert_ne!(copy.dump_schema(), old.dump_schema());
    pum(&home, "check old copy").expect(0);
    insta::assert_snapshot!(pum(&home, "restore -p copy backup.dump").error(), @r#"
    error: the database "<database>" of copy exists and is not empty; it was not changed. Name another database, or replace this one
    hint: --replace replaces it
    "#);
    copy.execute("CREATE TABLE extra ()");
    pum(&home, "check old copy").expect(1);
    insta::assert_snapshot!(pum(&home, "restore -p copy --replace backup.dump").error(), @r#"
    The database "<database>" of copy is not empty. Replace everything in it? [y/N]
    error: "The database "<database>" of copy is not empty. Replace everything in it?" needs an answer, but there is no terminal to ask on: use --yes to answer yes to all questions
    "#);
    pum(&home, "restore -p copy --replace --yes backup.dump").expect(0);
    pum(&home, "check old copy").expect(0);

    pum(&home, "dumper -p old -d second.dump").expect(0);
    // A database that does not exist is made.
    let missing = database_named("made by restore's \"test\"");
    home.service("missing", &missing);
    pum_tests::database().execute("DROP DATABASE \"made by restore's \"\"test\"\"\"");
    pum(&home, "dumper -p missing -r second.dump").expect(0);
    pum(&home, "check old missing").expect(0);
    // What the hint says works with the old name as well.
    pum(&home, "dumper -p missing -r second.dump").expect_error(&["--replace replaces it"]);
    pum(&home, "dumper -p missing -r second.dump --replace --yes").expect(0);
    pum(&home, "dumper -p old -d -r x").expect(2);
    pum(&home, "dumper -p old x").expect(2);
}

#[test]
fn a_damaged_dump_is_no_dump() {
    let (home, _old, _new) = sample_home();
    pum(&home, "dump -p old backup.dump").expect(0);
    let bytes = std::fs::read(home.path().join("backup.dump")).unwrap();
    std::fs::write(home.path().join("short.dump"), &bytes[..bytes.len() * 2 / 3]).unwrap();
    home.file("text.dump", "not a dump");
    let empty = database();
    home.service("empty", &empty);
    for file in ["short.dump", "text.dump"] {
        pum(&home, &format!("restore -p empty {file}"))
            .expect_error(&[&format!("{file} is not a complete dump")]);
    }
    insta::assert_snapshot!(pum(&home, "restore -p empty none.dump").error(), @"error: cannot read none.dump: No such file or directory (os error 2)");
    assert_eq!(
        empty.column("SELECT count(*) FROM pg_tables WHERE schemaname !~ '^pg_|^inf'"),
        ["0"]
    );
}

#[test]
fn the_old_upgrader_is_three_commands() {
    let home = Home::new();
    let database = database();
    home.service("db", &database);
    let directory = deltas(&[(
        "delta_1.1.0_a.sql",
        "CREATE TABLE %(name)s ();".replace("%(name)s", "a").as_str(),
    )]);
    let rest = format!("-p db -t public.upgrades -d {}", directory.path().display());
    pum(&home, &format!("upgrader {rest} -b 1.0.0")).expect(0);
    let info = pum(&home, &format!("upgrader {rest} -i")).expect(0);
    assert!(info.stdout.contains("delta_1.1.0_a.sql"), "{}", info.stdout);
    pum(&home, &format!("upgrader {rest}")).expect(0);
    assert_eq!(database.column("SELECT to_regclass('a')::text"), ["a"]);
}

#[test]
fn variables_are_values() {
    let home = Home::new();
    let database = database();
    home.service("db", &database);
    let directory = deltas(&[(
        "delta_1.1.0.sql",
        "CREATE TABLE v AS SELECT %(n)s AS n, %(f)s AS f, %(s)s::text AS s, 'a%%' AS p;",
    )]);
    let rest = format!("-p db -t upgrades -d {}", directory.path().display());
    pum(&home, &format!("baseline {rest} -b 1.0.0")).expect(0);
    let missing = pum(&home, &format!("upgrade {rest} -v int n -5"));
    insta::assert_snapshot!(missing.error(), @"
    error: <home>/delta_1.1.0.sql:1: the variable %(f)s has no value (the given ones are: n)
    hint: give it with -v TYPE f VALUE
    ");
    let mut arguments: Vec<&str> = vec!["upgrade"];
    arguments.extend(rest.split(' '));
    arguments.extend(["-v", "int", "n", "-5", "-v", "float", "f", "0.5"]);
    arguments.extend(["--var", "string", "s", "it's; DROP TABLE v"]);
    home.run(PUM, &arguments).expect(0);
    assert_eq!(database.column("SELECT v::text FROM v"), ["(-5,0.5,\"it's; DROP TABLE v\",a%)"]);
    insta::assert_snapshot!(pum(&home, &format!("upgrade {rest} -v int n five")).error(), @r#"error: variable n: "five" is not a whole number"#);
}

#[test]
fn bad_input_is_named_and_changes_nothing() {
    let (home, old, _new) = sample_home();
    let before = old.dump_schema();
    for (line, parts) in [
        ("check old neww", &["neww", "known", "old", "did you mean \"new\""][..]),
        ("check old", &["the first of the two sources is missing", "A B"]),
        ("check old new -i tabels", &["\"tabels\"", "did you mean \"tables\"?"]),
        ("info -p old -t a.b.c -d .", &["\"a.b.c\" is not a table name"]),
        ("info -p old -d nowhere", &["delta directory nowhere: No such file or directory (os"]),
        ("info -p old -d .", &["no deltas in ."]),
        ("baseline -p old -b 1.0.0.0", &["\"1.0.0.0\" is not a version"]),
        ("baseline -p old -t nowhere.t -b 1.0.0", &["schema \"nowhere\" does not exist"]),
        ("info -p host=127.0.0.1", &["127.0.0.1", "refused"]),
        ("info -p hots=x", &["\"hots\"", "did you mean \"host\"?"]),
        ("dump -p old nowhere/x.dump", &["nowhere/x.dump", "No such file"]),
        ("dump -p old .", &["cannot write the dump to ."]),
        ("frobnicate", &["unrecognized subcommand"]),
        ("-c nowhere.toml info -p old", &["configuration file nowhere.toml", "No such file"]),
        ("info -p old -c nowhere.toml", &["configuration file nowhere.toml", "No such file"]),
    ] {
        let outcome = pum(&home, line).expect(2);
        assert_eq!(outcome.stdout, "", "{line}");
        let text = outcome.stderr.to_lowercase();
        for part in parts {
            assert!(
                text.contains(&part.to_lowercase()),
                "{line}: no {part:?} in:\n{}",
                outcome.stderr
            );
        }
        assert!(!text.contains("panicked"), "{line}: {text}");
    }
    home.file("one/delta_1.1.0_a.sql", "SELECT 1;");
    home.file("two/delta_1.01.0_a.sql", "SELECT 2;");
    insta::assert_snapshot!(pum(&home, "upgrade -p old -d one two").error(), @r#"error: one/delta_1.1.0_a.sql and two/delta_1.01.0_a.sql are the same delta (version 1.1.0, name "a"): rename or remove one of them"#);
    assert_eq!(old.dump_schema(), before);
}

#[test]
fn missing_and_old_programs_are_named() {
    let (home, _old, _new) = sample_home();
    std::fs::create_dir(home.path().join("empty")).unwrap();
    insta::assert_snapshot!(pum(&home, "dump -p old x.dump --pg-bin-dir empty").error(), @"
    error: no pg_dump of version <version> or newer, which a PostgreSQL <version> server needs; found: none; looked in empty. Install the client programs of PostgreSQL <version>, or name one
    hint: name it in PG_DUMP_EXE, or as pg_dump_exe in pum.toml
    ");
    let old = home.file("old/pg_dump", "#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n");
    make_executable(&old);
    insta::assert_snapshot!(pum(&home, "dump -p old x.dump --pg-bin-dir old").error(), @"
    error: no pg_dump of version <version> or newer, which a PostgreSQL <version> server needs; found: 9 in old; looked in old. Install the client programs of PostgreSQL <version>, or name one
    hint: name it in PG_DUMP_EXE, or as pg_dump_exe in pum.toml
    ");
    let home = home.set("PG_DUMP_EXE", old.to_str().unwrap());
    insta::assert_snapshot!(pum(&home, "dump -p old x.dump").error(), @"error: <home>/old/pg_dump is version 9, which cannot be used with a PostgreSQL <version> server: version <version> or newer is required");
    assert!(!home.path().join("x.dump").exists());
}

/// A pg_dump that fails half-way leaves nothing, and an older dump as it was.
#[test]
fn a_failing_pg_dump_leaves_the_older_dump() {
    let (home, _old, _new) = sample_home();
    let bad = home.file(
        "bad/pg_dump",
        "#!/bin/sh\ncase \"$1\" in --version) echo 'pg_dump (PostgreSQL) 99.1';; \
         *) echo half; echo 'pg_dump: error: lost it' >&2; exit 1;; esac\n",
    );
    make_executable(&bad);
    home.file("x.dump", "older");
    let home = home.set("PG_DUMP_EXE", bad.to_str().unwrap());
    insta::assert_snapshot!(pum(&home, "dump -p old x.dump").error(), @"
    error: the dump of old to x.dump failed:
    half
    pg_dump: error: lost it
    ");
    assert_eq!(std::fs::read_to_string(home.path().join("x.dump")).unwrap(), "older");
    assert_eq!(parts_in(home.path()), 0);
}

#[test]
fn a_full_disk_leaves_no_dump() {
    let (home, old, _new) = sample_home();
    old.execute("CREATE TABLE big AS SELECT md5(i::text) FROM generate_series(1, 100000) i");
    let small = home.path().join("small");
    std::fs::create_dir(&small).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=256k", "none", small.to_str().unwrap()])
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        pum_tests::say("NOT TESTED: a full disk needs the right to mount a small file system");
        return;
    }
    let refused = pum(&home, "dump -p old small/x.dump");
    let outcome = pum(&home, "dump -p old --allow little-space small/x.dump");
    let left = std::fs::read_dir(&small).unwrap().count();
    let unmounted = std::process::Command::new("umount").arg(&small).status().unwrap();
    assert!(unmounted.success());
    insta::assert_snapshot!(refused.error(), @"error: not enough space for small/x.dump: <size> are free, but the dump may need about <size> (estimated from the table sizes)");
    insta::assert_snapshot!(outcome.error(), @"
    warning: not enough space for small/x.dump: <size> are free, but the dump may need about <size> (estimated from the table sizes)
    error: the dump of old to small/x.dump failed:
    pg_dump: error: could not write to output file: No space left on device
    ");
    assert_eq!(left, 0);
}

#[test]
fn help_and_version_are_answers() {
    let home = Home::new();
    for line in ["--help", "check --help", "test-and-upgrade --help"] {
        assert!(pum(&home, line).expect(0).stdout.contains("Usage: pum"), "{line}");
    }
    for line in ["--version", "-V", "-v"] {
        assert!(pum(&home, line).expect(0).stdout.starts_with("pum "), "{line}");
    }
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn parts_in(directory: &Path) -> usize {
    let entries = std::fs::read_dir(directory).unwrap().flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".part")).count()
}

#[test]
fn a_wrong_password_is_said_and_never_shown() {
    let server =
        pum_tests::server::Server::start(false, &[], &["local all ann scram-sha-256"], &[]);
    server.sql(&["CREATE ROLE ann LOGIN PASSWORD 'right one'", "CREATE DATABASE prod OWNER ann"]);
    let home = Home::new();
    let service = |password: &str| {
        format!(
            "[prod]\nhost={}\nport={}\nuser=ann\ndbname=prod\npassword={password}\n",
            server.socket_directory(),
            server.port()
        )
    };
    home.file(".pg_service.conf", &service("s3cret-guess"));
    home.file("deltas/delta_1.0.0.sql", "SELECT 1;");
    for line in [
        "info -p prod -t t -d deltas",
        "check prod prod",
        "dump -p prod x.dump",
        "test-and-upgrade -pp prod -t t -d deltas -f x.dump --reference-sql deltas/delta_1.0.0.sql",
    ] {
        let outcome = pum(&home, line).expect_error(&["password authentication failed", "28P01"]);
        assert!(!outcome.stderr.contains("s3cret-guess"), "{}", outcome.stderr);
    }
    home.file(".pg_service.conf", &service("right one"));
    pum(&home, "dump -p prod x.dump").expect(0);
}

/// The hardest end: nothing of the delta is kept, and the next run goes on.
#[test]
fn a_killed_upgrade_leaves_nothing_half_done() {
    let home = Home::new();
    let database = database();
    home.service("db", &database);
    home.file("deltas/delta_1.1.0.sql", "CREATE TABLE kept ();");
    home.file("deltas/delta_1.2.0.sql", "CREATE TABLE gone (); SELECT pg_sleep(60);");
    let rest = "-p db -t public.upgrades -d deltas";
    pum(&home, &format!("baseline {rest} -b 1.0.0")).expect(0);
    let line = format!("upgrade {rest}");
    let arguments: Vec<&str> = line.split(' ').collect();
    let mut child = home.command(PUM, &arguments).spawn().unwrap();
    let at_work = "SELECT pid::text FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%' \
                   AND datname = current_database()";
    let backend = loop {
        if let Some(pid) = database.column(at_work).pop() {
            break pid;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
    };
    child.kill().unwrap();
    child.wait().unwrap();
    // The server notices a gone client when the statement ends: end it.
    database.execute(&format!("SELECT pg_terminate_backend({backend})"));
    while !database.column(at_work).is_empty() {}
    let tables = "SELECT relname FROM pg_class WHERE relname IN ('kept', 'gone') ORDER BY 1";
    assert_eq!(database.column(tables), ["kept"]);
    assert_eq!(database.column("SELECT version FROM upgrades ORDER BY id"), ["1.0.0", "1.1.0"]);
    home.file("deltas/delta_1.2.0.sql", "CREATE TABLE gone ();");
    pum(&home, &line).expect(0);
    assert_eq!(database.column(tables), ["gone", "kept"]);
}

#[test]
fn a_server_too_old_is_refused() {
    let Some(programs) = programs_of(11) else { return };
    let server = pum_tests::server::Server::start_with(programs, false, &[], &[], &[]);
    let home = Home::new();
    let (directory, port) = (server.socket_directory(), server.port());
    let service = format!("[old]\nhost={directory}\nport={port}\nuser=postgres\ndbname=postgres\n");
    home.file(".pg_service.conf", &service);
    for line in ["check old old", "dump -p old x.dump"] {
        pum(&home, line).expect_error(&["the server is PostgreSQL 11.22", "pum needs 12 or newer"]);
    }
}

#[test]
fn an_interrupted_restore_leaves_no_database() {
    use nix::sys::signal::{Signal, kill};
    let home = Home::new();
    let (original, copy) = (database(), database());
    home.service("original", &original);
    home.service("copy", &copy);
    // Slow only where it is restored to.
    original.execute(
        "CREATE FUNCTION slow() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN \
         IF current_database() LIKE '%\\_pum\\_new\\_%' THEN PERFORM pg_sleep(60); END IF; \
         RETURN true; END $$; \
         CREATE TABLE t (id int CHECK (public.slow())); INSERT INTO t VALUES (1)",
    );
    pum(&home, "dump -p original x.dump").expect(0);
    let unfinished = format!(
        "SELECT datname FROM pg_database WHERE datname LIKE '{}\\_pum\\_new\\_%'",
        copy.settings.database()
    );
    let asleep = format!(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname IN ({unfinished})"
    );
    let child = home.command(PUM, &["restore", "-p", "copy", "x.dump"]).spawn().unwrap();
    while original.column(&asleep).is_empty() {
        std::thread::yield_now();
    }
    kill(nix::unistd::Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("hint: what was begun was removed; all else is as it was"), "{said}");
    assert_eq!(original.column(&unfinished), [""; 0]);
    assert_eq!(copy.column("SELECT to_regclass('t')::text"), ["(null)"]);
}
