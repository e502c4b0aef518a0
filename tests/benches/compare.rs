//! How long `pum check` takes for two equal schemas, beside two runs of pg_dump and a diff:
//! `cargo bench -p pum-tests --bench compare`, or with numbers of tables of your choice:
//! `cargo bench -p pum-tests --bench compare -- 100 1000`. Where the variable `PUM_MIGRA` names migra
//! (3.0), that one is timed too, on up to a thousand tables.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use pum_core::scratch::ScratchServer;
use pum_tests::command::Home;
use pum_tests::measure::{median, milliseconds, time, wait_and_watch};
use pum_tests::proxy::DelayingProxy;
use pum_tests::schema::schema_of;
use pum_tests::{Database, installations, psql, start_server};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");
const SIZES: [u32; 3] = [100, 1_000, 10_000];
const ONE_WAY: Duration = Duration::from_millis(25);

fn main() {
    // Cargo adds a word of its own, `--bench`.
    let given: Vec<u32> = std::env::args().filter_map(|text| text.parse().ok()).collect();
    let sizes = if given.is_empty() { &SIZES[..] } else { &given };
    let times: Vec<_> = sizes.iter().map(|&tables| (tables, beside_pg_dump(tables))).collect();
    println!("time for each table:");
    for (tables, (pum, pg_dump)) in times {
        let each = |time: Duration| time.as_secs_f64() * 1000.0 / f64::from(tables);
        println!("  of {tables}: pum {:.3} ms, pg_dump {:.3} ms", each(pum), each(pg_dump));
    }
    over_a_network(100);
}

/// Prints and returns the times of `pum check` and of pg_dump, which take turns.
fn beside_pg_dump(tables: u32) -> (Duration, Duration) {
    let pair = Pair::new(tables);
    let sides = [pair.left.conninfo(), pair.right.conninfo()];
    let dump = DumpAndDiff::new(pair.server.major());
    let (mut by_pum, mut by_pg_dump, mut peak) = (Vec::new(), Vec::new(), 0);
    for _ in 0..runs(tables) {
        by_pum.push(time(|| peak = check(&sides, 0).max(peak)));
        by_pg_dump.push(time(|| dump.run(&sides)));
    }
    let (pum, pg_dump) = (median(by_pum), median(by_pg_dump));
    println!("  pum check: {}, peak {} MB", milliseconds(pum), peak.div_ceil(1024));
    println!("  pg_dump of both at once, and diff: {}", milliseconds(pg_dump));
    println!("  ratio pum/pg_dump: {:.2}", pum.as_secs_f64() / pg_dump.as_secs_f64());
    if let Some(migra) = std::env::var_os("PUM_MIGRA").filter(|_| tables <= 1_000) {
        let by_migra = median((0..runs(tables)).map(|_| time(|| pair.migra(&migra))).collect());
        println!("  migra: {}", milliseconds(by_migra));
        println!("  ratio pum/migra: {:.3}", pum.as_secs_f64() / by_migra.as_secs_f64());
    }
    pair.right.execute("ALTER TABLE s0.table_0 ADD COLUMN added integer");
    let (mut changed, mut peak) = (Vec::new(), 0);
    for _ in 0..runs(tables) {
        changed.push(time(|| peak = check(&sides, 1).max(peak)));
    }
    let changed = milliseconds(median(changed));
    println!("  pum check, one table changed: {changed}, peak {} MB", peak.div_ceil(1024));
    pair.right.execute("ALTER TABLE s0.table_0 DROP COLUMN added");
    for count in [1, tables.min(500)] {
        pair.respell(count);
        let (mut respelled, mut peak) = (Vec::new(), 0);
        for _ in 0..runs(tables) {
            respelled.push(time(|| peak = check(&sides, 0).max(peak)));
        }
        let respelled = milliseconds(median(respelled));
        let peak = peak.div_ceil(1024);
        println!("  pum check, {count} definitions respelled: {respelled}, peak {peak} MB");
    }
    pair.snapshot(&dump);
    (pum, pg_dump)
}

/// The same with a server that is far away, and how often each side waits for it.
fn over_a_network(tables: u32) {
    let pair = Pair::new(tables);
    let dump = DumpAndDiff::new(pair.server.major());
    pair.far_away("pum check", |sides| _ = check(sides, 0));
    pair.far_away("pg_dump", |sides| dump.run(sides));
}

/// How often to measure: what takes long varies less.
fn runs(tables: u32) -> usize {
    match tables {
        0..=100 => 7,
        101..=1_000 => 5,
        _ => 3,
    }
}

/// Compares both sides with pum; the most memory in kB that it had.
fn check([left, right]: &[String; 2], expected: i32) -> u64 {
    let home = Home::new();
    let child = home.command(PUM, &["check", left, right]).spawn().unwrap();
    let (output, peak) = wait_and_watch(child);
    let text = [output.stdout, output.stderr].concat();
    assert_eq!(output.status.code(), Some(expected), "{}", String::from_utf8_lossy(&text));
    peak
}

/// What one would do without pum.
struct DumpAndDiff {
    program: PathBuf,
    directory: tempfile::TempDir,
}

impl DumpAndDiff {
    fn new(major: u32) -> Self {
        let program = installations()
            .newest_with(&["pg_dump"], |found| found == major)
            .and_then(|found| found.program("pg_dump"))
            .unwrap();
        Self { program, directory: tempfile::tempdir().unwrap() }
    }

    fn dump_one(&self, conninfo: &str) {
        let mut command = Command::new(&self.program);
        let file = self.directory.path().join("one.sql");
        command.args(["--schema-only", "--dbname", conninfo, "--file"]).arg(file);
        assert!(command.status().unwrap().success());
    }

    fn run(&self, [left, right]: &[String; 2]) {
        let files = ["a.sql", "b.sql"].map(|name| self.directory.path().join(name));
        let start = |conninfo: &str, file: &Path| {
            let mut command = Command::new(&self.program);
            command.args(["--schema-only", "--dbname", conninfo, "--file"]).arg(file);
            command.spawn().unwrap()
        };
        for mut dump in [start(left, &files[0]), start(right, &files[1])] {
            assert!(dump.wait().unwrap().success());
        }
        // A line that starts with a backslash holds a random word against injection.
        let mut diff = Command::new("diff");
        diff.args(["-I", r"^\\"]).args(&files).stdout(Stdio::null());
        assert!(diff.status().unwrap().success(), "the dumps differ");
    }
}

/// Two databases with the same schema, on a server of their own.
struct Pair {
    left: Database,
    right: Database,
    server: ScratchServer,
}

impl Pair {
    fn new(tables: u32) -> Self {
        // pg_dump locks all tables at once.
        let server = start_server(&[("max_locks_per_transaction", "1024")]);
        let database = |name| Database { settings: server.settings(name).unwrap() };
        let (left, right, other) = (database("a"), database("b"), database("postgres"));
        let home = Home::new();
        let file = home.file("schema.sql", &schema_of(tables as usize));
        let loading = time(|| {
            other.execute("CREATE DATABASE a TEMPLATE template0");
            psql(&left, &["-f", file.to_str().unwrap()]);
        });
        let copying = time(|| other.execute("CREATE DATABASE b TEMPLATE a"));
        let (loading, copying) = (loading.as_secs_f64(), copying.as_secs_f64());
        println!("{tables} tables, loaded in {loading:.1} s, copied in {copying:.1} s:");
        Self { left, right, server }
    }

    /// Gives both the same check of some tables, the right one as it is printed after a restore.
    fn respell(&self, tables: u32) {
        let listed = "(note)::text = ANY (ARRAY[('a'::varchar)::text, ('b'::varchar)::text])";
        for (database, check) in [(&self.left, "note IN ('a', 'b')"), (&self.right, listed)] {
            let tables = format!(
                "DO $$ DECLARE t regclass; BEGIN
                   FOR t IN SELECT c.oid FROM pg_class c WHERE relname ~ '^table_[0-9]+$'
                            ORDER BY length(relname), relname LIMIT {tables} LOOP
                     EXECUTE format('ALTER TABLE %s ADD COLUMN IF NOT EXISTS note varchar(9)', t);
                     EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS listed', t);
                     EXECUTE format('ALTER TABLE %s ADD CONSTRAINT listed CHECK (%s)', t,
                                    $c${check}$c$);
                   END LOOP; END $$"
            );
            database.execute(&tables);
        }
    }

    /// Times a snapshot beside one pg_dump.
    fn snapshot(&self, dump: &DumpAndDiff) {
        let (home, left) = (Home::new(), self.left.conninfo());
        let file = home.path().join("schema.json").display().to_string();
        let (mut by_pum, mut by_pg_dump, mut peak) = (Vec::new(), Vec::new(), 0);
        for _ in 0..3 {
            by_pum.push(time(|| {
                let child = home.command(PUM, &["snapshot", &left, "-o", &file]).spawn().unwrap();
                let (output, most) = wait_and_watch(child);
                assert!(output.status.success());
                peak = most.max(peak);
            }));
            by_pg_dump.push(time(|| dump.dump_one(&left)));
        }
        let (pum, pg_dump) = (median(by_pum), median(by_pg_dump));
        let peak = peak.div_ceil(1024);
        println!(
            "  pum snapshot: {}, peak {peak} MB; ratio to pg_dump {:.2}",
            milliseconds(pum),
            pum.as_secs_f64() / pg_dump.as_secs_f64()
        );
    }

    /// Compares them with migra, which finds nothing either.
    fn migra(&self, program: &OsStr) {
        let url = |database: &Database| {
            let get = |keyword| database.settings.get(keyword).unwrap();
            let (host, port, user, name) = (get("host"), get("port"), get("user"), get("dbname"));
            format!("postgresql:///{name}?host={host}&port={port}&user={user}")
        };
        let output = Command::new(program).args([url(&self.left), url(&self.right)]).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && output.stdout.is_empty(), "{said}");
    }

    /// Times some work on both databases, each reached through a proxy of its own.
    fn far_away(&self, what: &str, work: impl Fn(&[String; 2])) {
        let (mut times, mut counts) = (Vec::new(), String::new());
        for _ in 0..3 {
            let proxies = [&self.left, &self.right].map(proxy_of);
            let sides = proxies.each_ref().map(|(_, conninfo)| conninfo.clone());
            times.push(time(|| work(&sides)));
            counts = proxies.map(|(proxy, _)| counts_of(&proxy)).join(" and ");
        }
        let (away, time) = (milliseconds(2 * ONE_WAY), milliseconds(median(times)));
        println!("  {what}, {away} away: {time}; round trips {counts}");
    }
}

/// A way to the database that takes long, and how to go it.
fn proxy_of(database: &Database) -> (DelayingProxy, String) {
    let get = |keyword| database.settings.get(keyword).unwrap();
    let socket = Path::new(get("host")).join(format!(".s.PGSQL.{}", get("port")));
    let proxy = DelayingProxy::start(&socket, ONE_WAY);
    let (port, user, name) = (proxy.port(), get("user"), get("dbname"));
    let conninfo = format!("host=127.0.0.1 port={port} user={user} dbname={name} sslmode=disable");
    (proxy, conninfo)
}

fn counts_of(proxy: &DelayingProxy) -> String {
    let (trips, connections) = (proxy.round_trips(), proxy.connections());
    let plural = if connections == 1 { "" } else { "s" };
    format!("{trips} on {connections} connection{plural}")
}
