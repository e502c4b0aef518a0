//! How long `pum diff` takes to plan, beyond `pum check` of the same two databases:
//! `cargo bench -p pum-tests --bench diff`, or with numbers of tables of your choice:
//! `cargo bench -p pum-tests --bench diff -- 100 5000`. Where the variable `PUM_MIGRA` names migra (3.0), it
//! writes its statements for the same databases, on up to a thousand tables, or, with `--migra`, on any number.

use std::ffi::OsStr;
use std::process::Command;
use std::time::Duration;

use pum_core::scratch::ScratchServer;
use pum_tests::command::Home;
use pum_tests::measure::{median, milliseconds, time, wait_and_watch};
use pum_tests::schema::schema_of;
use pum_tests::{Database, psql, start_server};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");
const SIZES: [u32; 2] = [1_000, 5_000];

/// Each makes one difference, fifty in all; none is only another spelling.
fn differences() -> String {
    let table = |n: usize| format!("s{}.table_{n}", n / 500);
    let mut sql = String::new();
    for n in (0..250).step_by(5) {
        let table = table(n);
        sql += &match n % 25 {
            0 => format!("ALTER TABLE {table} ADD COLUMN added integer DEFAULT 1;"),
            5 => format!("CREATE INDEX added_{n} ON {table} (id);"),
            10 => format!("COMMENT ON TABLE {table} IS 'changed';"),
            15 => format!("GRANT DELETE ON {table} TO bench_reader;"),
            _ => format!("CREATE TABLE s0.new_{n} (a int PRIMARY KEY, b text NOT NULL);"),
        };
    }
    sql
}

fn main() {
    let given: Vec<u32> = std::env::args().filter_map(|text| text.parse().ok()).collect();
    let sizes = if given.is_empty() { &SIZES[..] } else { &given };
    let mut beyond = Vec::new();
    for &tables in sizes {
        let pair = Pair::new(tables);
        let (mut check, mut diff, mut peak) = (Vec::new(), Vec::new(), 0);
        for _ in 0..5 {
            check.push(time(|| _ = pair.run(&["check"])));
            diff.push(time(|| peak = pair.run(&["diff", "--no-proof", "--allow-loss"])));
        }
        let (check, diff) = (median(check), median(diff));
        println!("  pum check: {}", milliseconds(check));
        println!("  pum diff --no-proof: {}, peak {} MB", milliseconds(diff), peak.div_ceil(1024));
        beyond.push((tables, diff.saturating_sub(check)));
        let proven = median((0..3).map(|_| time(|| _ = pair.run(&["diff"]))).collect());
        println!("  pum diff, proven: {}", milliseconds(proven));
        let is_wanted = tables <= 1_000 || std::env::args().any(|text| text == "--migra");
        if let Some(migra) = std::env::var_os("PUM_MIGRA").filter(|_| is_wanted) {
            let by_migra = time(|| pair.migra(&migra));
            println!("  migra: {}", milliseconds(by_migra));
            println!("  ratio pum/migra: {:.3}", diff.as_secs_f64() / by_migra.as_secs_f64());
        }
    }
    println!("planning beyond the comparison:");
    for (tables, beyond) in beyond {
        println!("  of {tables} tables: {}", milliseconds(beyond));
        if tables <= 5_000 {
            assert!(beyond <= Duration::from_secs(1), "more than a second");
        }
    }
}

/// Two databases with fifty differences, on a server of their own.
struct Pair {
    left: Database,
    right: Database,
    _server: ScratchServer,
}

impl Pair {
    fn new(tables: u32) -> Self {
        let server = start_server(&[("max_locks_per_transaction", "1024")]);
        let database = |name| Database { settings: server.settings(name).unwrap() };
        let (left, right, other) = (database("a"), database("b"), database("postgres"));
        let home = Home::new();
        let file = home.file("schema.sql", &schema_of(tables as usize));
        other.execute("CREATE DATABASE a TEMPLATE template0");
        psql(&left, &["-f", file.to_str().unwrap()]);
        other.execute("CREATE DATABASE b TEMPLATE a");
        right.execute(&differences());
        println!("{tables} tables:");
        Self { left, right, _server: server }
    }

    /// Runs a command of pum on both; the most memory in kB that it had.
    fn run(&self, words: &[&str]) -> u64 {
        let home = Home::new();
        let sides = [self.left.conninfo(), self.right.conninfo()];
        let arguments: Vec<&str> = words[..1]
            .iter()
            .copied()
            .chain(sides.iter().map(|side| &**side))
            .chain(words[1..].iter().copied())
            .collect();
        let child = home.command(PUM, &arguments).spawn().unwrap();
        let (output, peak) = wait_and_watch(child);
        let text = [output.stdout, output.stderr].concat();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&text));
        peak
    }

    fn migra(&self, program: &OsStr) {
        let url = |database: &Database| {
            let get = |keyword| database.settings.get(keyword).unwrap();
            let (host, port, user, name) = (get("host"), get("port"), get("user"), get("dbname"));
            format!("postgresql:///{name}?host={host}&port={port}&user={user}")
        };
        let output = Command::new(program)
            .args(["--unsafe".to_owned(), url(&self.left), url(&self.right)])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && !output.stdout.is_empty(), "{said}");
    }
}
