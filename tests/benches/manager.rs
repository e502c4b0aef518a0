//! How long a whole run of the Manager takes, beside the bare commands that it consists of, on the
//! same database in the same run: `cargo bench -p pum-tests --bench manager`, or with as many
//! megabytes as you like: `cargo bench -p pum-tests --bench manager -- 1000`. Where the variable
//! `PUM_PYTHON` names the Python program (0.10.0), that one is timed too.
//!
//! The Manager's own time on a small database is what a run takes without the dump, the restore and
//! the statements of the deltas: the same are run by themselves, and taken off.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use pum_core::scratch::ScratchServer;
use pum_tests::command::Home;
use pum_tests::measure::{Cost, Times, time};
use pum_tests::{Database, installations, start_server};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");
const RUNS: usize = 3;
const MEGABYTES: usize = 200;
const SMALL: usize = 2;

/// What is done to the tables, and to those of the reference.
const DELTA: &str = "ALTER TABLE t1 ADD COLUMN note text;
UPDATE t1 SET note = 'x' WHERE id <= 1000;
CREATE INDEX t2_name ON t2 (name);
ALTER TABLE t3 ADD CONSTRAINT positive CHECK (amount >= 0);
";

fn main() {
    // Cargo adds a word of its own, `--bench`.
    let megabytes = std::env::args().find_map(|text| text.parse().ok()).unwrap_or(MEGABYTES);
    let bench = Bench::new(megabytes);
    let size = "SELECT pg_size_pretty(pg_database_size(current_database()))";
    println!(
        "a database of {}, {RUNS} runs in turn, medians and bests:",
        bench.model.column(size)[0]
    );
    bench.compare();
    drop(bench);
    Bench::new(SMALL).own_time();
}

/// What does the work, and its name.
type Way<'a> = (&'static str, Box<dyn Fn() + 'a>);

struct Bench {
    server: ScratchServer,
    home: Home,
    programs: PathBuf,
    /// What production is made from.
    model: Database,
}

impl Bench {
    fn new(megabytes: usize) -> Self {
        let programs = installations()
            .newest_with(&["pg_dump", "pg_restore", "psql"], |_| true)
            .unwrap()
            .directory()
            .to_owned();
        let server = start_server(&[("shared_buffers", "256MB"), ("max_wal_size", "4GB")]);
        let database = |name| Database { settings: server.settings(name).unwrap() };
        database("postgres").execute("CREATE DATABASE model TEMPLATE template0");
        let (model, home) = (database("model"), Home::new());
        for name in ["prod", "test", "ref"] {
            home.service(name, &database(name));
        }
        // About 155 bytes a row with its indexes.
        let rows = megabytes * 1_000_000 / 4 / 155;
        let table = |n: usize| {
            format!(
                "CREATE TABLE t{n} (id bigint, owner_id int, name text, amount numeric(12,2), \
                 at timestamptz);"
            )
        };
        let keys = |n| {
            format!("ALTER TABLE t{n} ADD PRIMARY KEY (id); CREATE INDEX ON t{n} (owner_id, at);")
        };
        let mut build = String::new();
        for n in 1..=4 {
            model.execute(&format!(
                "{} INSERT INTO t{n} SELECT i, i % 1000, 'the name of row ' || i, \
                 (i * 7 % 100000) / 100.0, timestamptz '2020-01-01' + i * interval '1 minute' \
                 FROM generate_series(1, {rows}) i; {}",
                table(n),
                keys(n)
            ));
            build += &format!("{}\n{}\n", table(n), keys(n));
        }
        home.file("build.sql", &(build + DELTA));
        home.file("deltas/delta_1.1.0.sql", DELTA);
        home.service("model", &model);
        let baseline = "baseline -p model -t public.upgrades -d deltas -b 1.0.0";
        home.run(PUM, &baseline.split(' ').collect::<Vec<_>>()).expect(0);
        model.execute("VACUUM ANALYZE");
        Self { server, home, programs, model }
    }

    fn postgres(&self) -> Database {
        Database { settings: self.server.settings("postgres").unwrap() }
    }

    /// Production as it was, and nothing else.
    fn reset(&self) {
        for name in ["prod", "test", "ref"] {
            self.postgres().execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
        self.postgres().execute("CREATE DATABASE prod TEMPLATE model");
        let _ = std::fs::remove_file(self.home.path().join("prod.dump"));
        self.postgres().execute("CHECKPOINT");
    }

    fn compare(&self) {
        let common = "test-and-upgrade -pp prod -t public.upgrades -d deltas -f prod.dump";
        let mut ways: Vec<Way> = vec![
            (
                "pum, on the same server",
                Box::new(|| {
                    self.shell("createdb ref && psql -X -q -1 -d ref -f build.sql");
                    self.pum(&format!("{common} -pt test -pc ref --yes"));
                }),
            ),
            (
                "pum, on a scratch server",
                Box::new(|| self.pum(&format!("{common} --reference-sql build.sql --yes"))),
            ),
            ("the bare commands", Box::new(|| self.shell(BARE))),
        ];
        if let Some(python) = std::env::var_os("PUM_PYTHON") {
            ways.push((
                "the Python program",
                Box::new(move || {
                    // It compares its own table too.
                    self.shell(
                        "createdb test; createdb ref; psql -X -q -1 -d ref -f build.sql; \
                         pg_dump -s -t public.upgrades prod | psql -X -q -d ref > /dev/null",
                    );
                    let mut command = self
                        .command(python.to_str().unwrap(), &format!("{common} -pt test -pc ref"));
                    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
                    child.stdin.take().unwrap().write_all(b"y\ny\n").unwrap();
                    finish(&child.wait_with_output().unwrap());
                }),
            ));
        }
        let mut times: Vec<Vec<Duration>> = ways.iter().map(|_| Vec::new()).collect();
        for round in 0..RUNS {
            for at in 0..ways.len() {
                let at = (at + round) % ways.len();
                self.reset();
                times[at].push(time(|| ways[at].1()));
                let prod = Database { settings: self.server.settings("prod").unwrap() };
                let there = prod.column("SELECT count(*) FROM t1 WHERE note = 'x'");
                assert_eq!(there, ["1000"], "{}", ways[at].0);
            }
        }
        let times: Vec<Times> = times.into_iter().map(Times::of).collect();
        for (way, times) in ways.iter().zip(&times) {
            println!("  {}: {times}", way.0);
        }
        for (at, (name, _)) in ways.iter().enumerate().filter(|(at, _)| *at != 2) {
            let ratio = times[at].ratio(times[2]);
            println!("  ratio {name}, beside the bare commands: {ratio}");
        }
    }

    /// What a run takes beside what it is made of.
    fn own_time(&self) {
        const ROUNDS: usize = 7;
        let common = "test-and-upgrade -pp prod -t public.upgrades -d deltas -f prod.dump --yes";
        let psql = "psql -X -q -1 -v ON_ERROR_STOP=1 -f";
        let named = format!("{common} -pt test -pc ref");
        let scratch = format!("{common} --reference-sql build.sql");
        let delta = |database: &str| format!("{psql} deltas/delta_1.1.0.sql -d {database}");
        let parts = [
            "pg_dump -Fc -d prod -f prod.dump".to_owned(),
            "createdb test; pg_restore -1 -e -d test prod.dump".to_owned(),
            delta("test"),
            delta("prod"),
            format!("createdb ref; {psql} build.sql -d ref"),
        ];
        let data = self.server.directory().join("data");
        let (mut runs, mut costs) =
            ([Vec::new(), Vec::new()], parts.each_ref().map(|_| Vec::new()));
        for _ in 0..ROUNDS {
            self.reset();
            self.shell(&parts[4]);
            runs[0].push(Cost::of(&data, || self.pum(&named)));
            self.reset();
            runs[1].push(Cost::of(&data, || self.pum(&scratch)));
            self.reset();
            for (part, costs) in parts.iter().zip(&mut costs) {
                costs.push(Cost::of(&data, || self.shell(part)));
            }
        }
        let costs = costs.map(|costs| Cost::median(&costs));
        let [dump, restore, on_test, on_prod, reference] = costs;
        println!("a small database, {ROUNDS} runs in turn, medians:");
        println!("  pg_dump {dump}; createdb and pg_restore {restore}");
        println!(
            "  the deltas by psql: on test {on_test}, on prod {on_prod}; the reference {reference}"
        );
        let parts = dump + restore + on_test + on_prod;
        let [named, scratch] = runs.map(|runs| Cost::median(&runs));
        println!("  pum, on the same server: {named}; its own: {}", named - parts);
        println!(
            "  pum, on a scratch server: {scratch}; its own, the server included: {}",
            scratch - parts - reference
        );
    }

    fn pum(&self, line: &str) {
        finish(&self.command(PUM, line).output().unwrap());
    }

    fn command(&self, program: &str, line: &str) -> Command {
        let mut command = self.home.command(program, &line.split(' ').collect::<Vec<_>>());
        let path = format!("{}:/usr/bin:/bin", self.programs.display());
        command.env("PATH", path).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn shell(&self, script: &str) {
        let settings = &self.model.settings;
        let mut command = self.home.command("bash", &["-ec", script]);
        command
            .env("PATH", format!("{}:/usr/bin:/bin", self.programs.display()))
            .env("PGHOST", settings.get("host").unwrap())
            .env("PGUSER", settings.user());
        finish(&command.output().unwrap());
    }
}

/// What somebody without pum types.
const BARE: &str = "\
    pg_dump -Fc -d prod -f prod.dump
    createdb test
    pg_restore -e -d test prod.dump
    psql -X -q -1 -v ON_ERROR_STOP=1 -d test -f deltas/delta_1.1.0.sql
    createdb ref
    psql -X -q -1 -v ON_ERROR_STOP=1 -d ref -f build.sql
    pg_dump -s -T public.upgrades -d test > test.sql
    pg_dump -s -d ref > ref.sql
    diff test.sql ref.sql > /dev/null || true
    psql -X -q -1 -v ON_ERROR_STOP=1 -d prod -f deltas/delta_1.1.0.sql";

fn finish(output: &std::process::Output) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
}
