//! Schemas of tenants: `pum check --map-schema`.

use pum_tests::command::Home;
use pum_tests::database;
use serde_json::Value;

use super::pum;

const MODEL: &str = "
    CREATE TABLE orders (id serial PRIMARY KEY, note text);
    CREATE VIEW notes AS SELECT note FROM orders;";

/// A database with a model and three tenants, of which one differs.
fn tenants() -> Home {
    let home = Home::new();
    let prod = database();
    prod.execute(MODEL);
    for tenant in ["t1", "t2", "t10"] {
        prod.execute(&format!("CREATE SCHEMA {tenant}; SET search_path = {tenant}; {MODEL}"));
    }
    prod.execute("ALTER TABLE t10.orders ALTER note SET NOT NULL");
    home.service("prod", &prod);
    home
}

#[test]
fn a_table_says_which_tenants_differ() {
    let home = tenants();
    let text = pum(&home, "check prod --map-schema t*=public", &[]).expect(1).stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "1 difference between prod and prod (public), in 1 of 3 schemas");
    let table = [
        "  t1   as public  same",
        "  t2   as public  same",
        "  t10  as public  1 difference",
        "",
        "t10.orders",
        "  column note: not_null: true in prod, false in prod (public)",
    ];
    let shown: Vec<&str> = lines.iter().copied().skip_while(|line| *line != table[0]).collect();
    assert_eq!(
        shown.iter().filter(|line| !line.is_empty()).take(5).collect::<Vec<_>>(),
        table.iter().filter(|line| !line.is_empty()).collect::<Vec<_>>(),
        "{text}"
    );
    assert!(text.contains("not compared: all but 3 schemas (--map-schema)"), "{text}");
    let only = pum(&home, "check prod --map-schema t1=public,t2=public", &[]).expect(0).stdout;
    assert!(
        only.starts_with("no differences between prod and prod (public) (14 objects, 2 schemas)"),
        "{only}"
    );
    // No SQL can be written for that.
    assert!(text.ends_with("next: accept them by pum check … --accept --reason TEXT\n"), "{text}");
    let one = pum(&home, "check prod prod --map-schema t10=t1", &[]).expect(1).stdout;
    assert!(one.starts_with("1 difference between prod (t10) and prod (t1)\n"), "{one}");
}

#[test]
fn every_form_says_which_tenants_differ() {
    let home = tenants();
    let form = |form: &str| {
        pum(&home, &format!("check prod --map-schema t*=public --format {form}"), &[])
            .expect(1)
            .stdout
    };
    let json: Value = serde_json::from_str(&form("json")).unwrap();
    let found: Vec<(&str, u64)> = json["schemas"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["left"].as_str().unwrap(), it["differences"].as_u64().unwrap()))
        .collect();
    assert_eq!(found, [("t1", 0), ("t2", 0), ("t10", 1)]);
    let sarif: Value = serde_json::from_str(&form("sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["properties"]["schemas"], json["schemas"]);
    let markdown = form("markdown");
    assert!(
        markdown
            .starts_with("## 1 difference between `prod` and `prod (public)`, in 1 of 3 schemas\n")
    );
    assert!(
        markdown.contains(
            "| <code>t10</code> | <code>public</code> | 1 |\n\n2 schemas are the same.\n"
        )
    );
    let junit = form("junit");
    assert!(junit.contains("<testcase name=\"schema t1 as public\""), "{junit}");
    assert!(!junit.contains("schema t10 as public"), "{junit}");
    // What was not compared did not pass.
    assert!(junit.contains("<testcase name=\"all extensions\" classname=\"pum.extensions\" time=\"0.000\">\n            <skipped"), "{junit}");
    assert!(form("github").starts_with(
        "::error title=pum check::1 difference between prod and prod (public), in 1 of 3"
    ));
    assert!(form("html").contains("in 1 of 3 schemas"));
}

/// The tables have the names of the left side: the places where the page draws them.
#[test]
fn the_page_has_a_map_of_the_tables() {
    let home = Home::new();
    let prod = database();
    let model = "CREATE TABLE customer (id int PRIMARY KEY); \
         CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customer); \
         CREATE TABLE lines (orders int REFERENCES orders); CREATE TABLE alone (id int);";
    for schema in ["model", "t1", "t2", "t3"] {
        prod.execute(&format!("CREATE SCHEMA {schema}; SET search_path = {schema}; {model}"));
    }
    prod.execute(
        "ALTER TABLE t1.orders ADD note text; DROP TABLE t3.alone; \
         CREATE TABLE t3.extra (id int REFERENCES t3.customer)",
    );
    home.service("prod", &prod);
    let page = |map: &str| {
        let line = format!("check prod --map-schema {map} --format html");
        let all = pum(&home, &line, &[]).expect(1).stdout;
        let (_, map) = all.split_once("Map of the tables").unwrap_or_default();
        map.split("<h2").next().unwrap_or_default().to_owned()
    };
    let drawn = |map: &str, schema: &str| -> Vec<String> {
        let part = map.split(&format!("<summary><b>{schema}</b>")).nth(1).unwrap_or_default();
        let part = part.split("</details>").next().unwrap_or_default();
        let names = ["alone", "customer", "extra", "lines", "orders"];
        let is_there = |name: &&&str| part.contains(&format!(">{name}<"));
        names.iter().filter(is_there).map(|name| (*name).to_owned()).collect()
    };
    // One schema is drawn whole.
    let one = page("t3=model");
    assert!(
        one.contains("Tables have the names of prod (t3), also those that only prod (model) has")
    );
    assert_eq!(drawn(&one, "t3"), ["alone", "customer", "extra", "lines", "orders"], "{one}");
    assert_eq!(drawn(&one, "model"), [""; 0]);
    // Of several what differs, and what is beside it.
    let all = page("t*=model");
    assert_eq!(drawn(&all, "t1"), ["customer", "lines", "orders"], "{all}");
    assert_eq!(drawn(&all, "t2"), [""; 0]);
    assert_eq!(drawn(&all, "t3"), ["alone", "customer", "extra"]);
}

#[test]
fn schemas_may_be_mapped_in_the_configuration() {
    let home = tenants();
    home.file("pum.toml", "map_schema = [\"t1=public\", \"t2=public\"]\n");
    let text = pum(&home, "check prod prod", &[]).expect(0).stdout;
    assert!(text.contains("all but 2 schemas (map_schema in pum.toml)"), "{text}");
    // What is given comes instead.
    pum(&home, "check prod --map-schema t10=public", &[]).expect(1);
    home.file("pum.toml", "map_schema = \"t1\"\n");
    pum(&home, "check prod prod", &[])
        .expect_error(&["pum.toml", "map_schema: \"t1\" is not of the form A=B"]);
}

#[test]
fn a_tenants_differences_can_be_accepted() {
    let home = tenants();
    let command = "check prod --map-schema t*=public";
    pum(&home, command, &["--accept", "--reason", "their wish"]).expect(0);
    let text = pum(&home, command, &[]).expect(0).stdout;
    assert!(text.contains("1 hidden by rules"), "{text}");
    assert!(text.contains("  t10  as public  same"), "{text}");
}

#[test]
fn what_is_wrong_with_a_map_is_said() {
    let home = tenants();
    for (arguments, told) in [
        ("check prod --map-schema t7=public", "no schema of the first source matches \"t7\""),
        (
            "check prod --map-schema t1=publik",
            "the second source has no schema \"publik\" (did you mean \"public\"?)",
        ),
        ("check prod --map-schema t1", "\"t1\" is not of the form A=B: there is no ="),
        ("check prod --map-schema t1=t*", "B is the name of one schema"),
        (
            "diff prod prod --map-schema t1=public",
            "pum diff writes no SQL for schemas of different names",
        ),
    ] {
        pum(&home, arguments, &[]).expect_error(&[told]);
    }
}
