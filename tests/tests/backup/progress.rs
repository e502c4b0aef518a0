//! How far a dump or a restore is, seen at a terminal while a single table takes long.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pum_tests::command::Home;
use pum_tests::database;
use pum_tests::server::Server;
use pum_tests::terminal::Terminal;

use crate::PUM;

#[test]
fn a_large_table_is_not_at_zero_until_it_is_done() {
    let (home, large) = (Home::new(), database());
    home.service("prod", &large);
    large.execute(
        "CREATE FUNCTION slow(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_sleep(0.001); RETURN i; END $$; \
         CREATE TABLE large AS SELECT i, md5(i::text) || md5((-i)::text) AS a, \
             repeat(md5(i::text || 'x'), 4) AS b FROM generate_series(1, 300000) i; \
         CREATE TABLE small AS SELECT i FROM generate_series(1, 2000) i; \
         CREATE INDEX by_slow ON small (public.slow(i))",
    );
    // Between nothing and all of it.
    let part = |shown: &str| {
        let percent = |part: &str| part.rsplit(' ').next().and_then(|it| it.parse::<u32>().ok());
        let parts: Vec<u32> = shown.split(" % of ").filter_map(percent).collect();
        parts.iter().any(|percent| (1..100).contains(percent))
    };
    let terminal = Terminal::start(&home, PUM, "dump -p prod -Z gzip:9 prod.dump", 80);
    let (code, all) = terminal.end();
    assert_eq!(code, Some(0), "{all}");
    assert!(part(&all), "{all}");
    assert!(all.contains(" left, 0 of 2 tables"), "{all}");

    let terminal = Terminal::start(&home, PUM, "restore -p prod --suffix _copy prod.dump", 140);
    let (code, all) = terminal.end();
    assert_eq!(code, Some(0), "{all}");
    assert!(all.contains("building index: scanning table, "), "{all}");
}

/// A server with a database that takes a while to copy, and nothing else that copies databases.
fn server_with_template() -> (Server, Home) {
    let (server, home) = (Server::start(false, &[], &["local all maker trust"], &[]), Home::new());
    server.sql(&["CREATE DATABASE prod"]);
    let prod = server.database("prod");
    prod.execute(
        "CREATE TABLE large AS SELECT i, repeat(md5(i::text), 8) AS a FROM generate_series(1, 500000) i",
    );
    server.sql(&[
        "CREATE ROLE maker LOGIN CREATEDB",
        "ALTER DATABASE prod OWNER TO maker",
        "CHECKPOINT",
    ]);
    home.service("prod", &prod);
    (server, home)
}

/// Stops the process that copies the database as soon as the condition holds, `look`s at the screen, and
/// lets it go on.
#[track_caller]
fn stopped((server, home): &(Server, Home), line: &str, condition: &str, look: impl Fn(&Terminal)) {
    let mut client = server.superuser();
    let log: String =
        client.query_one("SELECT pg_current_wal_insert_lsn()::text", &[]).unwrap().get(0);
    let condition = condition.replace("LOG", &format!("'{log}'"));
    let copies = client
        .prepare(&format!(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE%' \
                 AND state = 'active' AND pid <> pg_backend_pid() AND {condition}"
        ))
        .unwrap();
    let is_done = client.prepare("SELECT FROM pg_database WHERE datname = 'copy'").unwrap();
    let terminal = Terminal::start(home, PUM, line, 80);
    let pid = loop {
        if let Some(row) = client.query_opt(&copies, &[]).unwrap() {
            break Pid::from_raw(row.get(0));
        }
        let done = client.query_opt(&is_done, &[]).unwrap();
        let ended = done.is_some() || terminal.has_ended();
        assert!(!ended, "it ended before it was stopped: {:?}", terminal.end());
    };
    kill(pid, Signal::SIGSTOP).unwrap();
    look(&terminal);
    kill(pid, Signal::SIGCONT).unwrap();
    let (code, all) = terminal.end();
    assert_eq!(code, Some(0), "{all}");
    server.sql(&["DROP DATABASE copy"]);
}

/// Waits until it is told that a part is copied: `35 % of`.
fn a_part(terminal: &Terminal) {
    let mut seen = 0;
    loop {
        let shown = terminal.wait_for(" % of ", &mut seen);
        let percent = shown.trim_end_matches(" % of ").rsplit(' ').next();
        if percent.and_then(|it| it.parse().ok()).is_some_and(|it: u32| (1..100).contains(&it)) {
            break;
        }
    }
}

#[test]
fn how_much_of_a_template_is_copied_is_told() {
    let setting = server_with_template();
    let half_there = "(SELECT coalesce(sum(pg_database_size(f::oid)), 0) FROM pg_ls_dir('base') f \
         WHERE f ~ '^[0-9]+$' AND NOT EXISTS (SELECT FROM pg_database WHERE oid = f::oid)) > 40000000";
    stopped(&setting, "clone prod --as copy --via template", half_there, a_part);
    // All files have their whole length before anything is in them.
    let logged = "pg_current_wal_insert_lsn() - LOG > 20000000";
    stopped(&setting, "db create copy -p prod --template prod", logged, a_part);
    // Not everybody may look into the server's directories.
    let (directory, port) = (setting.0.socket_directory(), setting.0.port());
    let maker = format!("postgresql://maker@/postgres?host={directory}&port={port}");
    stopped(&setting, &format!("db create copy -p {maker} --template prod"), "true", |terminal| {
        terminal.wait_for("how much is done cannot be seen", &mut 0);
    });
}
