//! Ways that are measured on a copy with rows.

use pum_tests::command::Home;

use super::pending::{pum, with};
use super::seen::copy_of;

const PROD: &str = "
    CREATE TABLE t (a int, b text, c text);
    INSERT INTO t SELECT n, repeat('x', 50) || n, n FROM generate_series(1, 50000) n;
    CREATE TABLE small (a int)";

const WANTED: &str = "
    CREATE TABLE t (a int NOT NULL, b text, c text CHECK (c <> ''), d int);
    CREATE INDEX i ON t (b, a);
    CREATE TABLE small (a int NOT NULL)";

fn written(home: &Home) -> String {
    let deltas = std::fs::read_dir(home.path().join("deltas")).unwrap();
    let mut paths: Vec<_> = deltas.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

const NEW: &str = "delta new x -p prod --to wanted --online always --on copy";

#[test]
fn each_change_is_made_in_the_way_that_was_better_on_the_copy() {
    let (home, prod) = with(PROD, WANTED);
    // It is measured after what is pending.
    home.file("deltas/delta_1.0.1_d.sql", "ALTER TABLE t ADD d int;");
    let copy = copy_of(&prod, "");
    home.service("copy", &copy);
    let done = pum(&home, &format!("{NEW} --measure-for 5min")).expect(0);
    let text = written(&home);
    for (object, in_steps) in [
        ("index public.t.i", "CREATE INDEX CONCURRENTLY i"),
        ("column public.t.a", "CHECK (\"a\" IS NOT NULL) NOT VALID"),
        ("column public.small.a", "ALTER TABLE \"public\".\"small\" ADD CONSTRAINT"),
        ("constraint public.t.t_c_check", "CHECK ((c <> ''::text)) NOT VALID"),
    ] {
        let line = format!("measured: {object}: at once others wait ");
        let told = text.lines().find(|one| one.contains(&line));
        let told = told.unwrap_or_else(|| panic!("no {line} in {text}"));
        assert!(done.stderr.contains(told.trim_start_matches("-- ")), "{}", done.stderr);
        assert!(told.contains("; in steps others wait "), "{told}");
        let is_in_steps = told.ends_with("done in steps");
        assert_eq!(text.contains(in_steps), is_in_steps, "{told}: {text}");
    }
    assert_eq!(copy.column("SELECT to_regclass('i')"), ["(null)"], "the copy is as it was");
    let left = "SELECT datname FROM pg_database WHERE datname LIKE '%pum_measured%'";
    assert_eq!(copy.column(left), [""; 0]);
    pum(&home, "upgrade -p prod").expect(0);
    pum(&home, "check prod wanted -t upgrades").expect(0);
}

#[test]
fn what_takes_too_long_is_chosen_by_rule_and_a_copy_in_use_is_an_error() {
    let (home, prod) = with(PROD, &WANTED.replace(", d int", ""));
    let copy = copy_of(&prod, "");
    home.service("copy", &copy);
    let session = copy.session();
    let busy = pum(&home, &format!("{NEW} --measure-for 5min")).expect(2);
    assert!(busy.stderr.contains("is being accessed by other users"), "{}", busy.stderr);
    drop(session);
    let line = NEW.replace("--on copy", "--on prod --measure-for 5min");
    let own = pum(&home, &line).expect(2);
    assert!(own.stderr.contains("this one is the database itself"), "{}", own.stderr);
    copy.wait_for("SELECT 1 WHERE (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) = 1");
    let late = pum(&home, &format!("{NEW} --measure-for 1ms")).expect(0);
    assert!(late.stderr.contains("took too long"), "{}", late.stderr);
    assert!(written(&home).contains("CREATE INDEX CONCURRENTLY i"));
}
