//! How long `pum dump`, `pum restore` and `pum clone` take, beside `pg_dump`, `pg_restore` and a
//! pipe between them, on the same database in the same run:
//! `cargo bench -p pum-tests --bench backup`, or with as many megabytes as you like:
//! `cargo bench -p pum-tests --bench backup -- 1000`.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use pum_core::scratch::ScratchServer;
use pum_tests::command::Home;
use pum_tests::measure::{Times, time};
use pum_tests::{Database, installations, start_server};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");
const RUNS: usize = 3;
const MEGABYTES: usize = 200;

fn main() {
    // Cargo adds a word of its own, `--bench`.
    let megabytes = std::env::args().find_map(|text| text.parse().ok()).unwrap_or(MEGABYTES);
    let bench = Bench::new(megabytes);
    let size = "SELECT pg_size_pretty(pg_database_size(current_database()))";
    println!("a database of {}, medians of {RUNS} runs in turn:", bench.source().column(size)[0]);
    bench.dump_and_restore();
    bench.clone();
}

struct Bench {
    server: ScratchServer,
    home: Home,
    programs: PathBuf,
}

/// What does the work, and its name.
type Way<'a> = (&'a str, &'a dyn Fn());

impl Bench {
    /// A server with a database of several large tables, one of them partitioned.
    fn new(megabytes: usize) -> Self {
        let programs = installations()
            .newest_with(&["pg_dump", "pg_restore", "psql"], |_| true)
            .unwrap()
            .clone();
        // A server as it comes, but for what a scratch server does without.
        let server = start_server(&[("shared_buffers", "256MB"), ("max_wal_size", "4GB")]);
        let bench = Self { server, home: Home::new(), programs: programs.directory().to_owned() };
        bench.database("postgres").execute("CREATE DATABASE prod TEMPLATE template0");
        // About 130 bytes a row with its indexes.
        let rows = megabytes * 1_000_000 / 4 / 155;
        let source = bench.source();
        for n in 1..=4 {
            source.execute(&format!(
                "CREATE TABLE t{n} (id bigint, owner_id int, name text, amount numeric(12,2), at timestamptz);
                 INSERT INTO t{n} SELECT i, i % 1000, 'the name of row ' || i || ' ' || left(md5(i::text), 12),
                     (i * 7 % 100000) / 100.0, timestamptz '2020-01-01' + i * interval '1 minute'
                     FROM generate_series(1, {rows}) i;
                 ALTER TABLE t{n} ADD PRIMARY KEY (id); CREATE INDEX ON t{n} (owner_id, at);"
            ));
        }
        source.execute("CREATE SCHEMA small");
        for n in 0..50 {
            source.execute(&format!(
                "CREATE TABLE small.s{n} AS SELECT i AS id FROM generate_series(1, 100) i"
            ));
        }
        source.execute("VACUUM ANALYZE");
        source.execute("CHECKPOINT");
        bench.home.service("prod", &source);
        bench.home.service("copy", &bench.database("copy"));
        bench
    }

    fn database(&self, name: &str) -> Database {
        Database { settings: self.server.settings(name).unwrap() }
    }

    fn source(&self) -> Database {
        self.database("prod")
    }

    /// Both ways again and again, who comes first changing; between two the copy goes.
    fn in_turn<const N: usize>(&self, ways: [Way<'_>; N], before: &dyn Fn()) -> [Times; N] {
        let mut times: [Vec<Duration>; N] = ways.map(|_| Vec::new());
        for round in 0..RUNS {
            for at in 0..N {
                let at = (at + round) % N;
                before();
                self.database("postgres").execute("CHECKPOINT");
                times[at].push(time(ways[at].1));
            }
        }
        let times = times.map(Times::of);
        for (way, times) in ways.iter().zip(times) {
            println!("  {}: {times}", way.0);
        }
        times
    }

    fn drop_copy(&self) {
        self.database("postgres").execute("DROP DATABASE IF EXISTS copy WITH (FORCE)");
    }

    fn dump_and_restore(&self) {
        let remove = || {
            let _ = std::fs::remove_dir_all(self.home.path().join("x.dir"));
        };
        let dump = self.in_turn(
            [
                ("pum dump -F directory -j2", &|| self.pum("dump -p prod -F directory -j 2 x.dir")),
                ("pg_dump -Fd -j2", &|| self.tool("pg_dump -Fd -j2 -f x.dir", "prod")),
            ],
            &remove,
        );
        ratio("dump, reading back and checksums included", dump);
        remove();
        self.pum("dump -p prod -F directory -j 2 x.dir");
        let create = || {
            self.drop_copy();
        };
        let restore = self.in_turn(
            [
                ("pum restore -j2", &|| self.pum("restore -p copy -j 2 x.dir")),
                ("pum restore -j2 --no-analyze", &|| {
                    self.pum("restore -p copy -j 2 --no-analyze x.dir");
                }),
                ("createdb, pg_restore -j2", &|| {
                    self.database("postgres").execute("CREATE DATABASE copy TEMPLATE template0");
                    self.tool("pg_restore -e -j2 x.dir", "copy");
                }),
            ],
            &create,
        );
        ratio("restore, checksums and ANALYZE included", [restore[0], restore[2]]);
        ratio("restore, checksums included", [restore[1], restore[2]]);
        ratio("both", [dump[0] + restore[0], dump[1] + restore[2]]);
        ratio("both, without ANALYZE", [dump[0] + restore[1], dump[1] + restore[2]]);
        remove();
    }

    fn clone(&self) {
        let conninfo = |name: &str| self.database(name).conninfo();
        let (from, to) = (conninfo("prod"), conninfo("copy"));
        let shell = |pipe: &str| {
            self.database("postgres").execute("CREATE DATABASE copy TEMPLATE template0");
            let mut command = Command::new("bash");
            command.args(["-c", &format!("set -o pipefail; {pipe}"), "pipe", &from, &to]);
            command.env("PATH", format!("{}:/usr/bin:/bin", self.programs.display()));
            run(command.stdout(Stdio::null()));
        };
        let times = self.in_turn(
            [
                ("pum clone", &|| self.pum("clone prod --as copy")),
                ("pum clone --no-analyze", &|| self.pum("clone prod --as copy --no-analyze")),
                ("pum clone --via template", &|| self.pum("clone prod --as copy --via template")),
                ("createdb, pg_dump | psql", &|| {
                    shell("pg_dump -d \"$1\" | psql -X -q -v ON_ERROR_STOP=1 -d \"$2\"");
                }),
                ("createdb, pg_dump -Fc -Z0 | pg_restore", &|| {
                    shell("pg_dump -Fc -Z0 -d \"$1\" | pg_restore -e -d \"$2\"");
                }),
            ],
            &|| self.drop_copy(),
        );
        ratio("clone beside pg_dump | psql", [times[0], times[3]]);
        ratio("clone beside pg_dump | pg_restore", [times[0], times[4]]);
        ratio("clone --no-analyze beside pg_dump | pg_restore", [times[1], times[4]]);
        ratio("clone --via template beside pg_dump | psql", [times[2], times[3]]);
        self.drop_copy();
    }

    fn pum(&self, line: &str) {
        let arguments: Vec<&str> = line.split(' ').collect();
        run(&mut self.home.command(PUM, &arguments));
    }

    fn tool(&self, line: &str, database: &str) {
        let mut words = line.split(' ');
        let mut command = Command::new(self.programs.join(words.next().unwrap()));
        command.args(["-d", &self.database(database).conninfo()]).args(words);
        run(command.current_dir(self.home.path()));
    }
}

fn ratio(what: &str, [one, other]: [Times; 2]) {
    println!("  ratio {what}: {}", one.ratio(other));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
