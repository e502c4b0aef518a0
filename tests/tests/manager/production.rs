//! Production that changes while a run rehearses, or in which something else comes out than was rehearsed.

use super::{BUILD, SQL, Setting};

/// The second look at production sees what happened meanwhile.
#[test]
fn a_production_changed_meanwhile_is_not_upgraded() {
    let setting = Setting::with_baseline();
    changing_production(&setting, "CREATE TABLE meanwhile ()");
    insta::assert_snapshot!(setting.manage("--yes").error(), @"
    production is <size>: rehearsed with all its rows, from a full dump (the default up to <size>)
    preflight  <duration>  version 1.0.0, 1 delta pending, to 1.1.0
    prepare  <duration>  ready
    dump  <duration>  prod.dump, <size>, read back
    restore to test  <duration>  scratch database test
    check the copy  <duration>  same as production, 7 objects
      delta_1.1.0_note.sql <duration>
    upgrade test  <duration>  1 script, now at 1.1.0
    build reference  <duration>  by sh init.sh
    compare  <duration>  no differences, 8 objects
    check limits  <duration>  <duration> in statements, <size> of WAL
    Apply 1 script to prod (1.0.0 -> 1.1.0)? yes (--yes)
    report: pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: re-check production: prod was changed while the rehearsal ran (its schema): the rehearsal no longer applies. Run it again
    production was not changed; its dump is prod.dump, which took <duration> to restore in the rehearsal
    ");
    assert_eq!(setting.versions(), ["1.0.0baseline"]);
}

/// Has the reference built after the dump and production changed at that moment: the rehearsal
/// could not see the change.
pub fn changing_production(setting: &Setting, change: &str) {
    let script = format!(
        "psql -X -q -v ON_ERROR_STOP=1 -f build.sql && psql -X -q \"{}\" -c \"{change}\"",
        setting.production.conninfo()
    );
    setting.home.file("init.sh", &script);
    setting.home.file("pum.toml", "[reference]\ncommand = \"sh init.sh\"\n");
}

/// The rehearsal cannot see other data: what fails then is undone, and said.
#[test]
fn a_failure_in_production_is_told_with_what_was_committed() {
    let setting = Setting::with_baseline();
    setting
        .home
        .file("deltas/delta_1.2.0_strict.sql", "ALTER TABLE orders ALTER note SET NOT NULL;");
    let built = BUILD.replace("CHECK (note", "NOT NULL CHECK (note");
    setting.home.file("build.sql", &built);
    setting.production.execute("DELETE FROM orders");
    changing_production(&setting, "INSERT INTO orders VALUES (2, 'done')");
    setting.untouched(|| {
        setting.manage("--yes").expect_error(&[
            "upgrade production: deltas/delta_1.2.0_strict.sql:1: column \"note\" of relation \"orders\" contains null values",
            "nothing was kept: the whole run was one transaction",
            "production was not changed; its dump is prod.dump",
        ])
    });

    setting.production.execute("DELETE FROM orders");
    let error = setting.manage("--yes --script-by-script --report html=run.html").error();
    insta::assert_snapshot!(error, @r#"
    production is <size>: rehearsed with all its rows, from a full dump (the default up to <size>)
    preflight  <duration>  version 1.0.0, 2 deltas pending, to 1.2.0
    prepare  <duration>  ready
    dump  <duration>  prod.dump, <size>, read back
    restore to test  <duration>  scratch database test
    check the copy  <duration>  same as production, 7 objects
      delta_1.1.0_note.sql <duration>
      delta_1.2.0_strict.sql <duration>
    upgrade test  <duration>  2 scripts, now at 1.2.0
    build reference  <duration>  by sh init.sh
    compare  <duration>  no differences, 8 objects
    check limits  <duration>  <duration> in statements, <size> of WAL
    Apply 2 scripts to prod (1.0.0 -> 1.2.0)? yes (--yes)
    re-check production  <duration>  unchanged since the rehearsal
      delta_1.1.0_note.sql <duration>
    report: run.html, pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: upgrade production: deltas/delta_1.2.0_strict.sql:1: column "note" of relation "orders" contains null values (SQLSTATE 23502)
      1 | ALTER TABLE orders ALTER note SET NOT NULL;
        | ^
    nothing of delta_1.2.0_strict.sql was kept: its transaction was rolled back
    committed before and kept: delta_1.1.0_note.sql
    the database is at version 1.1.0; correct the cause and run the same command again
    production is between two versions, see above; its dump is prod.dump, which took <duration> to restore in the rehearsal
    "#);
    setting.page_has(&[
        "failed: upgrade production</h1>",
        "production is between two versions: what was committed is listed below",
        "<code>pum info -p prod -t public.upgrades</code>",
        "committed before and kept: delta_1.1.0_note.sql",
    ]);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note"]);
}

/// A delta that does something else where there are data.
const MOODY: &str = "DO $$ BEGIN
    IF EXISTS (SELECT FROM orders WHERE id = 2) THEN ALTER TABLE orders ADD mood text; END IF;
END $$;";

#[test]
fn production_is_only_committed_as_it_was_rehearsed() {
    let setting = Setting::with_baseline();
    setting.home.file("deltas/delta_1.2.0_moody.sql", MOODY);
    changing_production(&setting, "INSERT INTO orders VALUES (2, 'done')");
    setting.untouched(|| {
        setting.manage("--yes").expect_error(&[
            "upgrade production: production differs from the rehearsal's result:",
            "column public.orders.mood: only in production",
            "nothing was kept: the whole run was one transaction",
            "production was not changed; its dump is prod.dump",
        ])
    });
    // What is committed by itself can only be told afterwards.
    setting.production.execute("DELETE FROM orders WHERE id = 2");
    let error = setting.manage("--yes --script-by-script --report html=run.html").error();
    insta::assert_snapshot!(error, @"
    production is <size>: rehearsed with all its rows, from a full dump (the default up to <size>)
    preflight  <duration>  version 1.0.0, 2 deltas pending, to 1.2.0
    prepare  <duration>  ready
    dump  <duration>  prod.dump, <size>, read back
    restore to test  <duration>  scratch database test
    check the copy  <duration>  same as production, 7 objects
      delta_1.1.0_note.sql <duration>
      delta_1.2.0_moody.sql <duration>
    upgrade test  <duration>  2 scripts, now at 1.2.0
    build reference  <duration>  by sh init.sh
    compare  <duration>  no differences, 8 objects
    check limits  <duration>  <duration> in statements, <size> of WAL
    Apply 2 scripts to prod (1.0.0 -> 1.2.0)? yes (--yes)
    re-check production  <duration>  unchanged since the rehearsal
      delta_1.1.0_note.sql <duration>
      delta_1.2.0_moody.sql <duration>
    upgrade production  <duration>  2 scripts, now at 1.2.0
    report: run.html, pum-runs/<run>/report.html, pum-runs/<run>/report.json
    error: verify production: prod has its deltas, but differs from the rehearsal's result:
      column public.orders.mood: only in production
    production has all deltas; its dump is prod.dump, which took <duration> to restore in the rehearsal
    ");
    setting.page_has(&[
        "failed: verify production</h1>",
        "<p class=\"state\">production has all deltas</p>",
        "column public.orders.mood: only in production",
        "pum restore -p prod --suffix _before ",
    ]);
    assert_eq!(setting.versions(), ["1.0.0baseline", "1.1.0note", "1.2.0moody"]);
}

/// A restore spells the checks in another way, also those of what a delta takes up.
#[test]
fn another_spelling_is_no_deviation() {
    let setting = Setting::with_baseline();
    let sql = "ALTER TABLE orders ALTER state TYPE varchar(30); ALTER TABLE orders RENAME TO jobs;";
    setting.home.file("deltas/delta_1.2.0.sql", sql);
    let built = BUILD.replace("varchar(10)", "varchar(30)")
        + "ALTER TABLE orders RENAME TO jobs;
        ALTER TABLE jobs DROP CONSTRAINT orders_note_check;
        ALTER TABLE jobs ADD CONSTRAINT orders_note_check CHECK (note IN ('a', 'b'));";
    setting.home.file("build.sql", &built);
    let done = setting.manage(&format!("--yes {SQL}")).expect(0);
    assert!(
        done.stderr
            .contains("2 scripts, now at 1.2.0, verified against the rehearsal before the commit")
    );
}
