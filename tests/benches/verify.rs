//! How long `pum verify` takes, beside pg_amcheck and pg_dump in the same run:
//! `cargo bench -p pum-tests --bench verify`, or with a size of your choice, in megabytes:
//! `cargo bench -p pum-tests --bench verify -- 1000`.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use pum_core::scratch::ScratchServer;
use pum_tests::command::Home;
use pum_tests::measure::{median, milliseconds, time, wait_and_watch};
use pum_tests::{Database, installations, start_server};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");
const RUNS: usize = 3;
const MEGABYTES: usize = 200;

fn main() {
    // Cargo adds a word of its own, `--bench`.
    let megabytes = std::env::args().find_map(|text| text.parse().ok()).unwrap_or(MEGABYTES);
    let bench = Bench::new(megabytes);
    let quick = (0..RUNS).map(|_| time(|| _ = bench.pum(&["--level", "quick"]))).collect();
    println!("  pum verify --level quick: {}", milliseconds(median(quick)));
    bench.standard();
    bench.deep();
    many_tables(1000);
}

/// A database of some large tables: narrow rows, wide rows, and values that are stored apart.
const TABLES: &[&str] = &[
    "CREATE TABLE narrow AS SELECT g AS id, md5(g::text) AS name, now() + g * interval '1 s' AS at, \
     (g * 1.37)::numeric(12, 2) AS amount, g % 2 = 0 AS paid FROM generate_series(1, 3000 * {}) g",
    "ALTER TABLE narrow ADD PRIMARY KEY (id)",
    "CREATE INDEX ON narrow (name)",
    "CREATE INDEX ON narrow (at)",
    "CREATE TABLE numbers AS SELECT g AS id, g % 77 AS kind, 'some text ' || g AS note, \
     random() AS weight FROM generate_series(1, 2500 * {}) g",
    "ALTER TABLE numbers ADD PRIMARY KEY (id)",
    "CREATE INDEX ON numbers (kind)",
    "CREATE INDEX ON numbers (note)",
    "CREATE TABLE documents AS SELECT g AS id, repeat(md5(g::text), 100) AS body, \
     jsonb_build_object('a', g, 'b', md5(g::text)) AS more FROM generate_series(1, 100 * {}) g",
    "ALTER TABLE documents ADD PRIMARY KEY (id)",
    "CREATE TABLE pictures AS SELECT g AS id, string_agg(md5((g * 1000 + x)::text), '') AS picture \
     FROM generate_series(1, 20 * {}) g, generate_series(1, 150) x GROUP BY g",
    "ALTER TABLE pictures ADD PRIMARY KEY (id)",
    "VACUUM ANALYZE",
    "CHECKPOINT",
];

struct Bench {
    database: Database,
    programs: PathBuf,
    home: Home,
    _server: ScratchServer,
}

impl Bench {
    fn new(megabytes: usize) -> Self {
        let server = start_server(&[("fsync", "on"), ("full_page_writes", "on")]);
        let database = Database { settings: server.settings("postgres").unwrap() };
        for sql in TABLES {
            // A thousand of each thousand rows are about a gigabyte.
            database.execute(&sql.replace("{}", &megabytes.to_string()));
        }
        let size = database.column("SELECT pg_size_pretty(pg_database_size('postgres'))");
        println!("a database of {}, medians of {RUNS} runs in turn:", size[0]);
        let programs = installations()
            .newest_with(&["pg_amcheck", "pg_dump"], |major| major == server.major())
            .map(|found| found.directory().to_owned())
            .unwrap();
        Self { database, programs, home: Home::new(), _server: server }
    }

    /// The peak of its memory, in kB.
    fn pum(&self, options: &[&str]) -> u64 {
        let conninfo = self.database.conninfo();
        let line = [&["verify", conninfo.as_str()], options].concat();
        let (output, peak) = wait_and_watch(self.home.command(PUM, &line).spawn().unwrap());
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{text}");
        peak
    }

    fn pg_amcheck(&self, options: &[&str]) {
        let mut command = Command::new(self.programs.join("pg_amcheck"));
        let get = |keyword| self.database.settings.get(keyword).unwrap();
        command.args(["-j2", "-h", get("host"), "-p", get("port"), "-U", get("user")]);
        // Unlike other programs, it takes a connection string for a pattern.
        command.args(options).arg(get("dbname"));
        run(&mut command);
    }

    fn pg_dump(&self) {
        let mut command = Command::new(self.programs.join("pg_dump"));
        run(command.args(["-d", &self.database.conninfo()]));
    }

    fn standard(&self) {
        let [mut by_pum, mut by_amcheck, mut by_dump] = [const { Vec::new() }; 3];
        let mut peak = 0;
        self.database.execute("CREATE EXTENSION amcheck");
        for _ in 0..RUNS {
            by_amcheck.push(time(|| self.pg_amcheck(&[])));
            by_dump.push(time(|| self.pg_dump()));
            by_pum.push(time(|| peak = self.pum(&["-j2"]).max(peak)));
        }
        self.database.execute("DROP EXTENSION amcheck");
        let lent = (0..RUNS).map(|_| time(|| _ = self.pum(&["-j2"]))).collect();
        let [pum, amcheck, dump] = [by_pum, by_amcheck, by_dump].map(median);
        println!("  pum verify -j2: {}, peak {} MB", milliseconds(pum), peak.div_ceil(1024));
        println!("  pum verify -j2, amcheck not installed: {}", milliseconds(median(lent)));
        println!("  pg_amcheck -j2: {}", milliseconds(amcheck));
        println!("  pg_dump > /dev/null: {}", milliseconds(dump));
        ratio("pum/(pg_amcheck + pg_dump)", pum, amcheck + dump);
    }

    fn deep(&self) {
        self.database.execute("CREATE EXTENSION amcheck");
        let pum = time(|| _ = self.pum(&["-j2", "--level", "deep"]));
        let amcheck = time(|| self.pg_amcheck(&["--heapallindexed", "--parent-check"]));
        self.database.execute("DROP EXTENSION amcheck");
        println!("  pum verify -j2 --level deep: {}", milliseconds(pum));
        println!("  pg_amcheck -j2 --heapallindexed --parent-check: {}", milliseconds(amcheck));
        ratio("pum/pg_amcheck, which hashes nothing", pum, amcheck);
    }
}

/// Many tables with little in each.
fn many_tables(count: usize) {
    let bench = Bench::new(1);
    for table in 0..count {
        bench
            .database
            .execute(&format!("CREATE TABLE t{table} (id serial PRIMARY KEY, note text)"));
    }
    println!("the same with {count} small tables:");
    bench.standard();
}

fn ratio(what: &str, one: Duration, other: Duration) {
    println!("  ratio {what}: {:.2}", one.as_secs_f64() / other.as_secs_f64());
}

fn run(command: &mut Command) {
    let output = command.stdout(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
