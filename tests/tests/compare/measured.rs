//! Ways that are measured on a copy with rows.

use std::process::{Child, Stdio};

use pum_tests::command::Home;
use pum_tests::{Database, new_name};
use serde_json::Value;

use super::pending::{pum, with};
use super::seen::copy_of;

const PROD: &str = "
    CREATE TABLE t (a int, b text, c text);
    INSERT INTO t SELECT n, repeat('x', 50) || n, n FROM generate_series(1, 50000) n;
    CREATE TABLE small (a int);
    INSERT INTO small VALUES (1)";

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
        ("column public.t.a", "ALTER TABLE \"public\".\"t\" ADD CONSTRAINT \"pum_not_null"),
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
    let left =
        "SELECT datname FROM pg_database WHERE datname LIKE current_database() || '_pum_measured%'";
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
    let told = "-- not measured: index public.t.i: measuring took too long; done in steps, by rule";
    assert!(written(&home).contains(told), "{}", written(&home));
    assert!(written(&home).contains("CREATE INDEX CONCURRENTLY i"));
}

/// Statements that no delta is in between.
const NOW: &str = "diff prod wanted --online always -N other -t upgrades --on copy";

#[test]
fn a_script_says_what_was_measured_on_a_copy_of_its_first_side() {
    let (home, prod) = with(PROD, &WANTED.replace(", d int", ""));
    let copy = copy_of(&prod, "TRUNCATE small");
    home.service("copy", &copy);
    let done = pum(&home, &format!("{NOW} --measure-for 5min --format json")).expect(1);
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    let ways = report["ways"].as_array().unwrap();
    let of = |name: &str| {
        ways.iter().find(|way| way["object"]["name"] == name && way["object"]["parent"] == "t")
    };
    for name in ["i", "a", "t_c_check"] {
        let way = of(name).unwrap_or_else(|| panic!("no {name} in {ways:?}"));
        let [plain, online] = ["at_once", "in_steps"].map(|one| {
            ["blocking_milliseconds", "milliseconds"].map(|time| way[one][time].as_u64().unwrap())
        });
        assert!(plain[0] <= plain[1] && online[0] <= online[1], "{way}");
        assert_eq!(way["not_measured"], Value::Null);
    }
    // Nothing can be measured without rows: it is done by rule.
    let small = ways.iter().find(|way| way["object"]["parent"] == "small").unwrap();
    assert_eq!(small["at_once"], Value::Null);
    assert_eq!(
        [&small["not_measured"], &small["chosen"]],
        ["its table has no rows on the copy", "in_steps"]
    );
    let said = "not measured: column public.small.a: its table has no rows on the copy; done in steps, by rule";
    assert!(done.stderr.contains(said), "{}", done.stderr);
    let script = pum(&home, &format!("{NOW} --measure-for 5min")).expect(1).stdout;
    assert!(script.contains(&format!("-- {said}\n")), "{script}");
    assert!(script.contains("-- measured: index public.t.i: at once others wait "), "{script}");
    let steps = "ADD CONSTRAINT \"pum_not_null_a\" CHECK (\"a\" IS NOT NULL) NOT VALID";
    assert!(script.contains(&format!("\"small\" {steps}")), "{script}");
    let left =
        "SELECT datname FROM pg_database WHERE datname LIKE current_database() || '_pum_measured%'";
    assert_eq!(copy.column(left), [""; 0]);
    for other in ["prod", "wanted"] {
        let line =
            format!("{NOW} --measure-for 5min").replace("--on copy", &format!("--on {other}"));
        let own = pum(&home, &line).expect(2);
        assert!(own.stderr.contains("this one is the database itself"), "{}", own.stderr);
    }
}

#[test]
fn where_rows_stand_in_the_way_the_ways_are_chosen_by_rule() {
    let (home, prod) = with(PROD, &WANTED.replace(", d int", ""));
    prod.execute("INSERT INTO t VALUES (NULL, 'b', 'c'), (NULL, 'b', 'c')");
    let copy = copy_of(&prod, "");
    home.service("copy", &copy);
    let done = pum(&home, &format!("{NEW} --measure-for 5min")).expect(0);
    let text = written(&home);
    let line = "-- not measured: index public.t.i: column \"a\" of relation \"t\" contains null values, at: ";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("-- decide: 2 rows of \"public\".\"t\" have no \"a\""), "{text}");
    assert!(done.stderr.contains("to be decided: 2 rows"), "{}", done.stderr);
    let script = pum(&home, NOW).expect(1).stdout;
    let told = "-- in the way: 2 rows of \"public\".\"t\" have no \"a\"";
    assert!(script.contains(told), "{script}");
}

/// A pending delta that waits on each database that is made of the copy, while another session has changed
/// the role.
struct Waiting {
    home: Home,
    prod: Database,
    copy: Database,
    role: String,
}

impl Waiting {
    fn new() -> Self {
        let (home, prod) = with(PROD, &WANTED.replace(", d int", ""));
        let role = new_name("role");
        prod.execute(&format!("CREATE ROLE {role}; GRANT SELECT ON t TO {role}"));
        home.file(
            "deltas/delta_1.0.1.sql",
            &format!("REVOKE ALL ON t FROM {role}; ALTER ROLE {role} CONNECTION LIMIT 9;"),
        );
        let copy = copy_of(&prod, "");
        home.service("copy", &copy);
        Self { home, prod, copy, role }
    }
}

/// Begins to measure.
fn started(home: &Home) -> Child {
    let line = format!("{NEW} --measure-for 5min");
    let arguments: Vec<&str> = line.split_whitespace().collect();
    home.command(env!("CARGO_BIN_EXE_pum-under-test"), &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn rows_that_arrive_meanwhile_are_in_neither_way() {
    let Waiting { home, prod, copy, role } = Waiting::new();
    // The pending delta waits for this on each database that is made of the copy.
    let mut holder = prod.session();
    let hold = format!("BEGIN; ALTER ROLE {role} CONNECTION LIMIT 5");
    holder.client().batch_execute(&hold).unwrap();
    let child = started(&home);
    let name = copy.column("SELECT current_database()").remove(0);
    prod.wait_for(&format!(
        "SELECT 1 WHERE (SELECT count(*) FROM pg_database WHERE datname LIKE '{name}\\_pum\\_measured\\_%') = 2"
    ));
    prod.wait_for("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'");
    copy.execute("INSERT INTO t SELECT NULL, 'x', 'x' FROM generate_series(1, 9)");
    holder.client().batch_execute("ROLLBACK").unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    // What they would have hindered was measured, and then they are counted.
    assert!(stderr.contains("measured: column public.t.a: at once"), "{stderr}");
    assert!(!stderr.contains("not measured"), "{stderr}");
    assert!(stderr.contains("to be decided: 9 rows"), "{stderr}");
    let told = "counted after it was measured: rows that came to the copy meanwhile are in the counts only";
    assert!(stderr.contains(told), "{stderr}");
    assert!(written(&home).contains(&format!("-- {told}\n")), "{}", written(&home));
}

/// Begins to measure, and waits until both databases are there and the pending delta waits in the first.
fn held(home: &Home, prod: &Database, copy: &str) -> Child {
    let child = started(home);
    let process = child.id();
    prod.wait_for(&format!(
        "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple') \
         AND pid IN (SELECT pid FROM pg_stat_activity \
                     WHERE datname LIKE '{copy}\\_pum\\_measured\\_{process}\\_%')"
    ));
    child
}

#[test]
fn what_a_killed_run_left_is_dropped_and_nothing_else() {
    let Waiting { home, prod, copy, role } = Waiting::new();
    let name = copy.column("SELECT current_database()").remove(0);
    let measured = || -> Vec<String> {
        prod.column(&format!(
            "SELECT datname FROM pg_database WHERE datname LIKE '{name}\\_pum\\_measured\\_%' ORDER BY 1"
        ))
    };
    let mut holder = prod.session();
    let hold = format!("BEGIN; ALTER ROLE {role} CONNECTION LIMIT 5");
    holder.client().batch_execute(&hold).unwrap();
    let mut killed = held(&home, &prod, &name);
    killed.kill().unwrap();
    killed.wait().unwrap();
    holder.client().batch_execute("ROLLBACK").unwrap();
    prod.wait_for(&format!(
        "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname LIKE '{name}\\_pum\\_measured\\_%')"
    ));
    let left = measured();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left[1] == format!("{}_2", left[0]), "{left:?}");
    // Called almost so, by somebody else.
    let process = killed.id();
    let others = format!("{name}_pum_measured_{process}");
    prod.execute(&format!("CREATE DATABASE \"{others}\""));
    prod.execute(&format!("CREATE DATABASE \"{others}_0123abcd\""));

    // It lives, and the databases of the killed one are gone, when it has made its own.
    holder.client().batch_execute(&hold).unwrap();
    let live = held(&home, &prod, &name);
    let own = format!("{name}_pum_measured_{}_", live.id());
    let there = measured();
    assert!(left.iter().all(|one| !there.contains(one)), "{left:?} {there:?}");
    let of_live = |there: &[String]| there.iter().filter(|one| one.starts_with(&own)).count();
    assert_eq!((there.len(), of_live(&there)), (4, 2), "{there:?}");

    // Another run leaves alone what belongs to one that works.
    let mut next = held(&home, &prod, &name);
    assert_eq!(of_live(&measured()), 2, "{:?}", measured());
    next.kill().unwrap();
    next.wait().unwrap();
    // Its backend would change the role at the same time as the other one.
    let backends = format!(
        "FROM pg_stat_activity WHERE datname LIKE '{name}\\_pum\\_measured\\_{}\\_%'",
        next.id()
    );
    prod.execute(&format!("SELECT pg_terminate_backend(pid) {backends}"));
    prod.wait_for(&format!("SELECT 1 WHERE NOT EXISTS (SELECT {backends})"));
    holder.client().batch_execute("ROLLBACK").unwrap();
    let ended = live.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(stderr.contains("measured: column public.t.a: at once"), "{stderr}");
    assert_eq!(measured().len(), 4, "{:?}", measured());
    // The delta of the one that lived is there now: without it there is something to measure again.
    let deltas = home.path().join("deltas");
    for delta in std::fs::read_dir(deltas).unwrap().map(|entry| entry.unwrap().path()) {
        if delta.to_string_lossy().contains("_x") {
            std::fs::remove_file(delta).unwrap();
        }
    }
    pum(&home, &format!("{NEW} --measure-for 5min")).expect(0);
    let others = [others.clone(), format!("{others}_0123abcd")];
    assert_eq!(measured(), others);
    for one in others {
        prod.execute(&format!("DROP DATABASE \"{one}\""));
    }
}
