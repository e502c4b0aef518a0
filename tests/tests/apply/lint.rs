//! What is risky in deltas is told before they run: by `pum lint`, and in a dry run.

use pum_tests::command::{Home, Outcome};
use serde_json::Value;

use super::{PUM, at_1_0_0};

const RISKY: &[(&str, &str)] = &[
    ("delta_1.0.1_old.sql", "TRUNCATE one;\n"),
    (
        "delta_1.1.0_one.sql",
        "BEGIN;\nCREATE TABLE one (a int);\nCREATE INDEX ON one (a);\n\
         ALTER TABLE customer\n  ADD a int,\n  DROP b;\nCOMMIT;\n",
    ),
    ("delta_1.2.0_two.sql", "UPDATE customer SET srid = %(SRID)s;\n"),
    ("post-all.sql", "\\i more/views.sql\n"),
    ("more/views.sql", "\n\nDROP VIEW IF EXISTS v CASCADE;\n"),
];

fn home(configuration: &str) -> Home {
    let home = Home::new();
    home.file(
        "pum.toml",
        &format!("upgrades_table = \"upgrades\"\ndelta_dirs = \"deltas\"\n{configuration}"),
    );
    for (name, sql) in RISKY {
        home.file(&format!("deltas/{name}"), sql);
    }
    home
}

fn pum(home: &Home, line: &str) -> Outcome {
    home.run(PUM, &line.split_whitespace().collect::<Vec<_>>())
}

/// The places and rules of a report.
fn places(report: &str) -> Vec<String> {
    let lines = report.lines().filter(|line| line.starts_with("deltas/"));
    lines.map(|line| line.splitn(3, ": ").take(2).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn all_of_a_directory_is_looked_at_without_a_database() {
    let home = home("variables = { SRID = 2056 }\n");
    let found = pum(&home, "lint").expect(1).stdout;
    let all = [
        "deltas/delta_1.0.1_old.sql:1 truncate",
        "deltas/delta_1.0.1_old.sql:1 no-lock-timeout",
        "deltas/delta_1.1.0_one.sql:1 transaction-control",
        "deltas/delta_1.1.0_one.sql:4 no-lock-timeout",
        "deltas/delta_1.1.0_one.sql:6 drop-column",
        "deltas/delta_1.2.0_two.sql:1 update-without-where",
        "deltas/more/views.sql:3 drop-cascade",
    ];
    assert_eq!(places(&found), all);
    assert!(found.ends_with("7 findings in 4 scripts\n"), "{found}");
    let limited = pum(&home, "lint --lock-timeout 5s").expect(1).stdout;
    assert!(limited.ends_with("5 findings in 4 scripts\n"), "{limited}");
    let json = pum(&home, "lint -d deltas --format json").expect(1).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["format_version"], &json["scripts"]), (&1.into(), &4.into()));
    let last = &json["findings"][6];
    assert_eq!((&last["line"], &last["rule"]), (&3.into(), &"drop-cascade".into()));
    assert!(last["file"].as_str().unwrap().ends_with("deltas/more/views.sql"), "{last}");
    assert!(last["message"].as_str().unwrap().starts_with("view v: it also drops"), "{last}");
    let rules = pum(&home, "lint --list-rules").expect(0).stdout;
    assert!(
        rules.starts_with("create-index-without-concurrently\n    writes to the table block"),
        "{rules}"
    );
}

#[test]
fn what_is_allowed_or_ignored_is_not_told_and_wrong_names_are_errors() {
    let ignored = "variables = { SRID = 2056 }\nlock_timeout = \"5s\"\n\
                   lint_ignore = [\"drop-cascade\", \"transaction-control\"]\n";
    let home = home(ignored);
    home.file("deltas/delta_1.0.1_old.sql", "-- pum: allow truncate\nTRUNCATE one;\n");
    home.file("deltas/delta_1.2.0_two.sql", "-- pum: allow update-without-where\nUPDATE c SET d=1");
    let found = pum(&home, "lint").expect(1).stdout;
    assert_eq!(places(&found), ["deltas/delta_1.1.0_one.sql:6 drop-column"]);
    home.file("deltas/delta_1.1.0_one.sql", "-- pum: allow drop-column\nALTER TABLE c DROP b;\n");
    assert_eq!(pum(&home, "lint").expect(0).stdout, "nothing found in 4 scripts\n");
    home.file("deltas/delta_1.1.0_one.sql", "-- pum: allow drop-colum\nALTER TABLE c DROP b;\n");
    insta::assert_snapshot!(pum(&home, "lint").error(), @r#"error: deltas/delta_1.1.0_one.sql:1: there is no lint rule "drop-colum". Did you mean "drop-column"?"#);
    home.file("pum.toml", "lint_ignore = [\"truncat\"]\n");
    insta::assert_snapshot!(pum(&home, "lint -d deltas").error(), @r#"
    error: configuration file <home>/pum.toml: TOML parse error at line 1, column 15
      |
    1 | lint_ignore = ["truncat"]
      |               ^^^^^^^^^^^
    there is no lint rule "truncat". Did you mean "truncate"?
    "#);
}

#[test]
fn of_a_database_only_what_is_pending_is_told_also_by_a_dry_run() {
    let (home, database) =
        (home("variables = { SRID = 2056 }\nlock_timeout = \"5s\"\n"), at_1_0_0());
    home.service("db", &database);
    database.execute(
        "INSERT INTO upgrades (version, description, type, script, checksum, installed_by, \
         execution_time, success) \
         VALUES ('1.1.0', 'one', 8, 'delta_1.1.0_one.sql', '', 'x', 1, true)",
    );
    let found = pum(&home, "lint -p db").expect(1).stdout;
    let pending = [
        "deltas/delta_1.2.0_two.sql:1 update-without-where",
        "deltas/more/views.sql:3 drop-cascade",
    ];
    assert_eq!(places(&found), pending);
    let json = pum(&home, "lint -p db --format json").expect(1).stdout;
    assert!(json.contains("\"database\": \"db\""), "{json}");

    let dry = pum(&home, "upgrade -p db --dry-run --allow-changed").expect(0).stdout;
    let warning = "    warning: line 1: update-without-where: table customer: all rows are";
    assert!(dry.contains(warning), "{dry}");
    let dry = pum(&home, "upgrade -p db --dry-run --allow-changed --format json").expect(0).stdout;
    let json: Value = serde_json::from_str(&dry).unwrap();
    let rules: Vec<&Value> = ["/scripts/0", "/scripts/1"]
        .iter()
        .map(|script| json.pointer(&format!("{script}/findings/0/rule")).unwrap())
        .collect();
    assert_eq!(rules, ["update-without-where", "drop-cascade"]);

    database.execute("UPDATE upgrades SET version = '2.0.0' WHERE version = '1.1.0'");
    assert_eq!(pum(&home, "lint -p db").expect(0).stdout, "nothing found in 0 scripts\n");
    database.execute("DROP TABLE upgrades");
    insta::assert_snapshot!(pum(&home, "lint -p db").error(), @"
    error: db has no upgrades table public.upgrades: set a baseline to declare its current version
    hint: pum baseline -p db -t public.upgrades -d DIR -b X.Y.Z, with the version that it is at; if the database is empty, pum upgrade --create
    ");
}

/// What a text cannot tell: how large a table is, what type a column has, what is new.
#[test]
fn a_database_decides_what_files_cannot() {
    let database = at_1_0_0();
    database.execute(
        "CREATE TABLE small (id int PRIMARY KEY, code varchar(10));
         CREATE TABLE large (id int PRIMARY KEY, code varchar(10), other int);
         CREATE INDEX large_code ON large (code);
         INSERT INTO large SELECT n, n FROM generate_series(1, 300000) n; ANALYZE large",
    );
    let home = Home::new();
    home.service("prod", &database);
    home.file("pum.toml", "upgrades_table = \"upgrades\"\ndelta_dirs = \"deltas\"\n");
    home.file(
        "deltas/delta_1.1.0.sql",
        "CREATE TABLE fresh (id int);\nCREATE INDEX ON small (code);\n",
    );
    home.file("deltas/delta_1.2.0.sql", "CREATE INDEX ON fresh (id);\n");
    home.file("deltas/delta_1.3.0.sql", "ALTER TABLE large ALTER code TYPE varchar(20);\n");
    home.file(
        "deltas/delta_1.4.0.sql",
        "ALTER TABLE large ALTER id TYPE bigint;\nDROP INDEX large_code;\n",
    );
    home.file("deltas/delta_1.5.0.sql", "ALTER TABLE large DROP CONSTRAINT large_pkey;\n");
    home.file(
        "deltas/delta_1.6.0.sql",
        "ALTER TABLE small ALTER code SET NOT NULL;\nDROP TABLE small;\n",
    );
    let found = pum(&home, "lint -p prod --lock-timeout 5s").expect(1).stdout;
    let all = [
        "deltas/delta_1.4.0.sql:1 column-type-change",
        "deltas/delta_1.4.0.sql:2 drop-index-without-concurrently",
        "deltas/delta_1.5.0.sql:1 drop-primary-key",
        "deltas/delta_1.6.0.sql:2 drop-table",
    ];
    assert_eq!(places(&found), all);
    assert!(found.contains("column large.id (") && found.contains("300,000 rows)"), "{found}");
    let blind = pum(&home, "lint --lock-timeout 5s").expect(1).stdout;
    assert_eq!(places(&blind).len(), 8, "{blind}");
}
