//! How long `pum upgrade` takes, beside psql on the same files in the same run:
//! `cargo bench -p pum-tests --bench upgrade`, or with a number of deltas of your choice:
//! `cargo bench -p pum-tests --bench upgrade -- 100`. Where the programs in `others/` were built
//! (`cargo build --release` there), they are timed too.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use pum_core::scratch::ScratchServer;
use pum_tests::command::Home;
use pum_tests::measure::{median, milliseconds, time, wait_and_watch};
use pum_tests::{Database, installations, repository, start_server};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");
const RUNS: usize = 5;
const DELTAS: usize = 500;
const APPLIED: usize = 5_000;
const COPY_BYTES: usize = 200 << 20;

fn main() {
    // Cargo adds a word of its own, `--bench`.
    let count = std::env::args().find_map(|text| text.parse().ok()).unwrap_or(DELTAS);
    small_deltas(count);
    nothing_to_do(APPLIED);
    much_data(COPY_BYTES);
}

/// What does the work on a database, and its name.
type Way<'a> = (&'a str, Box<dyn Fn(&Database) + 'a>);

/// Many deltas with little in each.
fn small_deltas(count: usize) {
    let bench = Bench::new();
    let files = Files::new(count);
    let (bench, files) = (&bench, &files);
    let mut ways: Vec<Way> = vec![
        ("pum upgrade", Box::new(|database| bench.pum(database, files, &[]))),
        ("psql -f a -f b ...", Box::new(|database| bench.psql(database, &files.each()))),
        (
            "pum upgrade --single-transaction",
            Box::new(|database| bench.pum(database, files, &["--single-transaction"])),
        ),
        ("psql -1 -f all", Box::new(|database| bench.psql(database, &files.all_in_one()))),
    ];
    ways.extend(others().into_iter().map(|(name, program)| -> Way {
        (name, Box::new(move |database| run_other(&program, database, files)))
    }));
    let mut times: Vec<Vec<Duration>> = ways.iter().map(|_| Vec::new()).collect();
    for round in 0..RUNS {
        for at in 0..ways.len() {
            // Who comes first changes, as does who follows whom least.
            let at = (at + round) % ways.len();
            let database = bench.database();
            bench.baseline(&database, files);
            times[at].push(time(|| ways[at].1(&database)));
            let tables = database.column("SELECT count(*) FROM pg_tables WHERE schemaname = 's'");
            assert_eq!(tables, [count.to_string()], "{}", ways[at].0);
            bench.drop(&database);
        }
    }
    println!("{count} deltas of three statements, medians of {RUNS} runs in turn:");
    let medians: Vec<Duration> = times.into_iter().map(median).collect();
    for (way, time) in ways.iter().zip(&medians) {
        println!("  {}: {}", way.0, milliseconds(*time));
    }
    let [each, by_file, single, psql, ref others @ ..] = medians[..] else { unreachable!() };
    let ratio = |what: &str, one: Duration, other: Duration| {
        println!("  {what}: {:.2}", one.as_secs_f64() / other.as_secs_f64());
    };
    ratio("ratio pum/psql, a transaction for each in pum", each, by_file);
    ratio("ratio pum/psql -1, one transaction", single, psql);
    for ((name, _), time) in ways[4..].iter().zip(others) {
        ratio(&format!("ratio pum/{name}, a transaction for each in both"), each, *time);
    }
}

/// The programs of `others/` that were built.
fn others() -> Vec<(&'static str, PathBuf)> {
    let directory = repository().join("others/target/release");
    [("refinery", "by-refinery"), ("sqlx", "by-sqlx"), ("diesel", "by-diesel")]
        .into_iter()
        .map(|(name, program)| (name, directory.join(program)))
        .filter(|(_, program)| program.exists())
        .collect()
}

fn run_other(program: &Path, database: &Database, files: &Files) {
    run(Command::new(program).arg(database.conninfo()).arg(files.directory.path()));
}

/// Many deltas, all of them applied.
fn nothing_to_do(count: usize) {
    let bench = Bench::new();
    let files = Files::new_of(count, |n| format!("SELECT {n};\n"));
    let database = bench.database();
    bench.baseline(&database, &files);
    let all = time(|| bench.pum(&database, &files, &["--single-transaction"]));
    println!("{count} deltas of one SELECT, in one transaction: {}", milliseconds(all));
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..4 * RUNS {
        times[0].push(time(|| bench.pum(&database, &files, &[])));
        times[1].push(time(|| {
            let mut command = bench.psql_command(&database);
            run(command.args(["-c", "SELECT * FROM public.upgrades"]));
        }));
    }
    let [pum, psql] = times.map(median).map(milliseconds);
    println!("{count} deltas, all applied: pum upgrade: {pum}; psql, to read the table: {psql}");
}

/// One delta with much data.
fn much_data(bytes: usize) {
    let bench = Bench::new();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("delta_1.0.0.sql");
    write_copy(&file, bytes);
    let files = Files { directory, count: 1 };
    let (mut by_pum, mut by_psql, mut peaks) = (Vec::new(), Vec::new(), [0, 0]);
    for _ in 0..3 {
        let database = bench.database();
        bench.baseline(&database, &files);
        by_pum.push(time(|| {
            let child = bench.pum_command(&database, &files, &[]).spawn().unwrap();
            let (output, peak) = wait_and_watch(child);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            peaks[0] = peak.max(peaks[0]);
        }));
        bench.drop(&database);
        let database = bench.database();
        by_psql.push(time(|| {
            let mut command = bench.psql_command(&database);
            let (output, peak) =
                wait_and_watch(command.arg("-1").arg("-f").arg(&file).spawn().unwrap());
            assert!(output.status.success());
            peaks[1] = peak.max(peaks[1]);
        }));
        bench.drop(&database);
    }
    let (pum, psql) = (median(by_pum), median(by_psql));
    println!("a delta with {} MB of COPY data:", bytes >> 20);
    println!("  pum upgrade: {}, peak {} MB", milliseconds(pum), peaks[0].div_ceil(1024));
    println!("  psql -1 -f: {}, peak {} MB", milliseconds(psql), peaks[1].div_ceil(1024));
    println!("  ratio pum/psql: {:.2}", pum.as_secs_f64() / psql.as_secs_f64());
}

/// A file that makes a table and fills it.
fn write_copy(path: &Path, bytes: usize) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    file.write_all(b"CREATE TABLE t (id bigint, name text);\nCOPY t FROM stdin;\n").unwrap();
    let (mut written, mut row) = (0, 0);
    while written < bytes {
        let line = format!("{row}\tthe name of row {row}, which is as long as names are\n");
        file.write_all(line.as_bytes()).unwrap();
        written += line.len();
        row += 1;
    }
    file.write_all(b"\\.\n").unwrap();
    file.into_inner().unwrap();
}

/// Deltas, and all of them in one file.
struct Files {
    directory: tempfile::TempDir,
    count: usize,
}

impl Files {
    fn new(count: usize) -> Self {
        Self::new_of(count, |n| {
            format!(
                "CREATE TABLE s.table_{n} (id integer PRIMARY KEY, name text NOT NULL);\n\
                 INSERT INTO s.table_{n} (id, name) VALUES (1, 'one'), (2, 'two');\n\
                 COMMENT ON TABLE s.table_{n} IS 'of delta {n}';\n"
            )
        })
    }

    fn new_of(count: usize, sql: impl Fn(usize) -> String) -> Self {
        let files = Self { directory: tempfile::tempdir().unwrap(), count };
        let mut all = String::new();
        for n in 0..count {
            let sql = sql(n);
            fs::write(files.path(n), &sql).unwrap();
            all.push_str(&sql);
        }
        fs::write(files.all(), all).unwrap();
        files
    }

    fn path(&self, n: usize) -> PathBuf {
        self.directory.path().join(format!("delta_1.{n}.0.sql"))
    }

    /// The same in one file, which is no delta by its name.
    fn all(&self) -> PathBuf {
        self.directory.path().join("all.txt")
    }

    fn each(&self) -> Vec<String> {
        let path = |n| self.path(n).to_str().unwrap().to_owned();
        (0..self.count).flat_map(|n| ["-f".to_owned(), path(n)]).collect()
    }

    fn all_in_one(&self) -> Vec<String> {
        ["-1", "-f", self.all().to_str().unwrap()].map(str::to_owned).to_vec()
    }
}

/// A server, and programs to run against it.
struct Bench {
    server: ScratchServer,
    home: Home,
    psql: PathBuf,
    next: std::cell::Cell<u32>,
}

impl Bench {
    fn new() -> Self {
        // A transaction that makes many tables locks them all.
        let server = start_server(&[("max_locks_per_transaction", "1024")]);
        let psql = installations()
            .newest_with(&["psql"], |_| true)
            .and_then(|found| found.program("psql"))
            .unwrap();
        Self { server, home: Home::new(), psql, next: 1.into() }
    }

    /// An empty database with a schema.
    fn database(&self) -> Database {
        let name = format!("bench_{}", self.next.replace(self.next.get() + 1));
        self.postgres().execute(&format!("CREATE DATABASE {name} TEMPLATE template0"));
        let database = Database { settings: self.server.settings(&name).unwrap() };
        database.execute("CREATE SCHEMA s");
        database
    }

    /// Away with it, and with what the server would still write of it.
    fn drop(&self, database: &Database) {
        let name = database.settings.get("dbname").unwrap();
        self.postgres().execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
        self.postgres().execute("CHECKPOINT");
    }

    fn postgres(&self) -> Database {
        Database { settings: self.server.settings("postgres").unwrap() }
    }

    fn baseline(&self, database: &Database, files: &Files) {
        let directory = files.directory.path().to_str().unwrap();
        let conninfo = database.conninfo();
        let target = ["baseline", "-p", &conninfo, "-t", "public.upgrades", "-d", directory];
        self.home.run(PUM, &[target.as_slice(), &["-b", "0.9.0"]].concat()).expect(0);
    }

    fn pum(&self, database: &Database, files: &Files, options: &[&str]) {
        run(&mut self.pum_command(database, files, options));
    }

    fn pum_command(&self, database: &Database, files: &Files, options: &[&str]) -> Command {
        let directory = files.directory.path().to_str().unwrap();
        let conninfo = database.conninfo();
        let target = ["upgrade", "-p", &conninfo, "-t", "public.upgrades", "-d", directory];
        self.home.command(PUM, &[&target, options].concat())
    }

    fn psql(&self, database: &Database, arguments: &[String]) {
        run(self.psql_command(database).args(arguments));
    }

    fn psql_command(&self, database: &Database) -> Command {
        let mut command = Command::new(&self.psql);
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &database.conninfo()]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
