//! Where the test database comes from.

use pum_tests::command::Home;
use pum_tests::{database, new_name};

use super::{PUM, SQL, Setting};

#[test]
fn a_copy_is_used_as_it_is() {
    let setting = Setting::with_baseline();
    let copy = database();
    setting.home.service("copy", &copy);
    let line = format!("{SQL} --test-source service -pt copy");
    let error = setting.untouched(|| setting.manage(&format!("{line} --yes"))).error();
    insta::assert_snapshot!(error, @"
    preflight  <duration>  version 1.0.0, 1 delta pending, to 1.1.0
    The deltas will run on copy as it is, and stay applied. Is it disposable? yes (--yes)
    prepare  <duration>  ready
    dump  <duration>  prod.dump, <size>, read back
    restore to test  <duration>  copy, as it is
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: check the copy: the test database copy differs from production:
      table public.orders: only in production
    production was not changed; its dump is prod.dump
    hint: the same command with --resume <run> resumes this run
    ");
    assert_eq!(copy.column("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), ["0"]);
    let again = database();
    setting.home.service("again", &again);
    let line = format!("{SQL} --test-source service -pt again");
    let dump = setting.production.conninfo();
    let filled = setting.home.path().join("copy.sql");
    setting.home.file(
        "fill.sh",
        &format!(
            "pg_dump -d \"{dump}\" -f {0} && psql -X -q -d \"{1}\" -f {0}",
            filled.display(),
            again.conninfo()
        ),
    );
    setting.home.run("sh", &["fill.sh"]).expect(0);
    let no = setting.untouched(|| setting.manage_answering(&line, "n\n").expect(1));
    assert!(
        no.stderr.contains("The deltas will run on again as it is, and stay applied"),
        "{}",
        no.stderr
    );
    let done = setting.manage(&format!("{line} --yes")).expect(0);
    assert!(done.stderr.contains("again, as it is"), "{}", done.stderr);
    assert_eq!(again.column("SELECT version FROM upgrades ORDER BY id"), ["1.0.0", "1.1.0"]);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

#[test]
fn several_connections_dump_and_restore() {
    let setting = Setting::with_baseline();
    let test = database();
    setting.home.service("test", &test);
    setting.manage(&format!("{SQL} -pt test -F directory -j 2 --until plan --yes")).expect(0);
    let manifest = std::fs::read_to_string(setting.home.path().join("prod.dump.manifest.json"));
    assert!(manifest.unwrap().contains("\"format\": \"directory\""));
    assert!(setting.dump().join("toc.dat").is_file());
    assert_eq!(test.column("SELECT id || state FROM orders"), ["1open"]);
    assert_eq!(test.column("SELECT version FROM upgrades ORDER BY id"), ["1.0.0", "1.1.0"]);
    setting.manage(&format!("{SQL} -F directory -j 2 --yes")).expect(0);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

#[test]
fn production_is_no_copy() {
    let setting = Setting::with_baseline();
    setting.untouched(|| {
        setting.manage(&format!("{SQL} --test-source service -pt prod --yes")).expect_error(&[
            "prod cannot be the test database: it is production itself",
            "production was not changed",
        ])
    });
    // Whatever the session there looks like.
    let settings = &setting.production.settings;
    let (host, name) = (settings.get("host").unwrap(), settings.database());
    let elsewhere = format!(
        "postgresql://postgres@{}/{name}?options=-c%20TimeZone%3DAsia/Tokyo",
        host.replace('/', "%2F")
    );
    setting.untouched(|| {
        setting
            .manage(&format!("{SQL} --test-source service -pt {elsewhere} --yes"))
            .expect_error(&["cannot be the test database: it is production itself"])
    });
}

#[test]
fn a_command_makes_the_copy_and_another_removes_it() {
    let setting = Setting::with_baseline();
    let host = setting.production.settings.get("host").unwrap().to_owned();
    let name = setting.production.settings.database().to_owned();
    setting.home.file(
        "create.sh",
        &format!(
            "set -e\npsql -X -q -h {host} -U postgres -d postgres -c 'CREATE DATABASE \
             {name}_copy TEMPLATE {name}' >&2\necho making it\n\
             echo 'host={host} user=postgres dbname={name}_copy'\n"
        ),
    );
    setting.home.file(
        "destroy.sh",
        &format!(
            "echo \"$PUM_TEST\" > destroyed\n\
             psql -X -q -h {host} -U postgres -d postgres -c 'DROP DATABASE {name}_copy'\n"
        ),
    );
    let run = |more: &[&str]| {
        let line = ["test-and-upgrade", "-pp", "prod", "-t", "public.upgrades", "-d", "deltas"];
        let commands =
            ["-f", "prod.dump", "--test-create", "sh create.sh", "--test-destroy", "sh destroy.sh"];
        let arguments = [line.as_slice(), &commands, more].concat();
        setting.home.run(super::PUM, &arguments)
    };
    let destroyed = setting.home.path().join("destroyed");
    let copies = || {
        setting
            .production
            .column(&format!("SELECT count(*) FROM pg_database WHERE datname = '{name}_copy'"))
    };
    // A template can only be one that nobody is connected to: this run is.
    let failed = setting.untouched(|| run(&["--reference-sql", "build.sql", "--yes"]));
    insta::assert_snapshot!(failed.error(), @r#"
    preflight  <duration>  version 1.0.0, 1 delta pending, to 1.1.0
    prepare  <duration>  ready
    dump  <duration>  prod.dump, <size>, read back
    ERROR:  source database "<database>" is being accessed by other users
    DETAIL:  There is 1 other session using the database.
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: restore to test: the command "sh create.sh" failed (exit status: 1)
    production was not changed; its dump is prod.dump
    hint: the same command with --resume <run> resumes this run
    "#);

    setting.home.file(
        "create.sh",
        &format!(
            "set -e\npsql -X -q -h {host} -U postgres -d postgres -c 'CREATE DATABASE {name}_copy' >&2\n\
             pg_dump -h {host} -U postgres {name} | psql -X -q -h {host} -U postgres -d {name}_copy >&2\n\
             echo 'host={host} user=postgres dbname={name}_copy'\n"
        ),
    );
    // What fails in the rehearsal removes the copy all the same.
    setting.home.file("wrong.sql", "CREATE TABLE orders (id int PRIMARY KEY);");
    setting.untouched(|| run(&["--reference-sql", "wrong.sql", "--yes"]).expect(1));
    assert!(std::fs::read_to_string(&destroyed).unwrap().contains(&format!("dbname={name}_copy")));
    assert_eq!(copies(), ["0"]);
    std::fs::remove_file(&destroyed).unwrap();
    run(&["--reference-sql", "build.sql", "--yes"]).expect(0);
    assert!(destroyed.exists());
    assert_eq!(copies(), ["0"]);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

#[test]
fn without_data_only_what_matters_is_dumped() {
    let setting = Setting::with_baseline();
    setting.production.execute(
        "CREATE TABLE states AS SELECT 'open'::text AS state; \
         INSERT INTO orders SELECT n, 'open' FROM generate_series(2, 100) n",
    );
    setting.home.file("build.sql", &format!("{} CREATE TABLE states (state text);", super::BUILD));
    let test = database();
    setting.home.service("test", &test);
    setting
        .manage(&format!("{SQL} --yes -pt test --test-source schema --with-data public.st*"))
        .expect(0);
    assert_eq!(test.column("SELECT count(*) FROM orders"), ["0"]);
    assert_eq!(test.column("SELECT state FROM states"), ["open"]);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

/// The reference is a snapshot of the release, or what all deltas make of nothing.
#[test]
fn the_reference_is_any_source() {
    let setting = Setting::with_baseline();
    setting.home.file(
        "deltas/delta_0.9.0_base.sql",
        "CREATE TABLE orders (id int PRIMARY KEY, \
                              state varchar(10) CHECK (state IN ('open', 'done')));",
    );
    let release = database();
    release.execute(super::BUILD);
    setting.home.service("release", &release);
    setting.pum("snapshot release -o release.json").expect(0);
    for reference in ["release.json", "./deltas"] {
        let line = format!("--reference {reference} --until plan");
        let done = setting.untouched(|| setting.manage(&line).expect(0));
        assert!(done.stdout.contains(&format!("from {reference}")), "{}", done.stdout);
    }
    release.execute("ALTER TABLE orders ADD later int");
    setting.pum("snapshot release -o release.json").expect(0);
    setting.home.file("pum.toml", "[reference]\nsource = \"release.json\"\n");
    let found = setting.untouched(|| setting.manage("--yes").expect(1));
    assert!(found.stdout.contains("column later: only in reference"), "{}", found.stdout);
    let error = setting.untouched(|| setting.manage("--yes --reference ./nowhere.json")).error();
    insta::assert_snapshot!(error, @"error: there is no file or directory ./nowhere.json");
    // A history that begins on top of something is the reference as a snapshot.
    setting.home.file("later/1_a.sql", "ALTER TABLE orders ADD note text");
    let error = setting.untouched(|| setting.manage("--yes --reference ./later")).error();
    insta::assert_snapshot!(error, @r#"
    production is <size>: rehearsed with all its rows, from a full dump (the default up to <size>)
    preflight  <duration>  version 1.0.0, 1 delta pending, to 1.1.0
    prepare  <duration>  ready
    dump  <duration>  prod.dump, <size>, read back
    restore to test  <duration>  scratch database test
    check the copy  <duration>  same as production, 7 objects
      delta_1.1.0_note.sql <duration>
    upgrade test  <duration>  1 script, now at 1.1.0
    ./later: layout numbered, 1 script
    ./later: built on a scratch server, PostgreSQL <version>, as role postgres
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: build reference: ./later cannot be built on the scratch server (PostgreSQL <version>):
    ./later/1_a.sql:1: relation "orders" does not exist (SQLSTATE 42P01)
      1 | ALTER TABLE orders ADD note text
        | ^
    production was not changed; its dump is prod.dump, which took <duration> to restore in the rehearsal
    hint: if it is made before the first migration (an extension, a schema, another history), take a snapshot on top of what makes it, and give that as the reference: pum snapshot DIR --base FILE -o FILE.json
    hint: the same command with --resume <run> resumes this run
    "#);
    let done = setting.manage("--yes --reference ./deltas").expect(0);
    assert!(
        done.stderr.contains("verified against the rehearsal before the commit"),
        "{}",
        done.stderr
    );
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

/// The changelogs of a project of PUM 1 make its schema from nothing: that is what the copy must be.
#[test]
fn a_project_of_pum_1_is_its_own_reference() {
    let production = database();
    let home = Home::new();
    home.service("prod", &production);
    let role = new_name("viewer");
    home.file(
        "project/.pum.yaml",
        &format!(
            "pum: {{module: shop, migration_table_schema: sys}}\n\
             roles: [{{name: {role}, permissions: [{{type: read, schemas: [app]}}]}}]\n\
             application: {{drop: [{{code: DROP VIEW IF EXISTS app.v}}], \
             create: [{{code: CREATE VIEW app.v AS SELECT * FROM app.t}}]}}\n"
        ),
    );
    home.file("project/changelogs/1.0/a.sql", "CREATE SCHEMA app; CREATE TABLE app.t (a int);");
    home.run(PUM, &["install", "-p", "prod", "-d", "project"]).expect(0);
    home.file("project/changelogs/1.1/a.sql", "ALTER TABLE app.t ADD b text;");
    home.file("project/changelogs/1.2/a.sql", "ALTER TABLE app.t ADD c text;");
    let rehearse = ["test-and-upgrade", "-pp", "prod", "-d", "project", "--until", "compare"];
    let done = home.run(PUM, &rehearse).expect(0);
    assert!(done.stdout.contains("from project"), "{}", done.stdout);
    assert!(done.stdout.contains("no differences"), "{}", done.stdout);
    // Both only to the version that is asked for.
    let done = home.run(PUM, &[&rehearse[..], &["-u", "1.1"]].concat()).expect(0);
    assert!(done.stdout.contains("no differences"), "{}", done.stdout);
    production.execute("ALTER TABLE app.t ADD by_hand int");
    let found = home.run(PUM, &rehearse).expect(1);
    assert!(found.stdout.contains("app.t.by_hand"), "{}", found.stdout);
    // As it was before: another reference is compared with if one is named.
    let none = home.run(PUM, &[&rehearse[..], &["--reference", "none"]].concat()).expect(0);
    assert!(!none.stdout.contains("by_hand"), "{}", none.stdout);
}
