//! Which statement made an object what it is, by what happened and not by what is written.

use pum_tests::{Database, database};

use super::production::changing_production;
use super::{BUILD, SQL, Setting};

/// What is written here says nothing of what it does; what is written after it does nothing.
fn with_hidden_changes(setting: &Setting) {
    setting.production.execute("CREATE TABLE gone (); CREATE TABLE pairs (a int)");
    let build = format!(
        "{BUILD} CREATE TABLE gone (); CREATE TABLE pairs (a int); \
                         CREATE TABLE forgotten ();"
    );
    setting.home.file("build.sql", &build);
    setting.home.file(
        "deltas/delta_1.2.0_hidden.sql",
        "SELECT 1;\nDO $$ BEGIN\n\
         EXECUTE 'ALTER TABLE ord' || 'ers ADD ex' || 'tra int';\n\
         EXECUTE 'CREATE INDEX ix_ex' || 'tra ON ord' || 'ers (ex' || 'tra)';\n\
         EXECUTE 'CREATE VIEW shown_or' || 'ders AS SELECT 1 AS one';\n\
         EXECUTE 'DROP TABLE go' || 'ne';\n\
         EXECUTE 'CREATE INDEX ix_pa' || 'irs ON pa' || 'irs (a)';\nEND $$;\n",
    );
    // Its table is changed later, the index is not.
    setting.home.file("deltas/delta_1.2.1_later.sql", "ALTER TABLE pairs RESET (fillfactor);");
    setting.home.file(
        "deltas/delta_1.3.0_talk.sql",
        "SELECT 1 AS extra, 2 AS ix_extra, 3 AS shown_orders, 4 AS gone, 5 AS forgotten;",
    );
}

#[test]
fn what_a_statement_changed_is_seen() {
    let setting = Setting::with_baseline();
    with_hidden_changes(&setting);
    let test = database();
    setting.home.service("test", &test);
    for test in ["", "-pt test"] {
        let found = setting.untouched(|| setting.manage(&format!("{SQL} --yes {test}")).expect(1));
        for part in [
            "column public.orders.extra: changed last in delta_1.2.0_hidden.sql:2\n",
            "index public.orders.ix_extra: changed last in delta_1.2.0_hidden.sql:2\n",
            "index public.pairs.ix_pairs: changed last in delta_1.2.0_hidden.sql:2\n",
            "view public.shown_orders: changed last in delta_1.2.0_hidden.sql:2\n",
            "table public.gone: changed last in delta_1.2.0_hidden.sql:2\n",
            "table public.forgotten: no pending delta changed it\n    CREATE TABLE",
        ] {
            assert!(found.stdout.contains(part), "{part}: {}", found.stdout);
        }
    }
    // What looked on has left nothing behind.
    assert_eq!(test.column("SELECT evtname FROM pg_event_trigger"), [""; 0]);
    assert_eq!(test.column("SELECT proname FROM pg_proc WHERE proname LIKE 'pum%'"), [""; 0]);
}

/// Event triggers are for superusers, as is the mark by which pum knows its own.
#[test]
fn who_may_not_look_goes_by_names() {
    let made = database();
    let name = made.settings.database().to_owned();
    made.execute("CREATE ROLE changed_maker LOGIN CREATEDB");
    made.execute(&format!("ALTER DATABASE {name} OWNER TO changed_maker"));
    let production = Database { settings: made.settings.with("user", "changed_maker").unwrap() };
    let test =
        Database { settings: production.settings.with("dbname", &format!("{name}_copy")).unwrap() };
    let setting = Setting::on(production);
    setting.pum("baseline -p prod -t public.upgrades -d deltas -b 1.0.0").expect(0);
    setting.home.service("test", &test);
    with_hidden_changes(&setting);
    let found =
        setting.untouched(|| setting.manage(&format!("{SQL} --yes -pt test -i owner")).expect(1));
    for part in [
        // The statement that changed it does not name it: what is left is that of its table.
        "column public.orders.extra: named last in delta_1.1.0_note.sql:1\n",
        "index public.pairs.ix_pairs: named last in delta_1.2.1_later.sql:1\n",
    ] {
        assert!(found.stdout.contains(part), "{part}: {}", found.stdout);
    }
    let said = "test cannot be marked as disposable, which requires a superuser: the next run asks";
    assert!(found.stderr.contains(said), "{}", found.stderr);
    let asked = setting.manage(&format!("{SQL} --non-interactive -pt test")).expect(2);
    assert!(asked.stderr.contains("The test database test is not empty"), "{}", asked.stderr);
}

/// Partitions that come and go, as pum.toml says, do so while the rehearsal runs as well.
#[test]
fn a_partition_that_comes_meanwhile_is_no_change() {
    let setting = Setting::with_baseline();
    let days = "CREATE TABLE days (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day); \
                CREATE TABLE day_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-01-02');";
    setting.production.execute(days);
    setting.home.file("build.sql", &format!("{BUILD} {days}"));
    setting.home.file("deltas/delta_1.2.0_day.sql", "ALTER TABLE days ADD seen bool;");
    setting.home.file("build.sql", &format!("{BUILD} {days} ALTER TABLE days ADD seen bool;"));
    changing_production(
        &setting,
        "CREATE TABLE day_2 PARTITION OF days FOR VALUES FROM ('2026-01-02') TO ('2026-01-03')",
    );
    let found = setting.manage("--yes").expect(2);
    assert!(found.stderr.contains("was changed while the rehearsal ran"), "{}", found.stderr);
    setting.production.execute("DROP TABLE day_2");
    let settings =
        std::fs::read_to_string(setting.home.path().join("pum.toml")).unwrap_or_default();
    setting.home.file(
        "pum.toml",
        &format!("{settings}\n[[managed_partitions]]\nparent = \"public.days\"\n"),
    );
    setting.manage("--yes").expect(0);
    assert_eq!(setting.production.column("SELECT count(seen)::text FROM day_2"), ["0"]);
}
