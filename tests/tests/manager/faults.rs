//! A run dies, or its server does, at every step. Afterwards production holds all or nothing, and
//! the run goes on or says why not.
//!
//! Nothing here waits for luck: at each step the run is held by something in a database, until the
//! server tells that it is there.

use std::process::{Child, Output};

use pum_tests::command::Home;
use pum_tests::server::Server;
use pum_tests::{Database, database};

use super::resume::id;
use super::{BUILD, DELTA, PUM, SQL, Setting};

/// Waits as long as there is a role of this name: roles are seen from all databases of a server.
fn waits(role: &str) -> String {
    format!(
        "WHILE EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {role}) LOOP \
         PERFORM pg_catalog.pg_sleep(0.005); END LOOP;"
    )
}

/// In a delta: waits in the database that has a role `hold_` and its name.
fn holding() -> String {
    format!("DO $$ BEGIN {} END $$;", waits("'hold_' || current_database()"))
}

fn start(home: &Home, line: &str) -> Child {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    home.command(PUM, &arguments).spawn().unwrap()
}

const RUN: &str = "test-and-upgrade -pp prod -t public.upgrades -d deltas --runs runs --yes";

/// A production, a test and a reference on one server, and a delta that can be held.
struct Stage {
    setting: Setting,
    test: Database,
    reference: Database,
}

impl Stage {
    fn new() -> Self {
        let setting = Setting::with_baseline();
        let (test, reference) = (database(), database());
        setting.home.service("test", &test);
        setting.home.service("ref", &reference);
        reference.execute(BUILD);
        reference.execute("CREATE VIEW v AS SELECT 1 AS one");
        setting.production.execute("CREATE VIEW v AS SELECT 1 AS one");
        setting.home.file("deltas/delta_1.1.0_note.sql", &format!("{DELTA}\n{}", holding()));
        Self { setting, test, reference }
    }

    fn role(database: &Database) -> String {
        format!("hold_{}", database.settings.database())
    }

    /// Starts a run, waits until the query on the server has an answer, kills the run, and lets go.
    fn kill_when(&self, query: &str, let_go: impl FnOnce()) {
        self.setting.untouched(|| {
            let mut child = start(&self.setting.home, &format!("{RUN} -pt test -pc ref"));
            shared_server().wait_for(query);
            child.kill().unwrap();
            child.wait().unwrap();
            let_go();
            let names = [&self.setting.production, &self.test, &self.reference]
                .map(|one| format!("'{}'", one.settings.database()));
            shared_server().wait_for(&format!(
                "SELECT 'gone' WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname IN \
                     ({}) AND pid <> pg_backend_pid() AND backend_type = 'client backend')",
                names.join(",")
            ));
        });
    }

    /// Holds a run while a role is there, and kills it.
    fn kill_held_by(&self, role: &str, database_like: &str) {
        let server = shared_server();
        server.execute(&format!("CREATE ROLE {role}"));
        let query = format!(
            "SELECT pid FROM pg_stat_activity WHERE datname LIKE '{database_like}' \
             AND wait_event = 'PgSleep'"
        );
        self.kill_when(&query, || server.execute(&format!("DROP ROLE {role}")));
    }

    /// The killed run goes on to its end.
    fn resumes(&self, parts: &[&str]) {
        let line = format!("-pt test -pc ref --yes --resume {}", id(&self.setting));
        let done = self.setting.run(&line).expect(0);
        for part in parts {
            assert!(done.stderr.contains(part), "{part}: {}", done.stderr);
        }
        assert_eq!(self.setting.versions(), ["1.0.0baseline", "1.1.0note"]);
    }
}

/// The server of production, test and reference.
fn shared_server() -> Database {
    Database { settings: pum_tests::server().settings("postgres").unwrap() }
}

#[test]
fn killed_while_it_dumps() {
    let stage = Stage::new();
    let mut holder = stage.setting.production.session();
    // It is read where the dump begins, and not before.
    stage.setting.production.execute("CREATE TABLE held ()");
    stage.reference.execute("CREATE TABLE held ()");
    holder.client().batch_execute("BEGIN; LOCK TABLE held").unwrap();
    let name = stage.setting.production.settings.database();
    let query = format!(
        "SELECT pid FROM pg_stat_activity WHERE datname = '{name}' AND wait_event_type = 'Lock'"
    );
    // What the state is cannot be asked while the table is locked.
    let mut child = start(&stage.setting.home, &format!("{RUN} -pt test -pc ref"));
    shared_server().wait_for(&query);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(holder);
    assert_eq!(stage.setting.versions(), ["1.0.0baseline"]);
    let directory = stage.setting.home.path().join("runs").join(id(&stage.setting));
    assert!(!directory.join("production.dump").exists(), "no dump has the name of a complete one");
    stage.resumes(&["production.dump", "read back"]);
}

#[test]
fn killed_while_it_restores() {
    let stage = Stage::new();
    let sql = format!(
        "CREATE FUNCTION held() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN \
         IF current_database() LIKE '%\\_pum\\_new\\_%' THEN {} END IF; RETURN true; END $$; \
         ALTER TABLE orders ADD CONSTRAINT held CHECK (public.held());",
        waits(&format!("'{}'", Stage::role(&stage.test)))
    );
    for database in [&stage.setting.production, &stage.reference] {
        database.execute(&sql);
    }
    let name = stage.test.settings.database();
    stage.kill_held_by(&Stage::role(&stage.test), &format!("{name}\\_pum\\_new\\_%"));
    stage.resumes(&[
        "production.dump, dumped 20",
        "seems to be left over from a run that was killed; it is not complete",
        "restore to test",
    ]);
}

#[test]
fn killed_while_it_upgrades_test() {
    let stage = Stage::new();
    stage.kill_held_by(&Stage::role(&stage.test), stage.test.settings.database());
    // The half upgraded test database is pum's to replace.
    stage.resumes(&[
        "production.dump, dumped 20",
        "test is replaced: an earlier run of pum created",
    ]);
}

#[test]
fn killed_while_it_compares() {
    let stage = Stage::new();
    let mut holder = stage.reference.session();
    holder.client().batch_execute("BEGIN; LOCK TABLE v IN ACCESS EXCLUSIVE MODE").unwrap();
    let name = stage.reference.settings.database();
    let query = format!(
        "SELECT pid FROM pg_stat_activity WHERE datname = '{name}' AND wait_event_type = 'Lock'"
    );
    stage.kill_when(&query, || drop(holder));
    stage.resumes(&["production.dump, dumped 20", "no differences"]);
}

/// Nothing was committed, and who comes next cannot know that: it is said where to look.
#[test]
fn killed_while_it_upgrades_production() {
    let stage = Stage::new();
    let production = &stage.setting.production;
    stage.kill_held_by(&Stage::role(production), production.settings.database());
    let line = format!("-pt test -pc ref --yes --resume {}", id(&stage.setting));
    insta::assert_snapshot!(stage.setting.untouched(|| stage.setting.run(&line)).error(), @"
    preflight  <duration>  version 1.0.0, 1 delta pending, to 1.1.0
    test is replaced: an earlier run of pum created its content
    error: prepare: run <run> cannot be resumed: it had reached production. Check what production has, then start a new run
    production was not changed
    hint: pum info tells what production has; then run pum again without --resume
    ");
    stage.setting.pum(&format!("{RUN} -pt test -pc ref")).expect(0);
    assert_eq!(stage.setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

/// A production on a server of its own, where a commit waits for a standby that is not there if it
/// asks for one. Its reference and its test are on scratch.
struct Alone {
    setting: Setting,
    server: Server,
}

impl Alone {
    fn new() -> Self {
        let archives = ["archive_mode = on", "archive_command = 'true'"];
        let server = Server::with_commits_that_can_wait(&archives);
        server.sql(&["CREATE DATABASE prod"]);
        let setting = Setting::on(on(&server));
        setting.pum("baseline -p prod -t public.upgrades -d deltas -b 1.0.0").expect(0);
        Self { setting, server }
    }

    /// Production is whichever of these can be written.
    fn several_hosts(&self, servers: &[&Server]) {
        let list = |what: &dyn Fn(&&Server) -> String| {
            servers.iter().map(what).collect::<Vec<_>>().join(",")
        };
        let service = format!(
            "[prod]\nhost={}\nport={}\nuser=postgres\ndbname=prod\n\
             target_session_attrs=read-write\n",
            list(&|server| server.socket_directory().to_owned()),
            list(&|server| server.port().to_string())
        );
        self.setting.home.file(".pg_service.conf", &service);
    }

    /// Waits until the standby has all that the primary has written.
    fn catch_up(&self, standby: &Server) {
        let end = on(&self.server).wait_for("SELECT pg_current_wal_flush_lsn()");
        on(standby)
            .wait_for(&format!("SELECT 1 WHERE pg_last_wal_replay_lsn() >= '{end}'::pg_lsn"));
    }
}

fn on(server: &Server) -> Database {
    server.database("prod")
}

const COMMITTING: &str =
    "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = 'prod'";

/// From now on whoever commits in production waits for a standby.
const SLOW_TO_COMMIT: &str = "ALTER DATABASE prod SET synchronous_commit = 'on'";

#[test]
fn killed_before_it_heard_of_the_commit() {
    let alone = Alone::new();
    alone.setting.production.execute(SLOW_TO_COMMIT);
    let mut child = start(&alone.setting.home, &format!("{RUN} {SQL}"));
    let backend = alone.setting.production.wait_for(COMMITTING);
    child.kill().unwrap();
    child.wait().unwrap();
    // It waits for nobody but an operator, who ends it.
    alone.setting.production.execute(&format!("SELECT pg_terminate_backend({backend})"));
    alone.setting.production.wait_for(
        "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')",
    );
    assert_eq!(alone.setting.versions(), ["1.0.0baseline", "1.1.0note"]);
    let line = format!("{SQL} --yes --resume {}", id(&alone.setting));
    let done = alone.setting.untouched(|| alone.setting.run(&line).expect(0));
    assert_eq!(done.stdout, "prod is at version 1.1.0: nothing pending\n");
}

fn ended(child: Child) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// The primary is lost in the middle of production's transaction, and its standby takes over.
#[test]
fn promoted_before_the_commit() {
    let alone = Alone::new();
    alone.setting.home.file("deltas/delta_1.1.0_note.sql", &format!("{DELTA}\n{}", holding()));
    let before = alone.setting.production.dump_schema();
    alone.setting.production.execute("CREATE ROLE hold_prod");
    let standby = alone.server.standby();
    alone.several_hosts(&[&alone.server, &standby]);
    let child = start(&alone.setting.home, &format!("{RUN} {SQL}"));
    alone.setting.production.wait_for(
        "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = 'prod'",
    );
    alone.catch_up(&standby);
    alone.server.crash();
    standby.promote();
    let (code, said) = ended(child);
    assert_eq!(code, Some(2), "{said}");
    for part in ["upgrade production: ", "production was not changed; its dump is ", "--resume "] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let now = on(&standby);
    assert!(now.dump_schema() == before, "production was touched");
    assert_eq!(now.column("SELECT version FROM upgrades"), ["1.0.0"]);
    now.execute("DROP ROLE hold_prod");
    alone.setting.run(&format!("{SQL} --yes --resume {}", id(&alone.setting))).expect(0);
    assert_eq!(now.column("SELECT version FROM upgrades ORDER BY id"), ["1.0.0", "1.1.0"]);
}

/// The commit was done, its acknowledgement is lost with the primary.
#[test]
fn promoted_before_it_heard_of_the_commit() {
    let alone = Alone::new();
    alone.setting.production.execute(SLOW_TO_COMMIT);
    let standby = alone.server.standby();
    alone.several_hosts(&[&alone.server, &standby]);
    let child = start(&alone.setting.home, &format!("{RUN} {SQL}"));
    alone.setting.production.wait_for(COMMITTING);
    alone.catch_up(&standby);
    alone.server.crash();
    standby.promote();
    let (code, said) = ended(child);
    assert_eq!(code, Some(2), "{said}");
    for part in ["upgrade production: ", "delta_1.1.0_note.sql was committed and recorded"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let now = on(&standby);
    assert_eq!(now.column("SELECT version FROM upgrades ORDER BY id"), ["1.0.0", "1.1.0"]);
    assert_eq!(now.column("SELECT note FROM orders"), ["(null)"]);
    let again = alone.setting.run(&format!("{SQL} --yes")).expect(0);
    assert_eq!(again.stdout, "prod is at version 1.1.0: nothing pending\n");
}

/// A test without rows cannot show what a delta does to rows: production does, before the commit.
#[test]
fn what_only_rows_show_is_undone() {
    let setting = Setting::with_baseline();
    let line = format!("{SQL} --yes --test-source schema");
    setting.home.file(
        "deltas/delta_1.2.0_moody.sql",
        "DO $$ BEGIN IF EXISTS (SELECT FROM orders) THEN ALTER TABLE orders ADD mood text; END IF; \
         END $$;",
    );
    insta::assert_snapshot!(setting.untouched(|| setting.manage(&line)).error(), @"
    preflight  <duration>  version 1.0.0, 2 deltas pending, to 1.2.0
    prepare  <duration>  ready
    dump  <duration>  prod.dump, <size>, read back
    restore to test  <duration>  scratch database test
    check the copy  <duration>  same as production, 7 objects
      delta_1.1.0_note.sql <duration>
      delta_1.2.0_moody.sql <duration>
    upgrade test  <duration>  2 scripts, now at 1.2.0
    build reference  <duration>  from build.sql
    compare  <duration>  no differences, 8 objects
    check limits  <duration>  <duration> in statements, <size> of WAL
    Apply 2 scripts to prod (1.0.0 -> 1.2.0)? yes (--yes)
    re-check production  <duration>  unchanged since the rehearsal
      delta_1.1.0_note.sql <duration>
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: upgrade production: production differs from the rehearsal's result:
      column public.orders.mood: only in production
    nothing was kept: the whole run was one transaction, and was rolled back
    the database is at version 1.0.0; correct the cause and run the same command again
    production was not changed; its dump is prod.dump, which took <duration> to restore in the rehearsal
    hint: the same command with --resume <run> resumes this run
    ");
    std::fs::remove_file(setting.home.path().join("deltas/delta_1.2.0_moody.sql")).unwrap();
    setting
        .home
        .file("deltas/delta_1.2.0_strict.sql", "ALTER TABLE orders ALTER note SET NOT NULL;");
    setting.home.file("build.sql", &BUILD.replace("CHECK (note", "NOT NULL CHECK (note"));
    insta::assert_snapshot!(setting.untouched(|| setting.manage(&line)).error(), @r#"
    preflight  <duration>  version 1.0.0, 2 deltas pending, to 1.2.0
    prepare  <duration>  ready
    dump  <duration>  prod.dump, <size>, read back
    restore to test  <duration>  scratch database test
    check the copy  <duration>  same as production, 7 objects
      delta_1.1.0_note.sql <duration>
      delta_1.2.0_strict.sql <duration>
    upgrade test  <duration>  2 scripts, now at 1.2.0
    build reference  <duration>  from build.sql
    compare  <duration>  no differences, 8 objects
    check limits  <duration>  <duration> in statements, <size> of WAL
    Apply 2 scripts to prod (1.0.0 -> 1.2.0)? yes (--yes)
    re-check production  <duration>  unchanged since the rehearsal
      delta_1.1.0_note.sql <duration>
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: upgrade production: deltas/delta_1.2.0_strict.sql:1: column "note" of relation "orders" contains null values (SQLSTATE 23502)
      1 | ALTER TABLE orders ALTER note SET NOT NULL;
        | ^
    nothing was kept: the whole run was one transaction, and was rolled back
    the database is at version 1.0.0; correct the cause and run the same command again
    production was not changed; its dump is prod.dump, which took <duration> to restore in the rehearsal
    hint: the same command with --resume <run> resumes this run
    "#);
    setting.production.execute("DELETE FROM orders");
    setting.manage(&line).expect(0);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note", "1.2.0strict"]);
}

/// A primary's standby is no place for a rehearsal.
#[test]
fn a_standby_is_no_test_database() {
    let alone = Alone::new();
    let standby = alone.server.standby();
    let test = on(&standby).settings;
    let uri =
        format!("postgresql://postgres@{}/other", test.get("host").unwrap().replace('/', "%2F"));
    let refused = |what: &str| {
        alone.setting.untouched(|| {
            alone.setting.manage(&format!("{SQL} --yes -pt {uri}")).expect_error(&[
                "cannot be the test database: ",
                what,
                "production was not changed",
            ])
        });
    };
    refused("it is a standby, which is read-only");
    // What was a standby archives as production does, among whose WAL its own would be.
    standby.promote();
    refused("it archives its WAL with production's archive_command");
    let settings = &alone.setting.production.settings;
    let own = format!(
        "postgresql://postgres@{}/other",
        settings.get("host").unwrap().replace('/', "%2F")
    );
    let line = format!("{SQL} --yes --until prepare -pt {own}");
    alone.setting.untouched(|| alone.setting.manage(&line).expect(0));
}
