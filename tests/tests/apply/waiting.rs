//! What is seen while a statement runs or waits, at a terminal and elsewhere.

use pum_tests::command::Home;
use pum_tests::terminal::Terminal;
use pum_tests::{Database, database};

use super::PUM;

const LINE: &str = "upgrade -p shop -t public.upgrades -d deltas";

/// A database with a table `app.customer`, and a home with a delta for it.
fn shop(sql: &str) -> (Home, Database) {
    let (home, shop) = (Home::new(), database());
    home.service("shop", &shop);
    home.file("deltas/delta_1.1.0_customer.sql", sql);
    shop.execute("CREATE SCHEMA app; CREATE TABLE app.customer (id int)");
    let line = "baseline -p shop -t public.upgrades -d deltas -b 1.0.0";
    home.run(PUM, &line.split(' ').collect::<Vec<_>>()).expect(0);
    (home, shop)
}

/// Who holds a lock on the table, and the number of its process.
fn holder(shop: &Database) -> (pum_core::connect::Session, i32) {
    let mut holder = shop.session();
    let sql = "SET application_name = 'psql'; BEGIN; LOCK TABLE app.customer";
    holder.client().batch_execute(sql).unwrap();
    let pid = holder.client().query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    (holder, pid)
}

const ALTER: &str = "CREATE TABLE app.first ();\n\nALTER TABLE app.customer ADD note text;\n";

#[test]
fn a_wait_for_a_lock_names_who_holds_it_and_what_would_end_that() {
    let (home, shop) = shop(ALTER);
    let (_holder, pid) = holder(&shop);
    let terminal = Terminal::start(&home, PUM, LINE, 120);
    let mut seen = 0;
    terminal.wait_for(" for app.customer: held by ", &mut seen);
    let said = format!("{pid} (psql, user postgres, idle in transaction for ");
    terminal.wait_for(&said, &mut seen);
    let end = format!("SELECT pg_terminate_backend({pid})");
    terminal.wait_for(&format!("to end that session: {end}"), &mut seen);
    // The line moves on.
    for seconds in [3, 4] {
        terminal
            .wait_for(&format!("waiting {seconds} s for app.customer: held by {pid}"), &mut seen);
    }
    shop.execute(&end);
    let (code, all) = terminal.end();
    assert_eq!(code, Some(0), "{all}");
    assert_eq!(all.matches("to end that session").count(), 1, "{all}");
    assert!(all.contains("2/2 delta_1.1.0_customer.sql:3 ALTER TABLE app.customer ADD"), "{all}");
}

#[test]
fn ctrl_c_while_it_waits_says_what_was_undone() {
    let (home, shop) = shop(ALTER);
    let (_holder, pid) = holder(&shop);
    let mut terminal = Terminal::start(&home, PUM, LINE, 120);
    terminal.wait_for(&format!("held by {pid}"), &mut 0);
    terminal.interrupt();
    let (code, all) = terminal.end();
    assert_eq!(code, Some(130), "{all}");
    assert!(all.contains("error: interrupted: the current script was rolled back; "), "{all}");
    assert_eq!(shop.column("SELECT to_regclass('app.first')"), ["(null)"]);
}

/// A log has a line at once, and not one a second.
#[test]
fn a_log_has_the_wait_too() {
    let (home, shop) = shop(ALTER);
    let (holder, pid) = holder(&shop);
    let arguments: Vec<&str> = LINE.split(' ').collect();
    let child = home.command(PUM, &arguments).spawn().unwrap();
    let waits =
        format!("SELECT count(*) FROM pg_stat_activity WHERE {pid} = ANY (pg_blocking_pids(pid))");
    while shop.column(&waits) == ["0"] {
        std::thread::yield_now();
    }
    std::thread::sleep(std::time::Duration::from_millis(3500));
    drop(holder);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("waiting ").count(), 1, "{said}");
    let told =
        format!(" for app.customer: held by {pid} (psql, user postgres, idle in transaction");
    assert!(said.contains(&told), "{said}");
}

#[test]
fn an_index_build_shows_how_far_it_is() {
    let (home, shop) = shop("SELECT 1;\nCREATE INDEX ON app.customer (app.slow(id));\n");
    shop.execute(
        "CREATE FUNCTION app.slow(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_sleep(0.002); RETURN i; END $$; \
         INSERT INTO app.customer SELECT generate_series(1, 2500)",
    );
    let terminal = Terminal::start(&home, PUM, LINE, 120);
    let shown = terminal.wait_for(" %", &mut 0);
    assert!(shown.contains("building index: scanning table, "), "{shown}");
    let (code, all) = terminal.end();
    assert_eq!(code, Some(0), "{all}");
}
