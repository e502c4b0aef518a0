//! How long the clients of a busy table wait while it is changed, by the statement alone and by what
//! `pum delta new --online always` writes: `cargo bench -p pum-tests --bench online`, or with a number of rows of
//! your choice: `cargo bench -p pum-tests --bench online -- 10000000`. With `--assert` a wait of more than 50
//! milliseconds beside that without any change is a failure. With `--others` the same changes are also made by
//! the statements that pg-schema-diff and pgroll send for them (`others.rs`).

mod others;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pum_core::scratch::ScratchServer;
use pum_core::upgrade::set_baseline;
use pum_tests::command::Home;
use pum_tests::measure::milliseconds;
use pum_tests::{Database, start_server};

use others::{OTHERS, Other};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");
const ROWS: u64 = 1_000_000;

/// How much longer somebody may wait than without a change.
const MOST: Duration = Duration::from_millis(50);

const TABLE: &str = "
    CREATE TABLE other (id int PRIMARY KEY);
    CREATE TABLE big (id bigint PRIMARY KEY, a int, b text, c int, touched int DEFAULT 0) WITH (fillfactor = 90);
    CREATE INDEX big_b ON big (b);";

/// What is changed, and how it is said at once.
const OPERATIONS: &[(&str, &str)] = &[
    ("SET NOT NULL", "ALTER TABLE big ALTER a SET NOT NULL"),
    ("ADD CHECK", "ALTER TABLE big ADD CONSTRAINT big_a CHECK (a > 0)"),
    ("ADD FOREIGN KEY", "ALTER TABLE big ADD CONSTRAINT big_c FOREIGN KEY (c) REFERENCES other"),
    ("ADD UNIQUE", "ALTER TABLE big ADD CONSTRAINT big_id_a UNIQUE (id, a)"),
    ("CREATE INDEX", "CREATE INDEX big_a ON big (a)"),
    ("an index that becomes another", "DROP INDEX big_b; CREATE INDEX big_b ON big (b, a)"),
    ("DROP INDEX", "DROP INDEX big_b"),
    ("a computed default", "ALTER TABLE big ADD filled uuid NOT NULL DEFAULT gen_random_uuid()"),
    ("another type", "ALTER TABLE big ALTER a TYPE bigint"),
    ("another type of the key", "ALTER TABLE big ALTER id TYPE numeric"),
    ("DROP COLUMN", "ALTER TABLE big DROP COLUMN b"),
];

fn main() {
    let rows = std::env::args().find_map(|text| text.parse().ok()).unwrap_or(ROWS);
    let with_others = std::env::args().any(|text| text == "--others");
    let asserts = std::env::args().any(|text| text == "--assert");
    let server = start_server(&[("max_connections", "50"), ("max_wal_size", "8GB")]);
    let base = database(&server, "base");
    base.execute(TABLE);
    base.execute(&format!(
        "INSERT INTO other SELECT generate_series(1, 100); INSERT INTO big \
         SELECT n, n % 1000 + 1, 'text ' || n, n % 100 + 1 FROM generate_series(1, {rows}) n"
    ));
    base.execute("VACUUM ANALYZE big");
    let quiet = wait_during(&base, rows, || std::thread::sleep(Duration::from_secs(3)));
    println!("{rows} rows; without a change the longest wait is {}", milliseconds(quiet.longest));
    let others: &[Other] = if with_others { &OTHERS } else { &[] };
    let names = ["at once", "pum"].into_iter().chain(others.iter().map(|other| other.name));
    let names: Vec<String> = names.map(|name| format!("{name}: longest wait | took |")).collect();
    println!("| change | {}", names.join(" "));
    println!("|---|{}", "---|---|".repeat(names.len()));
    let mut late = Vec::new();
    for (name, sql) in OPERATIONS {
        let alone = {
            let database = copy(&server, "alone");
            wait_during(&database, rows, || database.execute(sql))
        };
        let steps = {
            let (prod, home) = prepared(&server, sql);
            wait_during(&prod, rows, || _ = home.run(PUM, &["upgrade", "-p", "prod"]).expect(0))
        };
        let mut line = format!("| {name} | {} | {} |", alone.text(), steps.text());
        for other in others {
            let database = copy(&server, "others");
            let mut ended = None;
            let seen = wait_during(&database, rows, || ended = other.run(&database, name));
            line += &match ended {
                None => " - | - |".to_owned(),
                Some(Ok(())) => format!(" {} |", seen.text()),
                Some(Err(reason)) => format!(" {} ({reason}) |", seen.text()),
            };
        }
        println!("{line}");
        if steps.longest > quiet.longest + MOST || steps.failed > 0 {
            late.push(*name);
        }
    }
    assert!(!asserts || late.is_empty(), "longer than {MOST:?}: {late:?}");
}

fn database(server: &ScratchServer, name: &str) -> Database {
    let maintenance = Database { settings: server.settings("postgres").unwrap() };
    maintenance.execute(&format!("DROP DATABASE IF EXISTS {name}"));
    maintenance.execute(&format!("CREATE DATABASE {name} TEMPLATE template0"));
    Database { settings: server.settings(name).unwrap() }
}

/// A copy of the base with its rows.
fn copy(server: &ScratchServer, name: &str) -> Database {
    let maintenance = Database { settings: server.settings("postgres").unwrap() };
    maintenance.execute(&format!("DROP DATABASE IF EXISTS {name}"));
    maintenance.execute(&format!("CREATE DATABASE {name} TEMPLATE base"));
    Database { settings: server.settings(name).unwrap() }
}

/// A copy with the delta that makes the change.
fn prepared(server: &ScratchServer, sql: &str) -> (Database, Home) {
    let (prod, wanted) = (copy(server, "prod"), database(server, "wanted"));
    wanted.execute(TABLE);
    wanted.execute(sql);
    let table = "public.upgrades".parse().unwrap();
    set_baseline(&mut prod.session(), &table, &"1.0.0".parse().unwrap()).unwrap();
    let home = Home::new();
    home.service("prod", &prod);
    home.service("wanted", &wanted);
    home.file("pum.toml", "upgrades_table = \"upgrades\"\ndelta_dirs = \"deltas\"\n");
    home.file("deltas/delta_0.9.0.sql", "SELECT 1;\n");
    let line = "delta new x -p prod --to wanted --online always --allow-loss";
    home.run(PUM, &line.split(' ').collect::<Vec<_>>()).expect(0);
    (prod, home)
}

/// What the clients saw.
struct Seen {
    longest: Duration,
    took: Duration,
    /// How many of their statements failed.
    failed: u64,
}

impl Seen {
    /// Two cells of a table.
    fn text(&self) -> String {
        let failed = match self.failed {
            0 => String::new(),
            failed => format!(", {failed} statements of clients failed"),
        };
        format!("{}{failed} | {}", milliseconds(self.longest), milliseconds(self.took))
    }
}

/// Does something while two clients read and two write.
fn wait_during(database: &Database, rows: u64, work: impl FnOnce()) -> Seen {
    let (stop, longest, failed) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let client = |seed: u64, sql: &str| {
        let mut session = database.session();
        let statement = session.client().prepare(sql).unwrap();
        let mut id = seed;
        while !stop.load(Ordering::Relaxed) {
            // Steps that meet all rows.
            id = (id + 7_919) % rows + 1;
            let begun = Instant::now();
            let done = session.client().execute(&statement, &[&i64::try_from(id).unwrap()]);
            failed.fetch_add(u64::from(done.is_err()), Ordering::Relaxed);
            let waited = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            longest.fetch_max(waited, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    let took = std::thread::scope(|scope| {
        for seed in [1, 1_000_003] {
            let client = &client;
            scope.spawn(move || client(seed, "SELECT touched FROM big WHERE id = $1"));
            scope.spawn(move || client(seed, "UPDATE big SET touched = touched + 1 WHERE id = $1"));
        }
        std::thread::sleep(Duration::from_millis(500));
        let begun = Instant::now();
        work();
        let took = begun.elapsed();
        std::thread::sleep(Duration::from_millis(200));
        stop.store(true, Ordering::Relaxed);
        took
    });
    let longest = Duration::from_micros(longest.load(Ordering::Relaxed));
    Seen { longest, took, failed: failed.load(Ordering::Relaxed) }
}
