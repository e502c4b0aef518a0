//! Test databases that production's server copies, that pum may replace, or that fit.

use std::process::{Child, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pum_tests::{database, database_named};

use super::{PUM, SQL, Setting};

const TEMPLATE: &str = "--test-source template --yes";

/// The databases that the server has beside production with a name of pum's.
fn copies(setting: &Setting) -> Vec<String> {
    let name = setting.production.settings.database();
    setting
        .production
        .column(&format!("SELECT datname FROM pg_database WHERE datname LIKE '{name}\\_pum%'"))
}

#[test]
fn the_server_copies_production_and_drops_the_copy() {
    let setting = Setting::with_baseline();
    let somebody = setting.production.session();
    let error = setting.untouched(|| setting.manage(&format!("{SQL} {TEMPLATE}"))).error();
    insta::assert_snapshot!(error, @"
    preflight  <duration>  version 1.0.0, 1 delta pending, to 1.1.0
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: prepare: prod cannot be copied as a template: other sessions are connected to it and would have to disconnect: process <number> of postgres (pum). Create the test database another way
    production was not changed
    hint: choose another --test-source
    ");
    drop(somebody);
    assert!(!setting.dump().exists(), "it is known before the dump");

    setting.home.file("wrong.sql", "CREATE TABLE orders (id int PRIMARY KEY);");
    setting
        .untouched(|| setting.manage(&format!("--reference-sql wrong.sql {TEMPLATE}")).expect(1));
    assert_eq!(copies(&setting), [""; 0]);
    setting.home.file("deltas/delta_1.2.0.sql", "SELECT nothing;");
    let error = setting.untouched(|| setting.manage(&format!("{SQL} {TEMPLATE}"))).error();
    insta::assert_snapshot!(error, @r#"
    preflight  <duration>  version 1.0.0, 2 deltas pending, to 1.2.0
    warning: the rehearsal runs on production's own server: database <database>_pum_test on the server of prod takes another <size> of disk space, and the work on it uses the server's CPU, disk and WAL, including archive and standbys. prod accepts no connections while it is copied. This does not test whether the dump can be restored, or how long that takes
    prepare  <duration>  ready
    dump  <duration>  prod.dump, <size>, read back
    restore to test  <duration>  database <database>_pum_test on the server of prod, copied by the server
    check the copy  <duration>  same as production, 7 objects
      delta_1.1.0_note.sql <duration>
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: upgrade test: deltas/delta_1.2.0.sql:1: column "nothing" does not exist (SQLSTATE 42703)
      1 | SELECT nothing;
        |        ^
    nothing was kept: the whole run was one transaction, and was rolled back
    the database is at version 1.0.0; correct the cause and run the same command again
    production was not changed; its dump is prod.dump
    hint: the same command with --resume <run> resumes this run
    "#);
    assert_eq!(copies(&setting), [""; 0]);
    setting.home.file("deltas/delta_1.2.0.sql", "UPDATE orders SET state = 'done';");

    let done = setting.manage(&format!("{SQL} {TEMPLATE} --report json=run.json")).expect(0);
    let name = setting.production.settings.database();
    for part in [
        &*format!(
            "runs on production's own server: database {name}_pum_test on the server of prod"
        ),
        "prod accepts no connections while it is copied",
        "This does not test whether the dump can be restored",
        &format!("database {name}_pum_test on the server of prod, copied by the server"),
        "as production, ",
    ] {
        assert!(done.stderr.contains(part), "{part}: {}", done.stderr);
    }
    assert_eq!(copies(&setting), [""; 0]);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note", "1.2.0"]);
    // Rows were there to be rehearsed on.
    let told = std::fs::read_to_string(setting.home.path().join("run.json")).unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let updated = &told["measured"]["scripts"][1]["tables"][0]["rows_updated"];
    assert_eq!(updated, 1, "{told}");
}

/// Starts a run that waits for its reference, and waits until it does.
fn waiting(setting: &Setting) -> Child {
    setting
        .home
        .file("init.sh", "touch waiting; while [ -d deltas ] && [ ! -e go ]; do sleep 0.1; done\n");
    setting.home.file("pum.toml", "[reference]\ncommand = \"sh init.sh\"\n");
    let line =
        format!("test-and-upgrade -pp prod -t public.upgrades -d deltas -f prod.dump {TEMPLATE}");
    let arguments: Vec<&str> = line.split(' ').collect();
    let mut command = setting.home.command(PUM, &arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let marker = setting.home.path().join("waiting");
    while !marker.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before the reference");
        std::thread::yield_now();
    }
    std::fs::remove_file(marker).unwrap();
    child
}

fn end(mut child: Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
    child.wait().unwrap();
}

#[test]
fn a_copy_goes_with_its_run_or_is_replaced_by_the_next() {
    let setting = Setting::with_baseline();
    let name = format!("{}_pum_test", setting.production.settings.database());
    let child = waiting(&setting);
    assert_eq!(copies(&setting), [&*name]);
    end(child, Signal::SIGTERM);
    assert_eq!(copies(&setting), [""; 0]);

    let child = waiting(&setting);
    let line = format!("{SQL} {TEMPLATE}");
    insta::assert_snapshot!(setting.untouched(|| setting.manage(&line)).error(), @r#"
    preflight  <duration>  version 1.0.0, 1 delta pending, to 1.1.0
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: prepare: the database "<database>_pum_test" of database <database>_pum_test on the server of prod cannot be replaced or copied while other sessions are connected to it: process <number> of postgres (pum), process <number> of postgres (pum)
    production was not changed
    "#);
    end(child, Signal::SIGKILL);
    assert_eq!(copies(&setting), [&*name]);
    setting.manage(&line).expect(0);
    assert_eq!(copies(&setting), [""; 0]);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

/// A database of that name that somebody else made is not pum's to drop.
#[test]
fn the_copy_takes_the_place_of_nothing_else() {
    let setting = Setting::with_baseline();
    let name = format!("{}_pum_test", setting.production.settings.database());
    let other = database_named(&name);
    other.execute("CREATE TABLE mine ()");
    let error = setting.untouched(|| setting.manage(&format!("{SQL} {TEMPLATE}"))).error();
    insta::assert_snapshot!(error, @"
    preflight  <duration>  version 1.0.0, 1 delta pending, to 1.1.0
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: prepare: database <database>_pum_test on the server of prod cannot be the test database: a database of that name exists that pum did not create. Name another test database with -pt, or drop that one
    production was not changed
    ");
    assert_eq!(other.column("SELECT to_regclass('mine')"), ["mine"]);
    let elsewhere = pum_tests::start_server(&[]);
    let uri = format!(
        "postgresql://postgres@{}/copy",
        elsewhere.directory().display().to_string().replace('/', "%2F")
    );
    let error =
        setting.untouched(|| setting.manage(&format!("{SQL} {TEMPLATE} -pt {uri}"))).error();
    insta::assert_snapshot!(error, @"
    preflight  <duration>  version 1.0.0, 1 delta pending, to 1.1.0
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: prepare: prod cannot be copied as a template: postgresql://postgres@<server>/copy is on another server. Create the test database another way
    production was not changed
    hint: choose another --test-source
    ");
}

#[test]
fn what_pum_made_is_replaced_without_a_question() {
    let setting = Setting::with_baseline();
    let test = database();
    setting.home.service("test", &test);
    let run = |more: &str| {
        setting.untouched(|| setting.manage(&format!("{SQL} --until plan -pt test {more}")))
    };
    run("--non-interactive").expect(0);
    let replaced = run("--non-interactive").expect(0);
    let said = "test is replaced: an earlier run of pum created its content";
    assert!(replaced.stderr.contains(said), "{}", replaced.stderr);
    let copied = run("--non-interactive --test-source template").expect(0);
    assert!(copied.stderr.contains(said), "{}", copied.stderr);
    assert_eq!(test.column("SELECT id FROM orders"), ["1"], "it stays");
    run("--non-interactive").expect(0);

    // The mark is no part of the schema, and goes with no copy.
    let shown = setting.pum("snapshot test -o -").expect(0).stdout;
    assert!(!shown.contains("disposable"), "{shown}");
    let copy = format!("{}_copy", test.settings.database());
    setting.pum(&format!("clone test --as {copy} --via template")).expect(0);
    assert_eq!(
        test.column(
            "SELECT datname FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase \
             WHERE setconfig::text LIKE '%pum.disposable%' AND datname IN (current_database(), \
                   current_database() || '_copy')"
        ),
        [test.settings.database()]
    );
    // Who gives it another name makes it his own.
    let mine = format!("{}_mine", test.settings.database());
    setting
        .production
        .execute(&format!("ALTER DATABASE {} RENAME TO {mine}", test.settings.database()));
    let conninfo = format!("service=test dbname={mine}");
    let line = ["test-and-upgrade", "-pp", "prod", "-t", "public.upgrades", "-d", "deltas"];
    let more =
        ["--reference-sql", "build.sql", "-f", "prod.dump", "--non-interactive", "-pt", &conninfo];
    let asked = setting.home.run(PUM, &[line.as_slice(), &more].concat()).expect(2);
    assert!(asked.stderr.contains("is not empty. Replace everything in it?"), "{}", asked.stderr);
}

#[test]
fn without_a_word_the_size_decides_and_is_told() {
    let setting = Setting::with_baseline();
    let run = |more: &str| {
        let line = format!("{SQL} --until plan --report text=run.txt {more}");
        let done = setting.untouched(|| setting.manage(&line).expect(0));
        let left_out = std::fs::read_to_string(setting.home.path().join("run.txt")).unwrap();
        (done.stderr, left_out)
    };
    let (full, _) = run("");
    assert!(
        full.contains("rehearsed with all its rows, from a full dump (the default up to 50.0 GB)"),
        "{full}"
    );
    setting.home.file("pum.toml", "test_full_up_to_gb = 0\n");
    let rows = setting.home.path().join("prod.dump");
    let before = std::fs::read(&rows).unwrap();
    let refused = setting.manage(&format!("{SQL} --until plan")).expect(2);
    let lost = "and would be replaced by a dump without rows: production is ";
    assert!(refused.stderr.contains(lost), "{}", refused.stderr);
    assert_eq!(std::fs::read(&rows).unwrap(), before);
    std::fs::remove_file(rows).unwrap();
    let (schema, measured) = run("");
    for part in [
        "more than the 0 bytes up to which all rows are rehearsed",
        "ONLY ITS SCHEMA IS DUMPED AND REHEARSED. This does not find rows that violate",
        "the dump is NO BACKUP",
    ] {
        assert!(schema.contains(part), "{part}: {schema}");
    }
    assert!(measured.contains("public.orders"), "{measured}");
    let test = database();
    setting.home.service("test", &test);
    for said in ["--test-source full", "-pt test", "--test-source template"] {
        let (told, _) = run(said);
        assert!(!told.contains("all its rows") && !told.contains("SCHEMA IS DUMPED"), "{told}");
    }
}
