//! The Manager on many databases of one model, beside `psql -1`, one reading of the catalogs and
//! `pg_dump` for each of them: `cargo bench -p pum-tests --bench fleet`, or with as many databases as
//! you like: `cargo bench -p pum-tests --bench fleet -- 40`.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pum_core::catalog::{self, Scope};
use pum_core::scratch::ScratchServer;
use pum_tests::command::Home;
use pum_tests::measure::{Cost, median, milliseconds};
use pum_tests::{Database, program, start_server};
use serde_json::Value;

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");
const DATABASES: usize = 200;
const TABLES: usize = 100;

const DELTAS: [&str; 5] = [
    "ALTER TABLE t1 ADD COLUMN note text;",
    "CREATE INDEX t2_name ON t2 (name);",
    "CREATE TABLE extra (id int PRIMARY KEY, what text); INSERT INTO extra VALUES (1, 'x');",
    "ALTER TABLE t3 ADD CONSTRAINT short CHECK (length(name) < 100);",
    "UPDATE t4 SET kind = 'z'; CREATE VIEW both_of AS SELECT t1.id, t2.name FROM t1 JOIN t2 USING (id);",
];

fn main() {
    // Cargo adds a word of its own, `--bench`.
    let wanted = std::env::args().find_map(|text| text.parse().ok()).unwrap_or(DATABASES);
    let fleet = Fleet::new(wanted.max(12));
    println!("{} databases of {TABLES} tables, {} small deltas:", fleet.names.len(), DELTAS.len());
    fleet.reset();
    let parts = fleet.parts();
    fleet.reset();
    let (all, times) = fleet.by_pum("");
    let further = &times[1..];
    let (early, late) = (&further[..further.len().min(10)], &further[further.len() - 10..]);
    let [each, early, late] = [further, early, late].map(|some| median(some.to_vec()));
    println!("  pum: {all}; the first with its rehearsal {}", milliseconds(times[0]));
    println!(
        "  each further one {}, the first ten of them {}, the last ten {}: ratio {:.2}",
        milliseconds(each),
        milliseconds(early),
        milliseconds(late),
        late.as_secs_f64() / early.as_secs_f64()
    );
    println!(
        "  ratio beside psql -1, one reading and pg_dump: {:.2}",
        each.as_secs_f64() / parts.clock.as_secs_f64()
    );
    let (one, _) = {
        fleet.only(1);
        fleet.reset();
        fleet.by_pum("")
    };
    let number = u32::try_from(fleet.names.len() - 1).unwrap();
    let further = (all - one) / number;
    println!(
        "  each further one, of all without the first: {further}, ratio {:.2}, of the processors \
         {:.2}",
        further.clock.as_secs_f64() / parts.clock.as_secs_f64(),
        further.processors.as_secs_f64() / parts.processors.as_secs_f64()
    );
}

struct Fleet {
    server: ScratchServer,
    home: Home,
    names: Vec<String>,
}

impl Fleet {
    fn new(databases: usize) -> Self {
        let server = start_server(&[("shared_buffers", "512MB"), ("max_wal_size", "4GB")]);
        let home = Home::new();
        let mut build = String::new();
        for n in 1..=TABLES {
            writeln!(
                build,
                "CREATE TABLE t{n} (id bigint PRIMARY KEY, owner_id int NOT NULL, name text, \
                 amount numeric(12,2) CHECK (amount >= 0), at timestamptz DEFAULT now(), \
                 kind varchar(10)); CREATE INDEX t{n}_owner ON t{n} (owner_id, at);"
            )
            .unwrap();
        }
        let names: Vec<String> = (0..databases).map(|n| format!("tenant_{n:03}")).collect();
        let fleet = Self { server, home, names };
        fleet.database("postgres").execute("CREATE DATABASE model TEMPLATE template0");
        let model = fleet.database("model");
        model.execute(&build);
        for n in 1..=TABLES {
            model.execute(&format!(
                "INSERT INTO t{n} SELECT i, i, 'name ' || i, i, now(), 'k' \
                 FROM generate_series(1, 20) i"
            ));
        }
        fleet.home.file("build.sql", &(build + &DELTAS.join("\n")));
        for (at, delta) in DELTAS.iter().enumerate() {
            fleet.home.file(&format!("deltas/delta_1.{}.0.sql", at + 1), delta);
        }
        fleet.home.service("model", &model);
        fleet.pum("baseline -p model -t public.upgrades -d deltas -b 1.0.0");
        model.execute("VACUUM ANALYZE");
        fleet.only(databases);
        fleet
    }

    fn database(&self, name: &str) -> Database {
        Database { settings: self.server.settings(name).unwrap() }
    }

    /// The services of the first so many.
    fn only(&self, number: usize) {
        let _ = std::fs::remove_file(self.home.path().join(".pg_service.conf"));
        for name in &self.names[..number] {
            self.home.service(name, &self.database(name));
        }
    }

    /// All of them as they were.
    fn reset(&self) {
        let postgres = self.database("postgres");
        for name in &self.names {
            postgres.execute(&format!("DROP DATABASE IF EXISTS {name}"));
            postgres.execute(&format!("CREATE DATABASE {name} TEMPLATE model"));
        }
        postgres.execute("CHECKPOINT");
        let _ = std::fs::remove_dir_all(self.home.path().join("runs"));
    }

    /// What one of them takes by other programs.
    fn parts(&self) -> Cost {
        let deltas = DELTAS.join("\n");
        self.home.file("all.sql", &deltas);
        let dumps = self.of_each("pg_dump", |name| {
            let file = self.home.path().join("one.dump");
            let arguments = ["-Fc", "-f", file.to_str().unwrap()];
            self.run("pg_dump", name, &arguments);
        });
        let readings = self.of_each("one reading of the catalogs", |name| {
            catalog::read(&mut self.database(name).session(), &Scope::default()).unwrap();
        });
        let deltas = self.of_each("psql -1 on the deltas", |name| {
            let file = self.home.path().join("all.sql");
            let arguments =
                ["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", file.to_str().unwrap()];
            self.run("psql", name, &arguments);
        });
        dumps + readings + deltas
    }

    /// The mean of a tenth of them, at least ten.
    fn of_each(&self, what: &str, work: impl Fn(&str)) -> Cost {
        let number = (self.names.len() / 10).max(10).min(self.names.len());
        let cost = Cost::of(&self.server.directory().join("data"), || {
            self.names[..number].iter().for_each(|name| work(name));
        });
        let each = cost / u32::try_from(number).unwrap();
        println!("  {what}: {each}");
        each
    }

    fn run(&self, name: &str, database: &str, arguments: &[&str]) {
        let settings = self.database(database).settings;
        let output = Command::new(program(name))
            .args(arguments)
            .args(["-d", database])
            .env("PGHOST", settings.get("host").unwrap())
            .env("PGUSER", settings.user())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs the Manager on all that have services: what that takes, and each of them.
    fn by_pum(&self, more: &str) -> (Cost, Vec<Duration>) {
        let line = format!(
            "test-and-upgrade -pp tenant_* -t public.upgrades -d deltas --reference-sql build.sql \
             --runs runs --yes --format json {more}"
        );
        let (mut printed, done) = (String::new(), AtomicBool::new(false));
        let data = self.server.directory().join("data");
        let (cost, most) = std::thread::scope(|scope| {
            let watcher = scope.spawn(|| self.most_connections(&done));
            let cost = Cost::of(&data, || printed = self.pum(&line));
            done.store(true, Ordering::Relaxed);
            (cost, watcher.join().unwrap())
        });
        println!("  connections of pum at once: {most}");
        let value: Value = serde_json::from_str(&printed).unwrap();
        let times = |value: &Value| {
            let productions = value["productions"].as_array().cloned();
            let one = |one: &Value| {
                assert_eq!(one["outcome"], "upgraded", "{one}");
                Duration::from_millis(one["milliseconds"].as_u64().unwrap())
            };
            productions.map(|all| all.iter().map(one).collect())
        };
        (cost, times(&value).unwrap_or_default())
    }

    fn most_connections(&self, done: &AtomicBool) -> usize {
        let mut session = self.database("postgres").session();
        let query = "SELECT count(*) FROM pg_stat_activity WHERE application_name IN ('pum', 'pg_dump') \
                     AND pid <> pg_backend_pid()";
        let mut most = 0;
        while !done.load(Ordering::Relaxed) {
            let now: i64 = session.client().query_one(query, &[]).unwrap().get(0);
            most = most.max(usize::try_from(now).unwrap());
            std::thread::sleep(Duration::from_millis(50));
        }
        most
    }

    fn pum(&self, line: &str) -> String {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        self.home.run(PUM, &arguments).expect(0).stdout
    }
}
