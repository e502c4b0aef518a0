//! Differences that are accepted one by one.

use std::path::Path;

use super::{drifted, pum, without_values};

const FILE: &str = "pum.accepted.toml";

fn read(home: &Path) -> String {
    std::fs::read_to_string(home.join(FILE)).unwrap()
}

#[test]
fn what_is_accepted_is_hidden_until_it_changes() {
    let (home, prod, repo) = drifted();
    let found = pum(&home, "check prod repo", &[]).expect(1);
    assert!(found.stdout.starts_with("7 differences between prod and repo\n"), "{}", found.stdout);
    let accepted = pum(&home, "check prod repo --accept", &["--reason", "since the fire"]);
    let accepted = accepted.expect(0);
    assert!(accepted.stderr.starts_with("accepted 7 differences in pum.accepted.toml\n"));
    assert!(accepted.stderr.contains("\n  column public.orders.id: data_type\n"));
    insta::assert_snapshot!("accepted.toml", without_values(&read(home.path())));

    let again = pum(&home, "check prod repo", &[]).expect(0);
    insta::assert_snapshot!("accepted.txt", again.stdout);
    // The other way round it is another comparison.
    let turned = pum(&home, "check repo prod", &[]).expect(1);
    assert!(turned.stdout.contains("table legacy: only in prod"), "{}", turned.stdout);

    prod.execute("ALTER TABLE orders ALTER amount TYPE numeric(11,2)");
    repo.execute("ALTER TABLE orders ALTER id TYPE int; CREATE TABLE fresh ()");
    let changed = pum(&home, "check prod repo", &[]).expect(1);
    insta::assert_snapshot!("changed.txt", changed.stdout);

    // Both again: the changed one in the place of what it was, the gone one stays till it is told
    // to go.
    let before = read(home.path());
    pum(&home, "check prod repo --accept", &["--reason", "the second fire"]).expect(0);
    let after = read(home.path());
    assert_eq!(after.matches("[[accepted]]").count(), 8);
    assert_eq!(
        before.find("column public.orders.amount"),
        after.find("column public.orders.amount")
    );
    assert_eq!(after.matches("reason = \"the second fire\"").count(), 2);
    let forgot = pum(&home, "check prod repo --forget-gone", &[]).expect(0);
    assert_eq!(forgot.stderr, "took 1 entry out of pum.accepted.toml\n");
    assert!(!read(home.path()).contains("public.orders.id"));
    let done = pum(&home, "check prod repo", &[]).expect(0);
    assert!(!done.stdout.contains("note:"), "{}", done.stdout);
}

#[test]
fn an_object_of_one_side_is_accepted_as_it_is() {
    let (home, prod, repo) = drifted();
    repo.execute("DROP TABLE orders, customers, \"odd ]]> `name`\"; DROP FUNCTION open_orders");
    prod.execute(
        "DROP TABLE \"odd ]]> `name`\"; CREATE SCHEMA old; CREATE TABLE old.t (id int); \
         CREATE FUNCTION public.fix() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
    home.file("pum.toml", "ignore_elements = [\"comment\"]\n");
    pum(&home, "check prod repo --accept --reason x", &[]).expect(0);
    pum(&home, "check prod repo", &[]).expect(0);
    for (change, shown) in [
        ("ALTER TABLE legacy ADD note text", "public.legacy\n  table legacy: only in prod\n"),
        ("ALTER TABLE orders DROP CONSTRAINT orders_pkey", "  table orders: only in prod\n"),
        ("CREATE INDEX ON old.t (id)", "old\n  schema old: only in prod\n"),
        (
            "CREATE OR REPLACE FUNCTION public.fix() RETURNS int LANGUAGE sql AS 'SELECT 2'",
            "  function fix(): only in prod\n",
        ),
    ] {
        prod.execute(change);
        let found = pum(&home, "check prod repo", &[]).expect(1).stdout;
        assert!(found.starts_with("1 difference between prod and repo, 4 hidden"), "{found}");
        assert!(found.contains(shown), "{found}");
        pum(&home, "check prod repo --accept --reason y", &[]).expect(0);
    }
    // What is left out of the comparison is no change.
    prod.execute("COMMENT ON COLUMN legacy.id IS 'x'");
    pum(&home, "check prod repo", &[]).expect(0);
}

#[test]
fn comments_and_order_stay() {
    let (home, _prod, repo) = drifted();
    home.file(FILE, "# Ours. Ask Ann.\n");
    pum(&home, "check prod repo --accept -i tables columns", &["--reason=one"]).expect(0);
    let text = read(home.path()).replace("[[accepted]]", "# about this one\n[[accepted]]");
    home.file(FILE, &(text + "\n# the end\n"));
    pum(&home, "check prod repo --accept", &["--reason=two"]).expect(0);
    repo.execute("DROP FUNCTION open_orders");
    pum(&home, "check prod repo --accept --forget-gone", &["--reason=three"]).expect(0);
    insta::assert_snapshot!("comments.toml", without_values(&read(home.path())));
    pum(&home, "check prod repo", &[]).expect(0);
}

#[test]
fn the_file_is_beside_the_configuration_or_where_it_is_said_to_be() {
    let (home, _prod, _repo) = drifted();
    home.file("project/pum.toml", "");
    home.file("project/below/x", "");
    let below = |line: &str, code: i32| {
        let arguments: Vec<&str> = line.split(' ').collect();
        let mut command = home.command(super::PUM, &arguments);
        let output = command.current_dir(home.path().join("project/below")).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}: {output:?}");
    };
    below("check prod repo --accept --reason x", 0);
    assert!(home.path().join("project").join(FILE).is_file());
    below("check prod repo", 0);
    // From elsewhere it is not found, unless it is named.
    pum(&home, "check prod repo", &[]).expect(1);
    pum(&home, "check prod repo --accepted-file project/pum.accepted.toml", &[]).expect(0);
    home.file("pum.toml", "accepted_file = \"project/pum.accepted.toml\"\n");
    pum(&home, "check prod repo", &[]).expect(0);
    home.file("pum.toml", "accepted_file = \"elsewhere.toml\"\n");
    pum(&home, "check prod repo", &[]).expect_error(&["elsewhere.toml", "--accept creates it"]);
}

#[test]
fn a_wrong_file_is_an_error_and_stays_as_it_is() {
    let (home, _prod, _repo) = drifted();
    pum(&home, "check prod repo --accept", &["--reason=x"]).expect(0);
    let good = read(home.path());
    let fingerprint = good.lines().find(|line| line.starts_with("fingerprint")).unwrap();
    for (text, parts) in [
        (good.replacen(fingerprint, "fingerprint = \"abc\"", 1), vec!["32 hexadecimal digits"]),
        (good.replacen("reason", "raison", 1), vec!["unknown field", "raison"]),
        (good.clone() + &good, vec!["appears twice"]),
        ("accepted = 1\n".to_owned(), vec!["line 1", "invalid type"]),
        ("<<<<<<< HEAD\n".to_owned() + &good, vec!["line 1"]),
    ] {
        home.file(FILE, &text);
        for line in ["check prod repo", "check prod repo --accept --reason y"] {
            let failed = pum(&home, line, &[]).expect_error(&["accepted differences", FILE]);
            for part in &parts {
                assert!(failed.stderr.contains(part), "{}", failed.stderr);
            }
        }
        assert_eq!(read(home.path()), text);
    }
}

#[test]
fn accepting_needs_a_reason() {
    let (home, _prod, _repo) = drifted();
    pum(&home, "check prod repo --accept", &[]).expect_error(&["--reason <TEXT>"]);
    pum(&home, "check prod repo --accept", &["--reason", ""]).expect_error(&["--reason <TEXT>"]);
    pum(&home, "check prod repo --reason x", &[]).expect_error(&["--accept"]);
    pum(&home, "check prod repo --forget-gone -i columns", &[]).expect_error(&["--ignore"]);
    assert!(!home.path().join(FILE).exists());
    let none = pum(&home, "check prod prod --accept --reason x", &[]).expect(0);
    assert_eq!(none.stderr, "nothing to accept\n");
    assert!(!home.path().join(FILE).exists());
}
