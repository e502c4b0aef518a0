//! The Manager: rehearsal, comparison, production.

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use pum_tests::command::{Home, Outcome};
use pum_tests::{Database, database, repository, server_directory};

mod changed;
mod closing;
mod decision;
mod encodings;
mod faults;
mod initial;
mod kept_test;
mod production;
mod remedies;
mod report;
mod resume;
mod roles;
mod runs;
mod several;
mod sources;
mod superusers;
mod template;
mod upgrade_to;
mod ways_on;

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

/// A production database with the services and files that a run needs.
struct Setting {
    home: Home,
    production: Database,
}

/// The version 1.1.0 of a small model, as a delta makes it and as it is built from nothing.
const DELTA: &str = "ALTER TABLE orders ADD note varchar(20) CHECK (note IN ('a', 'b'));";
const BUILD: &str = "CREATE TABLE orders (id int PRIMARY KEY, state varchar(10) CHECK (state IN \
                     ('open', 'done')), note varchar(20) CHECK (note IN ('a', 'b')));";

impl Setting {
    fn new() -> Self {
        Self::on(database())
    }

    fn on(production: Database) -> Self {
        let home = Home::new();
        production.execute(
            "CREATE TABLE orders (id int PRIMARY KEY, \
                                  state varchar(10) CHECK (state IN ('open', 'done'))); \
             INSERT INTO orders VALUES (1, 'open')",
        );
        home.service("prod", &production);
        home.file("deltas/delta_1.1.0_note.sql", DELTA);
        home.file("build.sql", BUILD);
        Self { home, production }
    }

    fn with_baseline() -> Self {
        let setting = Self::new();
        setting.pum("baseline -p prod -t public.upgrades -d deltas -b 1.0.0").expect(0);
        setting
    }

    fn pum(&self, line: &str) -> Outcome {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        self.home.run(PUM, &arguments)
    }

    /// Runs the Manager with the usual options and more.
    fn manage(&self, more: &str) -> Outcome {
        self.pum(&format!(
            "test-and-upgrade -pp prod -t public.upgrades -d deltas -f prod.dump {more}"
        ))
    }

    /// Runs the Manager and answers its questions.
    fn manage_answering(&self, more: &str, answers: &str) -> Outcome {
        let line =
            format!("test-and-upgrade -pp prod -t public.upgrades -d deltas -f prod.dump {more}");
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let mut child = self.home.command(PUM, &arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn dump(&self) -> PathBuf {
        self.home.path().join("prod.dump")
    }

    /// Runs something and makes sure that production is what it was before.
    fn untouched<T>(&self, work: impl FnOnce() -> T) -> T {
        let state = || (self.production.dump_schema(), self.versions());
        let before = state();
        let result = work();
        assert!(state() == before, "production was touched");
        result
    }

    /// The page that `--report html=run.html` wrote has all these parts.
    #[track_caller]
    fn page_has(&self, parts: &[&str]) {
        let page = std::fs::read_to_string(self.home.path().join("run.html")).unwrap();
        for part in parts {
            assert!(page.contains(part), "no {part:?} in:\n{page}");
        }
    }

    fn versions(&self) -> Vec<String> {
        if self.production.column("SELECT to_regclass('public.upgrades')") == ["(null)"] {
            return Vec::new();
        }
        self.production.column("SELECT version || description FROM public.upgrades ORDER BY id")
    }
}

const SQL: &str = "--reference-sql build.sql";

#[test]
fn production_is_upgraded_when_the_copy_is_the_reference() {
    let setting = Setting::with_baseline();
    let done = setting.manage(&format!("{SQL} --yes")).expect(0);
    assert!(done.stdout.starts_with("prod was upgraded from 1.0.0 to 1.1.0\n"), "{}", done.stdout);
    for step in ["dump ", "restore to test", "upgrade test", "build reference", "no differences"] {
        assert!(done.stdout.contains(step), "{}", done.stdout);
    }
    assert!(done.stdout.contains("the dump of prod is prod.dump"), "{}", done.stdout);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
    assert_eq!(setting.production.column("SELECT id || state FROM orders"), ["1open"]);
    assert!(setting.dump().exists());

    std::fs::remove_file(setting.dump()).unwrap();
    let again = setting.manage(&format!("{SQL} --yes")).expect(0);
    assert_eq!(again.stdout, "prod is at version 1.1.0: nothing pending\n");
    assert!(!setting.dump().exists(), "nothing pending means nothing dumped");
}

#[test]
fn a_difference_stops_before_production() {
    let setting = Setting::with_baseline();
    setting.home.file("build.sql", &BUILD.replace("varchar(20)", "varchar(30)"));
    let found = setting.untouched(|| setting.manage(&format!("{SQL} --yes")).expect(1));
    assert!(
        found.stdout.contains("prod was not touched, it is at version 1.0.0"),
        "{}",
        found.stdout
    );
    assert!(
        found.stdout.contains(
            "1 difference between test and reference\n\npublic.orders\n  column note: data_type: \
             character varying(20) in test, character varying(30) in reference\n"
        ),
        "{}",
        found.stdout
    );
    assert!(
        found.stdout.contains(
            "suggested SQL:\n  column public.orders.note: changed last in delta_1.1.0_note.sql:1\n    \
             ALTER TABLE \"public\".\"orders\" ALTER COLUMN \"note\" TYPE character varying(30);\n"
        ),
        "{}",
        found.stdout
    );
    setting.manage(&format!("{SQL} --yes -i columns.data_type")).expect(0);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

#[test]
fn answers_decide() {
    let setting = Setting::with_baseline();
    let no = setting.untouched(|| setting.manage_answering(SQL, "n\n").expect(1));
    // The answer of somebody who does not type it is seen too.
    let asked = "Apply 1 script to prod (1.0.0 -> 1.1.0)?\n[y] upgrade  [d] details  [s] show SQL  \
                 [o] open the report  [N] stop n\n";
    assert!(no.stderr.contains(asked), "{}", no.stderr);
    assert!(no.stdout.contains("prod was not upgraded"), "{}", no.stdout);
    let nobody = setting.untouched(|| setting.manage(SQL).expect(2));
    assert!(nobody.stderr.contains("needs an answer"), "{}", nobody.stderr);
    setting.manage_answering(SQL, "yes\n").expect(0);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

#[test]
fn a_missing_upgrades_table_is_made_with_its_baseline() {
    let setting = Setting::new();
    setting.production.execute("CREATE TABLE versions AS SELECT '1.0.0'::text AS version");
    setting.home.file("build.sql", &format!("{BUILD} CREATE TABLE versions (version text);"));
    let unknown = setting.untouched(|| setting.manage(&format!("{SQL} --yes")));
    insta::assert_snapshot!(unknown.error(), @"
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: preflight: prod has no upgrades table public.upgrades, and no baseline was given: give one
    production was not changed
    hint: give it with -b X.Y.Z, or a query for it as baseline_query in pum.toml
    ");

    setting.home.file("pum.toml", "baseline_query = \"SELECT version FROM versions\"\n");
    let no = setting.untouched(|| setting.manage_answering(SQL, "n\n").expect(1));
    assert!(no.stderr.contains("Create it, with 1.0.0 as baseline?"), "{}", no.stderr);
    setting.manage_answering(SQL, "y\ny\n").expect(0);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);

    let given = Setting::new();
    given.manage(&format!("{SQL} --yes -b 1.0.0")).expect(0);
    assert_eq!(given.versions(), ["1.0.0baseline", "1.1.0note"]);
}

#[test]
fn named_test_and_reference_databases() {
    let setting = Setting::with_baseline();
    let (test, reference) = (database(), database());
    setting.home.service("test", &test);
    setting.home.service("ref", &reference);
    let line = "-pt test -pc ref";
    insta::assert_snapshot!(setting.untouched(|| setting.manage(line)).error(), @"
    preflight  <duration>  version 1.0.0, 1 delta pending, to 1.1.0
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: prepare: the reference ref is empty
    production was not changed
    ");
    reference.execute(BUILD);
    test.execute("CREATE TABLE mine ()");
    let no = setting.untouched(|| setting.manage_answering(line, "n\n").expect(1));
    assert!(no.stderr.contains("The test database test is not empty"), "{}", no.stderr);
    assert_eq!(test.column("SELECT to_regclass('mine')::text"), ["mine"]);
    setting.manage_answering(line, "y\ny\n").expect(0);
    assert_eq!(test.column("SELECT to_regclass('mine')::text"), ["(null)"]);
    assert_eq!(test.column("SELECT version FROM upgrades ORDER BY id"), ["1.0.0", "1.1.0"]);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

#[test]
fn the_old_manager_takes_the_rest_from_its_yaml() {
    let setting = Setting::with_baseline();
    let (test, reference) = (database(), database());
    setting.home.service("test", &test);
    setting.home.service("ref", &reference);
    reference.execute(BUILD);
    reference.execute("COMMENT ON TABLE orders IS 'the old checker does not see this'");
    setting.home.file(
        "db_manager_config.yaml",
        "upgrades_table: public.upgrades\ndelta_dir: deltas\nbackup_file: prod.dump\n\
         ignore_elements:\n  - rules\npg_dump_exe: pg_dump\npg_restore_exe: pg_restore\n",
    );
    let line = "manager -pp prod -pt test -pc ref";
    let arguments: Vec<&str> = line.split(' ').collect();
    let mut child = setting.home.command(PUM, &arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"y\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

#[test]
fn a_command_builds_the_reference() {
    let setting = Setting::with_baseline();
    setting.home.file("init.sh", "psql -X -q -v ON_ERROR_STOP=1 -f build.sql\n");
    setting.home.file("pum.toml", "[reference]\ncommand = \"sh init.sh\"\n");
    setting.manage("--yes").expect(0);

    let failing = Setting::with_baseline();
    failing.home.file("init.sh", "echo something went wrong >&2; exit 3\n");
    failing.home.file("pum.toml", "[reference]\ncommand = \"sh init.sh\"\n");
    insta::assert_snapshot!(failing.untouched(|| failing.manage("--yes")).error(), @r#"
    production is <size>: rehearsed with all its rows, from a full dump (the default up to <size>)
    preflight  <duration>  version 1.0.0, 1 delta pending, to 1.1.0
    prepare  <duration>  ready
    dump  <duration>  prod.dump, <size>, read back
    restore to test  <duration>  scratch database test
    check the copy  <duration>  same as production, 7 objects
      delta_1.1.0_note.sql <duration>
    upgrade test  <duration>  1 script, now at 1.1.0
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: build reference: the reference command "sh init.sh" failed:
    something went wrong
    production was not changed; its dump is prod.dump, which took <duration> to restore in the rehearsal
    hint: the same command with --resume <run> resumes this run
    "#);
}

#[test]
fn production_is_never_the_test_database() {
    let setting = Setting::with_baseline();
    // Another name, another way to the same database.
    let settings = &setting.production.settings;
    let (host, name) = (settings.get("host").unwrap(), settings.database());
    let uri = format!("postgresql://postgres@{}/{name}", host.replace('/', "%2F"));
    let error = setting.untouched(|| setting.manage(&format!("{SQL} --yes -pt {uri}"))).error();
    insta::assert_snapshot!(error, @"
    preflight  <duration>  version 1.0.0, 1 delta pending, to 1.1.0
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: prepare: the test database (postgresql://postgres@<server>/<database>) and production (prod) are the same database (same server, same database): its content would be replaced
    production was not changed
    ");
    let error = setting.untouched(|| setting.manage(&format!("--yes -pc {uri}"))).error();
    insta::assert_snapshot!(error, @"
    production is <size>: rehearsed with all its rows, from a full dump (the default up to <size>)
    preflight  <duration>  version 1.0.0, 1 delta pending, to 1.1.0
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: prepare: production (prod) and the reference (postgresql://postgres@<server>/<database>) are the same database (same server, same database): the comparison would be meaningless
    production was not changed
    ");
    assert!(!setting.dump().exists());
}

#[test]
fn what_fails_in_the_rehearsal_leaves_production_alone() {
    let setting = Setting::with_baseline();
    let wrong = |file: &str, text: &str, more: &str, parts: &[&str]| {
        setting.home.file(file, text);
        setting.untouched(|| setting.manage(&format!("--yes {more}"))).expect_error(parts);
        setting.home.file("deltas/delta_1.1.0_note.sql", DELTA);
        setting.home.file("build.sql", BUILD);
    };
    let lines = format!("{}ALTER TABLE nowhere ADD x int;\n", "-- line\n".repeat(13));
    wrong(
        "deltas/delta_1.1.0_note.sql",
        &lines,
        SQL,
        &[
            "upgrade test: deltas/delta_1.1.0_note.sql:14: relation \"nowhere\" does not exist (SQLSTATE 42P01)",
            "14 | ALTER TABLE nowhere ADD x int;",
            "nothing of delta_1.1.0_note.sql was kept",
            "production was not changed; its dump is prod.dump",
        ],
    );
    wrong(
        "build.sql",
        "SELECT 1;\nCREATE TABLE orders (x nonsense);",
        SQL,
        &["build reference: build.sql:2: type \"nonsense\" does not exist"],
    );
    wrong("build.sql", "SELECT 1;", SQL, &["build.sql created nothing: the reference is empty"]);
    wrong("x", "", "--reference-sql nowhere.sql", &["nowhere.sql", "No such file"]);
    wrong("x", "", "-pc nowhere", &["nowhere", "known"]);
    wrong("x", "", "", &["the reference is missing", "-pc C"]);
    wrong("x", "", &format!("{SQL} -f nowhere/prod.dump"), &["nowhere/prod.dump", "No such file"]);
    wrong("x", "", &format!("{SQL} -pt 'host=/nowhere'").replace('\'', ""), &["/nowhere"]);
}

#[test]
fn what_cannot_be_one_transaction_is_not() {
    let setting = Setting::new();
    setting.production.execute("CREATE TYPE mood AS ENUM ('ok')");
    setting.pum("baseline -p prod -t public.upgrades -d deltas -b 1.0.0").expect(0);
    setting.home.file("deltas/delta_1.2.0.sql", "ALTER TYPE mood ADD VALUE 'fine';");
    setting.home.file("deltas/delta_1.3.0.sql", "ALTER TABLE orders ADD m mood DEFAULT 'fine';");
    let built = format!("CREATE TYPE mood AS ENUM ('ok', 'fine');{BUILD}")
        .replace("('a', 'b')));", "('a', 'b')), m mood DEFAULT 'fine');");
    setting.home.file("build.sql", &built);
    let done = setting.manage(&format!("--yes {SQL}")).expect(0);
    assert!(done.stderr.contains("verify production"), "{}", done.stderr);
    assert_eq!(setting.versions().len(), 4);
}

/// Roles of production's objects exist on the scratch server, so that owners and grants compare.
#[test]
fn owners_and_grants_compare_on_scratch() {
    let setting = Setting::with_baseline();
    setting.production.execute(
        "CREATE ROLE \"man\u{e9}ger Role\"; CREATE ROLE manager_reader; \
         ALTER TABLE orders OWNER TO \"man\u{e9}ger Role\"; GRANT SELECT ON orders TO manager_reader",
    );
    let grants = "ALTER TABLE orders OWNER TO \"man\u{e9}ger Role\"; \
                  GRANT SELECT ON orders TO manager_reader;";
    let without = setting.manage(&format!("{SQL} --yes")).expect(1);
    assert!(
        without
            .stdout
            .contains("table orders: owner: man\u{e9}ger Role in test, postgres in reference"),
        "{}",
        without.stdout
    );
    setting.home.file("build.sql", &format!("{BUILD} {grants}"));
    setting.manage(&format!("{SQL} --yes")).expect(0);

    // A server without them is told before anything starts.
    let other = pum_tests::start_server(&[]);
    let test = format!(
        "postgresql://postgres@{}/copy",
        other.directory().display().to_string().replace('/', "%2F")
    );
    setting.home.file("deltas/delta_1.2.0.sql", "SELECT 1;");
    let error = setting.untouched(|| setting.manage(&format!("{SQL} --yes -pt {test}"))).error();
    insta::assert_snapshot!(error, @"
    preflight  <duration>  version 1.1.0, 1 delta pending, to 1.2.0
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: prepare: postgresql://postgres@<server>/copy lacks roles that own objects or have privileges: manager_reader, manéger Role. Create them there (for example: CREATE ROLE manager_reader;), let the restore create them, leave out owners and privileges, or map them to other roles
    production was not changed
    hint: --test-source template makes production's own server copy production, without restoring a dump
    hint: without -pt the test database is on a scratch server, which gets all roles of production
    ");
    setting.production.execute(
        "DROP OWNED BY \"man\u{e9}ger Role\", manager_reader; DROP ROLE \"man\u{e9}ger Role\", manager_reader",
    );
}

#[test]
fn the_demo_upgrades_and_the_drift_is_caught() {
    let home = Home::new();
    let done = home.run(PUM, &["demo"]).expect(0);
    assert!(done.stdout.contains("was upgraded from 1.0.0 to 1.10.0"), "{}", done.stdout);
    assert!(done.stdout.contains("no differences, "), "{}", done.stdout);
    let drift = home.run(PUM, &["demo", "--drift"]).expect(1);
    assert!(drift.stdout.contains("4 differences between test and reference"), "{}", drift.stdout);
    assert!(drift.stdout.contains("index ix_leaks_open: only in reference"), "{}", drift.stdout);
    assert!(drift.stdout.contains("was not touched"), "{}", drift.stdout);
    assert!(repository().join("deltas").exists());
}

/// SIGTERM in the middle: production is as before, the server and all files are gone.
#[test]
fn a_terminated_run_cleans_up() {
    let setting = Setting::with_baseline();
    let marker = setting.home.path().join("waiting");
    setting.home.file("init.sh", &format!("touch {}; sleep 60\n", marker.display()));
    setting.home.file("pum.toml", "[reference]\ncommand = \"sh init.sh\"\n");
    let line = "test-and-upgrade -pp prod -t public.upgrades -d deltas -f prod.dump --yes";
    let arguments: Vec<&str> = line.split(' ').collect();
    let base = tempfile::Builder::new().prefix("pum-t-").tempdir_in(server_directory()).unwrap();
    make_open(base.path());
    setting.untouched(|| {
        let child =
            setting.home.command(PUM, &arguments).env("TMPDIR", base.path()).spawn().unwrap();
        while !marker.exists() {
            std::thread::yield_now();
        }
        let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(
            text.contains("interrupted") && text.contains("production was not changed"),
            "{text}"
        );
    });
    let left: Vec<_> = std::fs::read_dir(base.path()).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

fn make_open(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
}

/// A tablespace of production exists on no scratch server.
#[test]
fn tablespaces_do_not_hinder_a_rehearsal_on_scratch() {
    use std::os::unix::fs::PermissionsExt;
    let setting = Setting::with_baseline();
    let place = pum_tests::server().directory().join("manager_space");
    // Made by the server itself, which owns it then.
    let program = format!("mkdir -m 700 {}", place.display());
    setting.production.execute(&format!("COPY (SELECT 1) TO PROGRAM '{program}; cat >/dev/null'"));
    assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
    setting
        .production
        .execute(&format!("CREATE TABLESPACE manager_space LOCATION '{}'", place.display()));
    setting.production.execute("ALTER TABLE orders SET TABLESPACE manager_space");
    setting.manage(&format!("{SQL} --yes")).expect(0);
    setting.production.execute("ALTER TABLE orders SET TABLESPACE pg_default");
    setting.production.execute("DROP TABLESPACE manager_space");
}
