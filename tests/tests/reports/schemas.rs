//! What commands write for programs is what the schemas of `docs/schema/` say.

use boon::{Compiler, Schemas};
use pum_tests::command::Home;
use pum_tests::{database, repository};
use serde_json::Value;

use crate::pum;

/// Fails unless a report is as the schema says.
#[track_caller]
pub(crate) fn holds(schema: &str, report: &str) -> Value {
    let path = repository().join(format!("docs/schema/{schema}.schema.json"));
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let compiled = compiler.compile(path.to_str().unwrap(), &mut schemas).unwrap();
    let mut report: Value = serde_json::from_str(report).unwrap();
    schemas.validate(&report, compiled).unwrap_or_else(|err| panic!("{err:#}\n{report:#}"));
    // And it says something: of no property that is always there it can be missing.
    let all = report.as_object().unwrap().clone();
    for key in all.keys() {
        report.as_object_mut().unwrap().remove(key);
        assert!(schemas.validate(&report, compiled).is_err(), "{schema}: without {key}");
        report[key] = all[key].clone();
    }
    report
}

/// A home with the service `prod`, at 1.0.0 by its upgrades table `upgrades`, and deltas.
fn setting() -> (Home, pum_tests::Database) {
    let (home, prod) = (Home::new(), database());
    home.service("prod", &prod);
    home.file("pum.toml", "upgrades_table = \"upgrades\"\ndelta_dirs = [\"deltas\"]\n");
    home.file("deltas/delta_0.9.0.sql", "CREATE TABLE t (id int);\n");
    pum(&home, "baseline -p prod -b 1.0.0", &[]).expect(0);
    prod.execute("CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE SEQUENCE s");
    home.file(
        "deltas/delta_1.1.0_two.sql",
        "ALTER TABLE t ADD note text;\nDROP TABLE IF EXISTS u;\n",
    );
    (home, prod)
}

#[test]
fn of_deltas_and_upgrades() {
    let (home, _prod) = setting();
    let info = holds("info", &pum(&home, "info -p prod --format json", &[]).expect(0).stdout);
    assert_eq!(info["pending"], 1);
    let lint = holds("lint", &pum(&home, "lint -d deltas --format json", &[]).expect(1).stdout);
    let rules = |found: &Value| found.to_string().contains("\"rule\":\"drop-table\"");
    assert!(rules(&lint["findings"]), "{lint:#}");
    holds("lint-rules", &pum(&home, "lint --list-rules --format json", &[]).expect(0).stdout);
    let line = "upgrade -p prod --dry-run --format json";
    let planned = holds("upgrade", &pum(&home, line, &[]).expect(0).stdout);
    assert!(rules(&planned["scripts"][0]["findings"]), "{planned:#}");
    let line = "upgrade -p prod --format json";
    let done = holds("upgrade", &pum(&home, line, &[]).expect(0).stdout);
    assert_eq!(done["applied"][0]["file"], "deltas/delta_1.1.0_two.sql");
    let info = holds("info", &pum(&home, "info -p prod --format json", &[]).expect(0).stdout);
    assert_eq!(info["deltas"][1]["record"]["type"], 8);
    // A delta that was changed after it was applied.
    home.file("deltas/delta_1.1.0_two.sql", "SELECT 1;\n");
    let info = holds("info", &pum(&home, "info -p prod --format json", &[]).expect(0).stdout);
    assert_eq!(info["concerns"][0]["concern"], "changed");
}

#[test]
fn of_databases_that_were_verified() {
    let (home, _prod) = setting();
    let other = database();
    home.service("other", &other);
    let line = "verify prod --against other --format json";
    let verified = holds("verify", &pum(&home, line, &[]).expect(1).stdout);
    assert_eq!(verified["against"]["same"], false);
    let all = pum(&home, "verify prod --all --level quick --format json", &[]);
    let all = holds("verify-all", &all.stdout);
    assert!(all["databases"].as_array().unwrap().len() > 1, "{all:#}");
}

#[test]
fn of_dumps() {
    let (home, prod) = setting();
    let name = prod.settings.database();
    prod.execute(&format!("ALTER DATABASE \"{name}\" SET work_mem = '8MB'"));
    let line = "dump -p prod prod.dump";
    pum(&home, line, &[]).expect(0);
    let manifest = std::fs::read_to_string(home.path().join("prod.dump.manifest.json")).unwrap();
    let manifest = holds("dump-manifest", &manifest);
    assert_eq!(manifest["tables"][0]["name"], "public.t");
}

#[test]
fn of_statements_from_one_schema_to_another() {
    let home = Home::new();
    let sides = [
        "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (a int, b text, note text);
         CREATE TABLE u (k int) PARTITION BY LIST (k); CREATE TABLE of_u (rows u); CREATE FOREIGN DATA WRAPPER w;
         CREATE VIEW v AS SELECT a FROM t; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TYPE mood AS ENUM ('ok', 'glad'); CREATE TABLE t (a bigint, c text);
         CREATE TABLE u (k int) PARTITION BY RANGE (k); CREATE TABLE of_u (rows u); CREATE INDEX i ON t (a);
         CREATE FOREIGN DATA WRAPPER w OPTIONS (password 'in-wanted');
         CREATE VIEW v AS SELECT a FROM t; CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ];
    let databases = sides.map(|sql| {
        let database = database();
        database.execute(sql);
        database
    });
    home.service("a", &databases[0]);
    home.service("b", &databases[1]);
    let line = "diff a b --format json --rename column#public.t.b=c";
    let arguments: Vec<String> = line.split(' ').map(|word| word.replace('#', " ")).collect();
    let found = home.run(env!("CARGO_BIN_EXE_pum-under-test"), &arguments).expect(2);
    let report = holds("diff", &found.stdout);
    assert_eq!(report["complete"], false);
    assert_eq!(report["proof"]["outcome"], "not_tried");
    assert!(report["problem"].as_str().unwrap().contains("table public.u"), "{report:#}");
    assert_eq!(report["refused"][0]["object"]["name"], "rows");
    assert_eq!(report["renames"][0]["to"]["name"], "c");
    assert_eq!(report["suggested_renames"][0]["rename"], "function public.f()=g");
    assert_eq!(report["variables"][0]["name"], "foreign_data_wrapper__w__password");
    let steps = report["steps"].as_array().unwrap();
    let step = |sql: &str| {
        let at = steps.iter().position(|step| step["sql"].to_string().contains(sql));
        let at = at.unwrap_or_else(|| panic!("{sql}: {report:#}"));
        (at, &steps[at])
    };
    let (_, renamed) = step("RENAME COLUMN");
    assert_eq!(
        (&renamed["action"], &renamed["lock"]),
        (&"rename".into(), &"AccessExclusive".into())
    );
    let (dropped, lost) = step("DROP COLUMN \\\"note\\\"");
    assert_eq!(lost["loss"], "the values of the column");
    assert_eq!(lost["commented_out"], true);
    assert_eq!(steps.iter().filter(|step| step["commented_out"] == true).count(), 1, "{dropped}");
    let (retyped, bigint) = step("TYPE bigint");
    assert_eq!(bigint["may_rewrite"], true);
    let (view, dropped) = step("DROP VIEW");
    assert!(view < retyped && bigint["needs"].as_array().unwrap().contains(&view.into()));
    assert_eq!(dropped["because"]["name"], "a");
    let (index, made) = step("CREATE INDEX");
    assert_eq!((&made["lock"], &made["may_rewrite"]), (&"Share".into(), &false.into()), "{index}");
    assert_eq!(step("ADD VALUE").1["group"], "before_transaction");
    // With nothing that is refused it is proven.
    databases[1].execute(
        "DROP TABLE of_u, u; CREATE TABLE u (k int) PARTITION BY LIST (k);
         CREATE TABLE of_u (rows u)",
    );
    let found = home.run(
        env!("CARGO_BIN_EXE_pum-under-test"),
        &["diff", "a", "b", "--format", "json", "--allow-loss"],
    );
    let report = holds("diff", &found.expect(1).stdout);
    assert_eq!(report["proof"]["outcome"], "proven", "{report:#}");
    assert_eq!(report["complete"], true);
}

#[test]
fn of_the_setup() {
    let (home, _prod) = setting();
    home.file(
        "pum.toml",
        "production = \"prod\"\ntest = \"nowhere\"\nupgrades_table = \"upgrades\"\n",
    );
    let found = holds("doctor", &pum(&home, "doctor --format json", &[]).expect(1).stdout);
    assert!(found["problems"].as_u64().unwrap() > 0, "{found:#}");
    assert_eq!(found["databases"][0]["part"], "production");
}
