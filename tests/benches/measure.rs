//! What it costs to measure the scripts of a rehearsal, beside running them unmeasured, in turn in
//! the same run: `cargo bench -p pum-tests --bench measure`, or with a word of the name of a case:
//! `cargo bench -p pum-tests --bench measure -- tables`.

use std::fmt::Write as _;
use std::time::Duration;

use pum_core::connect::Session;
use pum_core::delta::{DeltaSet, Version};
use pum_core::scratch::ScratchServer;
use pum_core::upgrade::{
    DdlWatch, MeasureOptions, PlanOptions, Readings, RunOptions, TableName, Upgrade, UpgradePlan,
    set_baseline,
};
use pum_core::{Context, Interrupt};
use pum_tests::measure::{Times, time};
use pum_tests::{Database, deltas, start_server};

const RUNS: usize = 5;

fn main() {
    let wanted = std::env::args().skip(1).find(|text| !text.starts_with('-'));
    let server =
        start_server(&[("max_locks_per_transaction", "2048"), ("shared_buffers", "512MB")]);
    for case in [
        new_tables(375, 1_500),
        new_tables(1_500, 6_000),
        statements_of_all_sorts(1_250, 5_000),
        statements_of_all_sorts(5_000, 20_000),
        small_deltas(500, false),
        small_deltas(500, true),
        small_deltas(1_500, false),
        one_long_statement(),
    ] {
        if wanted.as_ref().is_none_or(|wanted| case.name.contains(wanted)) {
            case.run(&server);
        }
    }
}

/// How a run is measured: as a rehearsal does it, and in parts.
struct Way {
    name: &'static str,
    /// Whether event triggers tell what each statement makes, changes and drops.
    watch: bool,
    readings: Option<Readings>,
}

const WAYS: [Way; 5] = [
    Way { name: "not measured", watch: false, readings: None },
    Way { name: "measured", watch: true, readings: Some(Readings::Affordable) },
    Way { name: "of it event triggers alone", watch: true, readings: None },
    Way {
        name: "locks read before commits alone",
        watch: false,
        readings: Some(Readings::EachTransaction),
    },
    Way {
        name: "locks read as often as affordable",
        watch: false,
        readings: Some(Readings::Affordable),
    },
];

/// A database, and what is done to it.
struct Case {
    name: String,
    /// What there is before.
    before: String,
    /// The scripts of the deltas.
    deltas: Vec<String>,
    /// Whether they are run in one transaction, as the Manager does.
    single_transaction: bool,
}

/// Tables, and rows in them.
fn new_tables(tables: usize, rows: usize) -> Case {
    let mut create = String::new();
    for n in 0..tables {
        writeln!(create, "CREATE TABLE new_{n} (id int PRIMARY KEY, name text NOT NULL);").unwrap();
    }
    let mut insert = String::new();
    for n in 0..rows {
        writeln!(insert, "INSERT INTO new_{} VALUES ({n}, 'row {n}');", n % tables).unwrap();
    }
    Case {
        name: format!("{tables} new tables and {rows} rows"),
        before: String::new(),
        deltas: vec![create, insert],
        single_transaction: true,
    }
}

/// Statements on tables that are there.
fn statements_of_all_sorts(tables: usize, statements: usize) -> Case {
    let mut before = String::new();
    for n in 0..tables {
        writeln!(
            before,
            "CREATE TABLE t{n} (id int PRIMARY KEY, name text, amount int); \
             INSERT INTO t{n} SELECT i, 'row ' || i, i FROM generate_series(1, 10) i; \
             CREATE VIEW v{n} AS SELECT id FROM t{n};"
        )
        .unwrap();
    }
    let mut script = String::new();
    for n in 0..statements {
        let t = n * 7 % tables;
        let next = match n % 10 {
            0 => format!("ALTER TABLE t{t} ADD COLUMN c{n} int"),
            1 => format!("UPDATE t{t} SET amount = 1 WHERE id = 5"),
            2 => format!("CREATE INDEX ON t{t} (name)"),
            3 => format!("INSERT INTO t{t} (id, name) VALUES ({}, 'more')", n + 100),
            4 => format!("COMMENT ON TABLE t{t} IS 'number {n}'"),
            5 => format!("ALTER TABLE t{t} ADD CHECK (id > 0)"),
            6 => format!("CREATE TABLE new_{n} (id int PRIMARY KEY, other int REFERENCES t{t})"),
            7 => {
                format!("CREATE FUNCTION f{n}() RETURNS int LANGUAGE sql AS 'SELECT id FROM t{t}'")
            }
            8 => format!("GRANT SELECT ON t{t} TO PUBLIC"),
            _ => format!("DELETE FROM t{t} WHERE id = 1"),
        };
        writeln!(script, "{next};").unwrap();
    }
    Case {
        name: format!("{statements} statements of all sorts over {tables} tables"),
        before,
        deltas: vec![script],
        single_transaction: true,
    }
}

/// Many deltas with little in each.
fn small_deltas(count: usize, single_transaction: bool) -> Case {
    let script = |n| {
        format!(
            "CREATE TABLE new_{n} (id int PRIMARY KEY, name text NOT NULL);\n\
             INSERT INTO new_{n} VALUES (1, 'one'), (2, 'two');\n\
             COMMENT ON TABLE new_{n} IS 'of delta {n}';\n\
             ALTER TABLE known ADD COLUMN c{n} int;\n"
        )
    };
    let together = if single_transaction { "in one transaction" } else { "one after the other" };
    Case {
        name: format!("{count} small deltas {together}"),
        before: "CREATE TABLE known (id int)".to_owned(),
        deltas: (0..count).map(script).collect(),
        single_transaction,
    }
}

fn one_long_statement() -> Case {
    Case {
        name: "one long statement".to_owned(),
        before: "CREATE TABLE t (id int, name text); \
                 INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 1000000) i; ANALYZE"
            .to_owned(),
        deltas: vec!["ALTER TABLE t ALTER id TYPE bigint".to_owned()],
        single_transaction: true,
    }
}

impl Case {
    fn run(&self, server: &ScratchServer) {
        let files: Vec<(String, &str)> = self
            .deltas
            .iter()
            .enumerate()
            .map(|(n, script)| (format!("delta_1.{}.0.sql", n + 1), &**script))
            .collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(name, sql)| (&**name, *sql)).collect();
        let directory = deltas(&files);
        let set = DeltaSet::read(&[directory.path()]).unwrap();
        let before = new_database(server, "before", "template0");
        before.execute(&self.before);
        before.execute("ANALYZE");
        set_baseline(&mut before.session(), &table(), &Version::new(1, 0, 0)).unwrap();
        let mut times: [Vec<Duration>; WAYS.len()] = Default::default();
        for _ in 0..RUNS {
            for (way, times) in WAYS.iter().zip(&mut times) {
                let database = new_database(server, "bench", "before");
                times.push(time(|| self.upgrade(&database, &set, way)));
            }
        }
        println!("{}:", self.name);
        let times = times.map(Times::of);
        println!("  {}: {}", WAYS[0].name, times[0]);
        for (way, time) in WAYS.iter().zip(times).skip(1) {
            println!("  {}: {time}; ratio {}", way.name, time.ratio(times[0]));
        }
    }

    fn upgrade(&self, database: &Database, set: &DeltaSet, way: &Way) {
        let interrupt = Interrupt::new();
        let watch = way.watch.then(|| DdlWatch::begin(&database.settings, &interrupt).unwrap());
        let mut session = match &watch {
            Some(watch) => {
                Session::open_with_notices(&database.settings, &interrupt, watch.notices())
            }
            None => Session::open(&database.settings, &interrupt),
        }
        .unwrap();
        let options = PlanOptions::default();
        let plan = UpgradePlan::read(&mut session, &table(), set, &options).unwrap();
        let mut run = RunOptions::default();
        run.single_transaction = self.single_transaction;
        let mut upgrade = Upgrade::new(&plan).options(run);
        if let Some(readings) = way.readings {
            let mut options = MeasureOptions::default();
            (options.analyzed, options.readings) = (true, readings);
            options.watch = watch.as_ref();
            upgrade = upgrade.measure(options);
        }
        let report = upgrade.run(&mut session, &mut Context::silent(&interrupt)).unwrap();
        assert_eq!(report.applied.len(), self.deltas.len());
        drop(upgrade);
        if let Some(watch) = watch {
            watch.end().unwrap();
        }
    }
}

fn table() -> TableName {
    "public.upgrades".parse().unwrap()
}

fn new_database(server: &ScratchServer, name: &str, template: &str) -> Database {
    let postgres = Database { settings: server.settings("postgres").unwrap() };
    postgres.execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    postgres.execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
    postgres.execute("CHECKPOINT");
    Database { settings: server.settings(name).unwrap() }
}
