//! A written delta of several parts, and what undoes it, is killed at every instant: the next run finishes it,
//! with the same outcome as a run that nobody killed.
//!
//! Nothing waits for luck: the run is held at a request to the server by the proxy between them, or inside
//! of a statement by a lock of the test, and then its process or its backend is killed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Output};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pum_core::Interrupt;
use pum_core::connect::Session;
use pum_core::upgrade::set_baseline;
use pum_tests::command::Home;
use pum_tests::gate::{Gate, Hold};
use pum_tests::server::Server;
use pum_tests::{Database, new_name, say};

use super::pending::pum;

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

const PROD: &str = "
    CREATE TYPE mood AS ENUM ('sad');
    CREATE TABLE small (id int PRIMARY KEY);
    CREATE TABLE big (id int, other int, code text, note text, kind text DEFAULT 'x', gone int,
        amount int NOT NULL DEFAULT 7);
    CREATE INDEX big_amount ON big (amount);
    CREATE VIEW amounts AS SELECT sum(amount) AS amount FROM big;
    CREATE INDEX big_note ON big (note);
    CREATE INDEX big_gone ON big (other);
    ALTER TABLE big ADD CONSTRAINT big_code UNIQUE (code);
    INSERT INTO small VALUES (1);
    INSERT INTO big SELECT n, 1, n, n FROM generate_series(1, 100) n;
    CREATE TABLE parts (at int, v int) PARTITION BY RANGE (at);
    CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
    CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
    CREATE TABLE parts_3 (at int, v int);
    INSERT INTO parts VALUES (5), (15);
    INSERT INTO parts_3 VALUES (25)";

const WANTED: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'glad');
    CREATE TABLE small (id int PRIMARY KEY, feels mood DEFAULT 'glad');
    CREATE TABLE big (id int NOT NULL, other int REFERENCES small CHECK (other > 0), code text,
        note text, kind text DEFAULT 'x', filled uuid NOT NULL DEFAULT gen_random_uuid(),
        amount numeric(9,2) NOT NULL DEFAULT 7);
    CREATE INDEX big_amount ON big (amount);
    CREATE VIEW amounts AS SELECT sum(amount) AS amount FROM big;
    CREATE INDEX big_note ON big (note DESC);
    CREATE INDEX big_new ON big (kind) WHERE note = '1';
    COMMENT ON INDEX big_new IS 'new';
    ALTER TABLE big ADD PRIMARY KEY (id);
    ALTER TABLE big ADD CONSTRAINT big_code UNIQUE (code) DEFERRABLE;
    CREATE TABLE parts (at int, v int) PARTITION BY RANGE (at);
    CREATE TABLE parts_1 (at int, v int);
    CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
    CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM (20) TO (30);";

/// Which way a database goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It is upgraded.
    Up,
    /// It was, and that is undone.
    Down,
}

/// A server with a database that is to be upgraded or was, and the delta.
struct World {
    server: Server,
    home: Home,
    way: Way,
}

/// All that a run is to lead to.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    schema: String,
    rows: Vec<String>,
    recorded: Vec<String>,
}

impl World {
    fn new(way: Way) -> Self {
        let server = Server::start(false, &["autovacuum = off"], &[], &[]);
        let home = Home::new();
        for (name, sql) in [("base", PROD), ("wanted", WANTED)] {
            server.sql(&[&format!("CREATE DATABASE {name}")]);
            let database = server.database(name);
            database.execute(sql);
            home.service(name, &database);
        }
        let table = "public.upgrades".parse().unwrap();
        let version = "1.0.0".parse().unwrap();
        set_baseline(&mut server.database("base").session(), &table, &version).unwrap();
        home.file("pum.toml", "upgrades_table = \"upgrades\"\ndelta_dirs = \"deltas\"\n");
        home.file("deltas/delta_0.9.0.sql", "SELECT 1;\n");
        let line = "delta new x -p base --to wanted --online always --allow-loss";
        match way {
            Way::Up => {
                pum(&home, line).expect(0);
            }
            Way::Down => {
                pum(&home, &format!("{line} --down")).expect(0);
                pum(&home, "upgrade -p base").expect(0);
            }
        }
        Self { server, home, way }
    }

    /// A database like the base.
    fn database(&self) -> Database {
        let name = new_name("killed");
        // A copied sequence whose page is newer than the last checkpoint goes back to the copied value in a
        // crash: nextval writes no WAL as long as the values last that the original has logged.
        self.server.sql(&[&format!("CREATE DATABASE {name} TEMPLATE base"), "CHECKPOINT"]);
        self.server.database(&name)
    }

    /// Starts an upgrade of a database, or what undoes it, through a gate.
    fn start(&self, database: &Database, gate: &Gate) -> Child {
        let name = database.settings.get("dbname").unwrap();
        let conninfo = format!("host={} port=5432 user=postgres dbname={name}", gate.host());
        let command = match self.way {
            Way::Up => &["upgrade"][..],
            Way::Down => &["downgrade", "--to", "1.0.0", "--yes"],
        };
        let line = [command, &["-p", &conninfo, "--wait", "60"]].concat();
        self.home.command(PUM, &line).spawn().unwrap()
    }

    fn gate(&self, hold: Option<(usize, Hold)>) -> Gate {
        Gate::start(&Path::new(self.server.socket_directory()).join(".s.PGSQL.5432"), hold)
    }

    /// What a run that nobody kills asks the server, and what it leads to.
    fn undisturbed(&self) -> (Vec<String>, Outcome) {
        let (database, gate) = (self.database(), self.gate(None));
        let output = self.start(&database, &gate).wait_with_output().unwrap();
        expect_success(&output, "undisturbed");
        (gate.requests(), self.outcome(&database))
    }
}

fn expect_success(output: &Output, what: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {text}");
}

impl World {
    fn outcome(&self, database: &Database) -> Outcome {
        let big = match self.way {
            Way::Up => {
                "SELECT id, other, code, note, kind, amount, filled IS NOT NULL FROM big ORDER BY id"
            }
            Way::Down => "SELECT id, other, code, note, kind, amount, gone FROM big ORDER BY id",
        };
        let mut rows = vec![
            big,
            "SELECT * FROM small",
            "SELECT tableoid::regclass, * FROM parts ORDER BY at",
            "SELECT * FROM parts_1",
        ];
        if self.way == Way::Up {
            rows.push("SELECT count(DISTINCT filled) FROM big");
        }
        let rows =
            rows.iter().flat_map(|sql| database.column(&format!("SELECT x::text FROM ({sql}) x")));
        let recorded = "SELECT concat_ws(' ', version, type, script, checksum, success) \
                        FROM upgrades ORDER BY version, type, script";
        Outcome {
            schema: database.dump_schema(),
            rows: rows.collect(),
            recorded: database.column(recorded),
        }
    }
}

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// The process; what its backend does at the moment goes on.
    Process,
    /// The backend, by the server.
    Terminated,
    /// The backend, by the system: the server recovers, and all sessions end.
    Backend,
}

const DEATHS: [Death; 3] = [Death::Process, Death::Terminated, Death::Backend];

impl World {
    /// Waits until the server takes connections again, and nobody else is in the database.
    fn settle(database: &Database) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let interrupt = Interrupt::new();
        while Session::open(&database.settings, &interrupt).is_err() {
            assert!(Instant::now() < deadline, "the server does not come back");
            std::thread::sleep(Duration::from_millis(5));
        }
        database.wait_for(
            "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid())",
        );
    }

    /// Kills a backend, and waits until it is gone.
    fn kill_backend(&self, death: Death, backend: i32) {
        let mut observer = self.server.superuser();
        if death == Death::Backend {
            kill(Pid::from_raw(backend), Signal::SIGKILL).unwrap();
            // All sessions end, this one too; only then the server recovers.
            while observer.simple_query("SELECT 1").is_ok() {
                std::thread::sleep(Duration::from_millis(2));
            }
            return;
        }
        observer.execute("SELECT pg_terminate_backend($1)", &[&backend]).unwrap();
        let gone = "SELECT 1 FROM pg_stat_activity WHERE pid = $1";
        while observer.execute(gone, &[&backend]).unwrap() > 0 {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Has a run die that is held at a request, or inside of a statement by a session.
    fn kill(
        &self,
        (hold, death): (Hold, Death),
        (mut child, backend): (Child, i32),
        (gate, holder): (&Gate, Option<Session>),
        on: &Database,
    ) {
        match death {
            Death::Process => child.kill().unwrap(),
            Death::Terminated | Death::Backend => self.kill_backend(death, backend),
        }
        if hold == Hold::Before && death != Death::Process {
            gate.open();
        } else {
            gate.cut();
        }
        // A backend that does not know that its client is gone comes to the end of its statement.
        drop(holder);
        // It says what it found, which `crash.rs` of the area `apply` looks at.
        child.wait_with_output().unwrap();
        Self::settle(on);
    }

    /// The next run comes to the end, with the outcome of a run that nobody killed.
    fn expect_finished(&self, database: &Database, wanted: &Outcome, instant: &str) {
        let output = self.start(database, &self.gate(None)).wait_with_output().unwrap();
        expect_success(&output, instant);
        let found = self.outcome(database);
        assert!(found == *wanted, "{instant}: {found:#?} instead of {wanted:#?}");
    }

    fn drop(&self, database: &Database) {
        let name = database.settings.get("dbname").unwrap().to_owned();
        self.server.sql(&[&format!("DROP DATABASE {name}")]);
    }
}

/// Of so many instants one is tried, unless all are asked for.
const ONE_OF: usize = 97;

/// Whether all instants are tried: with `PUM_ALL_INSTANTS=1`.
fn all() -> bool {
    std::env::var_os("PUM_ALL_INSTANTS").is_some()
}

#[test]
fn a_run_killed_between_statements_is_finished_by_the_next_one() {
    killed_between_statements(Way::Up);
}

#[test]
fn a_way_back_killed_between_statements_is_finished_by_the_next_one() {
    killed_between_statements(Way::Down);
}

/// The process, its session or its backend is killed before and after each request.
fn killed_between_statements(way: Way) {
    let world = World::new(way);
    let (requests, wanted) = world.undisturbed();
    // Before the first transaction nothing is written.
    let begin = requests.iter().position(|sql| sql.starts_with("BEGIN; SET LOCAL")).unwrap();
    let mut instants = Vec::new();
    for (at, sql) in requests.iter().enumerate().skip(begin) {
        for hold in [Hold::Before, Hold::After] {
            instants.extend(DEATHS.map(|death| (at, sql, hold, death)));
        }
    }
    let count = instants.len();
    let chosen = instants.into_iter().step_by(if all() { 1 } else { ONE_OF });
    let mut tried = 0;
    for (at, sql, hold, death) in chosen {
        let instant = format!("{death:?} {hold:?} {at}: {sql}");
        let (database, gate) = (world.database(), world.gate(Some((at, hold))));
        let mut child = world.start(&database, &gate);
        let backend = gate.wait(&mut child).unwrap_or_else(|| panic!("ended before {instant}"));
        world.kill((hold, death), (child, backend), (&gate, None), &database);
        world.expect_finished(&database, &wanted, &instant);
        world.drop(&database);
        tried += 1;
    }
    say(&format!("{tried} of {count} instants, {} requests", requests.len() - begin));
    assert!(tried > 12, "{tried}");
}

/// What keeps statements that run without a transaction from their end: a writer of the table keeps it from its
/// first phase, or a reader a partition from being detached, and a snapshot keeps it from its last phase.
fn holders(statement: &str) -> [&'static str; 2] {
    let users = if statement.contains(" DETACH ") {
        "BEGIN; LOCK TABLE parts IN ACCESS SHARE MODE"
    } else {
        "BEGIN; LOCK TABLE big IN ROW EXCLUSIVE MODE"
    };
    [users, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1"]
}

#[test]
fn a_run_killed_inside_of_a_statement_is_finished_by_the_next_one() {
    let waited = killed_inside_of_statements(Way::Up);
    assert_eq!(waited, ["ALTER", "CREATE", "DROP"]);
}

#[test]
fn a_way_back_killed_inside_of_a_statement_is_finished_by_the_next_one() {
    let waited = killed_inside_of_statements(Way::Down);
    assert_eq!(waited, ["ALTER", "CREATE", "DROP"]);
}

/// Killed while a build, a drop or a detaching waits in one of its phases. Gives the statements that were.
fn killed_inside_of_statements(way: Way) -> Vec<String> {
    let world = World::new(way);
    let (requests, wanted) = world.undisturbed();
    let mut instants = Vec::new();
    for (at, sql) in requests.iter().enumerate().filter(|(_, sql)| sql.contains("CONCURRENTLY")) {
        for holder in holders(sql) {
            instants.extend(DEATHS.map(|death| (at, sql, holder, death)));
        }
    }
    let mut waited: BTreeSet<&str> = BTreeSet::new();
    // Of the three deaths each has its turn.
    for (at, sql, holder_sql, death) in instants.into_iter().step_by(if all() { 1 } else { 4 }) {
        let instant = format!("{death:?} in {sql} beside {holder_sql}");
        let (database, gate) = (world.database(), world.gate(Some((at, Hold::Before))));
        let mut child = world.start(&database, &gate);
        let backend = gate.wait(&mut child).unwrap_or_else(|| panic!("ended before {instant}"));
        let mut holder = database.session();
        holder.client().batch_execute(holder_sql).unwrap();
        gate.send();
        let waits = format!(
            "SELECT 1 FROM pg_stat_activity WHERE pid = {backend} AND wait_event_type = 'Lock'"
        );
        while !gate.is_held() {
            if !database.column(&waits).is_empty() {
                waited.insert(sql.split(' ').next().unwrap());
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        world.kill((Hold::After, death), (child, backend), (&gate, Some(holder)), &database);
        world.expect_finished(&database, &wanted, &instant);
        world.drop(&database);
    }
    waited.into_iter().map(str::to_owned).collect()
}
