//! The command, as its users type it.

use pum_tests::command::Home;

use super::{database, server};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

#[test]
fn exit_codes_and_both_formats() {
    let home = Home::new();
    let database = database();
    database.execute("CREATE TABLE \"a\u{1b}b\" (id serial); INSERT INTO \"a\u{1b}b\" VALUES (1)");
    home.service("db", &database);
    let bad = home.run(PUM, &["verify", "db", "--level", "quick"]).expect(1);
    assert!(bad.stdout.contains("finding  sequences"), "{}", bad.stdout);
    assert!(bad.stdout.contains("-> SELECT setval("), "{}", bad.stdout);
    assert!(bad.stdout.contains("1 finding in db"), "{}", bad.stdout);
    assert!(!bad.stdout.contains('\u{1b}'), "{}", bad.stdout);
    database.execute("SELECT setval('\"a\u{1b}b_id_seq\"', 1)");
    let good = home.run(PUM, &["verify", "db", "-j", "3"]).expect(0);
    assert!(good.stdout.contains("no problems found in db"), "{}", good.stdout);
    assert_eq!(good.stderr, "");

    let json = home.run(PUM, &["verify", "db", "--level", "deep", "--format", "json"]).expect(0);
    let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(report["format_version"], 1);
    assert_eq!(report["whole"], true);
    assert_eq!(report["level"], "deep");
    let checks = report["checks"].as_array().unwrap();
    assert_eq!(checks.last().unwrap()["check"], "btree");
    assert_eq!(checks.last().unwrap()["result"], "ok");
    let table = &report["tables"][1];
    assert_eq!((&table["table"], &table["rows"]), (&"public.\"a\u{1b}b\"".into(), &1.into()));
    assert_eq!(table["hash"].as_str().unwrap().len(), 16);
}

#[test]
fn who_cannot_look_says_so() {
    let home = Home::new();
    let socket = server().directory().to_str().unwrap();
    let conninfo = format!("host={socket} user=postgres dbname='no such'");
    home.run(PUM, &["verify", &conninfo]).expect_error(&["\"no such\" does not exist"]);
    home.run(PUM, &["verify", "host=/nowhere user=u"]).expect_error(&["cannot connect"]);
    home.run(PUM, &["verify", "nobody"]).expect_error(&["unknown service \"nobody\""]);
    home.run(PUM, &["verify"]).expect(2);
}

#[test]
fn ctrl_c_stops_it() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    use std::time::{Duration, Instant};

    let home = Home::new();
    let database = database();
    database.execute("CREATE TABLE locked (id int)");
    let mut holder = database.session();
    holder.client().batch_execute("BEGIN; LOCK TABLE locked").unwrap();
    let child = home
        .command(PUM, &["verify", &database.conninfo(), "--lock-timeout", "600"])
        .spawn()
        .unwrap();
    let name = database.settings.database();
    let waiting = format!(
        "SELECT pid FROM pg_stat_activity WHERE datname = '{name}' AND wait_event_type = 'Lock'"
    );
    let deadline = Instant::now() + Duration::from_secs(20);
    while database.column(&waiting).is_empty() {
        assert!(Instant::now() < deadline, "nobody waits");
        std::thread::sleep(Duration::from_millis(10));
    }
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("error: interrupted"), "{stderr}");
    assert_eq!(output.stdout, b"");
}
