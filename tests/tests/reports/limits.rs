//! Every answer names what it did not look at, and who said so; what looks alike is told apart.

use pum_tests::command::Home;
use pum_tests::database;

use super::{drifted, pum};

const FORMS: [&str; 7] = ["text", "json", "markdown", "html", "junit", "sarif", "github"];

/// Lines are not cut, and nothing has a meaning in Markdown.
fn plain(report: &str) -> String {
    report.split_whitespace().collect::<Vec<_>>().join(" ").replace("\\_", "_").replace("\\*", "*")
}

#[test]
fn every_form_names_what_a_configuration_of_the_python_program_leaves_out() {
    let (home, _prod, _repo) = drifted();
    home.file("db_manager_config.yaml", "ignore_elements: [columns, constraints]\n");
    for form in FORMS {
        for services in ["prod repo", "prod prod"] {
            let run = pum(&home, &format!("check {services} --format {form} -v 0"), &[]);
            let report = plain(&run.stdout);
            if form == "json" {
                let limit = "\"from\": \"ignore_elements in db_manager_config.yaml\", \
                             \"what\": \"columns, constraints\"";
                assert!(report.contains(limit), "{report}");
            } else {
                // A page has a list of them.
                let before = if form == "html" { "" } else { "not compared: " };
                let limit = format!(
                    "{before}columns, constraints (ignore_elements in db_manager_config.yaml)"
                );
                assert!(report.contains(&limit), "{form}: {report}");
            }
        }
    }
    // Nothing is left out beyond the default: nothing is said.
    std::fs::remove_file(home.path().join("db_manager_config.yaml")).unwrap();
    for form in FORMS.iter().filter(|form| **form != "json") {
        let run = pum(&home, &format!("check prod repo --format {form}"), &[]);
        assert!(!run.stdout.contains("not compared"), "{form}: {}", run.stdout);
    }
}

#[test]
fn every_way_to_leave_something_out_is_named() {
    let (home, _prod, _repo) = drifted();
    let said = |line: &str, limit: &str| {
        let run = pum(&home, &format!("check {line} -v 0"), &[]);
        assert!(plain(&run.stdout).contains(&format!("not compared: {limit}")), "{}", run.stdout);
    };
    said("prod repo -i triggers tables.owner", "triggers, tables.owner (--ignore)");
    said("prod repo -N audit*", "schemas audit* (--exclude-schema)");
    said("prod repo -P usr_%", "columns like usr_% (--exclude-field-pattern)");
    said("prod repo --exclude-object *.tmp_*", "objects *.tmp_* (--exclude-object)");
    said(
        "prod repo --preset classic",
        "all but nine elements by name, type and definition (preset classic)",
    );
    said("prod repo -N a -i rules", "rules (--ignore); schemas a (--exclude-schema)");
    pum(&home, "snapshot prod -o prod.json -N audit -i triggers", &[]).expect(0);
    said("prod.json repo", "schema audit, triggers (left out by prod.json)");
    home.file(
        "pum.toml",
        "preset = \"classic\"\nexclude_schemas = [\"a\"]\n\
         [[ignore]]\nobject = \"public.customers\"\nreason = \"planned\"\n",
    );
    said(
        "prod repo",
        "all but nine elements by name, type and definition (preset in pum.toml); \
         schemas a (exclude_schemas in pum.toml); what 1 rule accepts (ignore in pum.toml)",
    );
}

#[test]
fn where_two_values_look_alike_the_characters_that_differ_are_shown() {
    let home = Home::new();
    let (prod, repo) = (database(), database());
    prod.execute(
        "CREATE TABLE t (a int); COMMENT ON TABLE t IS 'hello '; CREATE TABLE \"caf\u{e9}\" ();
         CREATE FUNCTION f() RETURNS int LANGUAGE sql AS E'select 1 \\n'",
    );
    repo.execute(
        "CREATE TABLE t (a int); COMMENT ON TABLE t IS 'hello'; CREATE TABLE \"cafe\u{301}\" ();
         CREATE FUNCTION f() RETURNS int LANGUAGE sql AS E'select 1\\n'",
    );
    home.service("prod", &prod);
    home.service("repo", &repo);
    for form in FORMS.iter().filter(|form| **form != "json") {
        let run = pum(&home, &format!("check prod repo --format {form}"), &[]).expect(1);
        for told in [
            "they look alike; character 6 is U+0020 in prod, the end in repo",
            "they look alike; character 4 is U+00E9 in prod, U+0065 in repo",
            "they look alike; line 1, character 9 is U+0020 in prod, the end of the line in repo",
        ] {
            let report = plain(&run.stdout).replace("%2C", ",");
            assert!(report.contains(told), "{form}: {report}");
        }
    }
}

#[test]
fn one_object_is_one_object() {
    let home = Home::new();
    let one = database();
    one.execute("DROP SCHEMA public; CREATE SCHEMA s");
    home.service("one", &one);
    let run = pum(&home, "check one one", &[]).expect(0);
    assert!(run.stdout.contains("(1 object)"), "{}", run.stdout);
}

/// A server's words, and what people wrote into a database, cannot write on the terminal.
#[test]
fn an_error_writes_no_escape_sequences() {
    let home = Home::new();
    let prod = database();
    home.service("prod", &prod);
    pum(&home, "baseline -p prod -t public.upgrades -d . -b 1.0.0", &[]).expect(0);
    home.file("delta_1.1.0_x.sql", "DO $$ BEGIN RAISE EXCEPTION E'\\x1b[31mred\\x07'; END $$;");
    let run = pum(&home, "upgrade -p prod -t public.upgrades -d .", &[]).expect(2);
    assert!(run.stderr.contains("\\u{1b}[31mred\\u{7}"), "{}", run.stderr);
    let raw = |c: char| c.is_control() && c != '\n' && c != '\t';
    assert!(!run.stderr.contains(raw) && !run.stdout.contains(raw), "{}", run.stderr);
}
