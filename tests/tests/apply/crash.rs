//! A run dies at every instant, in every way. Afterwards the upgrades table and the schema agree,
//! and the next run comes to the end with each delta applied once.
//!
//! Nothing here waits for luck: at each instant the run is held by something in the database, until
//! it is seen to be there, and then it is killed.

use std::process::{Child, Output};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use postgres::{Client, NoTls};
use pum_tests::command::Home;
use pum_tests::server::Server;

use super::PUM;

/// When the run dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Instants {
    BeforeTheLock,
    BetweenStatements,
    BeforeTheCommit,
    BeforeTheAcknowledgement,
    BetweenDeltas,
    InAStatementWithoutTransaction,
    InAnIndexWithoutTransaction,
    InACopy,
}

const INSTANTS: [Instants; 8] = [
    Instants::BeforeTheLock,
    Instants::BetweenStatements,
    Instants::BeforeTheCommit,
    Instants::BeforeTheAcknowledgement,
    Instants::BetweenDeltas,
    Instants::InAStatementWithoutTransaction,
    Instants::InAnIndexWithoutTransaction,
    Instants::InACopy,
];

/// What a run waits for that is held at an instant; the test holds it.
const HOLD: &str = "SELECT pg_advisory_lock(4711)";

/// The advisory lock of a run, as another run takes it.
const RUN_LOCK: &str = "SELECT pg_advisory_lock(7370093, \
    ('x' || substr(md5('\"public\".\"upgrades\"'), 1, 8))::bit(32)::int)";

impl Instants {
    /// Each delta leaves its version in `log`. The first one is held where it has to be.
    fn deltas(self) -> [(&'static str, String); 3] {
        let log = |version: &str| format!("INSERT INTO log VALUES ('{version}');\n");
        let wait = "DO 'BEGIN PERFORM pg_advisory_lock_shared(4711); END';\n";
        let first = match self {
            Self::BeforeTheLock | Self::BeforeTheCommit => log("1.1.0"),
            Self::BetweenStatements | Self::BetweenDeltas => log("1.1.0") + wait,
            Self::BeforeTheAcknowledgement => {
                format!("SET LOCAL synchronous_commit = on;\n{}", log("1.1.0"))
            }
            Self::InAStatementWithoutTransaction => "-- pum: no-transaction\n\
                 CREATE TABLE first ();\n\
                 INSERT INTO log SELECT '1.1.0' FROM pg_advisory_lock_shared(4711);\n"
                .to_owned(),
            Self::InAnIndexWithoutTransaction => format!(
                "-- pum: no-transaction\n{}CREATE INDEX CONCURRENTLY i ON t (a);\n\
                 CREATE TABLE last ();\n",
                log("1.1.0")
            ),
            Self::InACopy => format!("{}COPY t FROM STDIN;\n1\n2\n\\.\n", log("1.1.0")),
        };
        [
            ("delta_1.1.0.sql", first),
            ("delta_1.2.0.sql", log("1.2.0")),
            ("delta_1.3.0.sql", format!("-- pum: no-transaction\n{}", log("1.3.0"))),
        ]
    }

    /// Puts what holds the run into the database, and holds it.
    fn prepare(self, holder: &mut Client) {
        let sql = match self {
            Self::BeforeTheLock => RUN_LOCK,
            Self::BeforeTheCommit => {
                "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS \
                   'BEGIN PERFORM pg_advisory_lock_shared(4711); RETURN NEW; END'; \
                 CREATE TRIGGER hold AFTER INSERT ON upgrades FOR EACH ROW EXECUTE FUNCTION hold(); \
                 SELECT pg_advisory_lock(4711)"
            }
            Self::BeforeTheAcknowledgement => "",
            Self::InAnIndexWithoutTransaction => "BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE",
            Self::InACopy => {
                "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS \
                   'BEGIN PERFORM pg_advisory_lock_shared(4711); RETURN NEW; END'; \
                 CREATE TRIGGER hold BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION hold(); \
                 SELECT pg_advisory_lock(4711)"
            }
            _ => HOLD,
        };
        holder.batch_execute(sql).unwrap();
    }

    /// Tells by the server's own account that the run is held there: gives its process.
    fn seen(self) -> &'static str {
        match self {
            Self::BeforeTheLock => {
                "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_try_advisory_lock%' \
                 AND state = 'idle' AND application_name = 'pum'"
            }
            Self::BeforeTheAcknowledgement => {
                "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' \
                 AND application_name = 'pum' AND datname = current_database()"
            }
            Self::BetweenDeltas => {
                "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                 AND application_name = 'pum' AND query LIKE '%LOCK TABLE \"public\".\"upgrades\"%' \
                 AND EXISTS (SELECT 1 FROM upgrades WHERE version = '1.1.0')"
            }
            Self::InAnIndexWithoutTransaction => {
                "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                 AND application_name = 'pum' AND query LIKE 'CREATE INDEX%' \
                 AND EXISTS (SELECT 1 FROM pg_index WHERE NOT indisvalid)"
            }
            _ => {
                "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                 AND wait_event = 'advisory' AND application_name = 'pum'"
            }
        }
    }
}

/// A run on a server, held at an instant.
struct Held {
    home: Home,
    child: Child,
    backend: i32,
    holders: Vec<Client>,
    database: String,
}

/// A session of the test's own; after a crash the server takes a moment.
fn client(server: &Server, database: &str) -> Client {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let opened = postgres::Config::new()
            .host_path(server.socket_directory())
            .port(server.port())
            .user("postgres")
            .dbname(database)
            .application_name("test")
            .connect(NoTls);
        match opened {
            Ok(client) => return client,
            Err(err) if Instant::now() > deadline => panic!("{err:?}"),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// The first value of a query, once there is one.
fn wait_for(client: &mut Client, query: &str) -> String {
    for _ in 0..6000 {
        let answer = client.simple_query(query).unwrap();
        let row = answer.iter().find_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("").to_owned()),
            _ => None,
        });
        if let Some(value) = row {
            return value;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("never: {query}");
}

fn column(client: &mut Client, query: &str) -> Vec<String> {
    client.query(query, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

fn start(home: &Home, line: &str) -> Child {
    let arguments: Vec<&str> = line.split(' ').collect();
    home.command(PUM, &arguments).spawn().unwrap()
}

const UPGRADE: &str = "upgrade -p db -t upgrades -d deltas --wait 60";

impl Held {
    /// Starts a run and waits until it is where it has to be.
    fn at(instant: Instants, server: &Server, hosts: &[&Server]) -> Self {
        let database = format!("{instant:?}").to_lowercase();
        let mut admin = server.superuser();
        admin.batch_execute(&format!("CREATE DATABASE {database}")).unwrap();
        let home = Home::new();
        let list = |what: &dyn Fn(&&Server) -> String| {
            hosts.iter().map(what).collect::<Vec<_>>().join(",")
        };
        let service = format!(
            "[db]\nhost={}\nport={}\nuser=postgres\ndbname={database}\n\
             target_session_attrs=read-write\n",
            list(&|server| server.socket_directory().to_owned()),
            list(&|server| server.port().to_string())
        );
        home.file(".pg_service.conf", &service);
        for (name, text) in instant.deltas() {
            home.file(&format!("deltas/{name}"), &text);
        }
        let baseline = start(&home, "baseline -p db -t upgrades -d deltas -b 1.0.0");
        assert!(baseline.wait_with_output().unwrap().status.success());
        let mut watcher = client(server, &database);
        watcher.batch_execute("CREATE TABLE log (what text); CREATE TABLE t (a int)").unwrap();
        let mut holder = client(server, &database);
        instant.prepare(&mut holder);
        let mut holders = vec![holder];
        let child = start(&home, UPGRADE);
        if instant == Instants::BetweenDeltas {
            let first = &mut holders[0];
            let second = Self::hold_the_table(server, &database, &mut watcher, first);
            holders.push(second);
        }
        let backend = wait_for(&mut watcher, instant.seen()).parse().unwrap();
        Self { home, child, backend, holders, database }
    }

    /// Queues for the upgrades table behind the first delta, and lets that one go.
    fn hold_the_table(
        server: &Server,
        database: &str,
        watcher: &mut Client,
        holder: &mut Client,
    ) -> Client {
        wait_for(watcher, Instants::BetweenStatements.seen());
        let mut other = client(server, database);
        let queueing = std::thread::spawn(move || {
            other.batch_execute("BEGIN; LOCK TABLE upgrades IN ROW EXCLUSIVE MODE").unwrap();
            other
        });
        wait_for(
            watcher,
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'test' \
             AND wait_event_type = 'Lock' AND query LIKE '%LOCK TABLE upgrades%'",
        );
        holder.batch_execute("SELECT pg_advisory_unlock_all()").unwrap();
        queueing.join().unwrap()
    }

    /// Lets go of everything, and waits until nobody works in the database any more. A commit that
    /// waits for a standby has nobody to wait for but the operator, who ends it.
    fn let_go(&mut self, server: &Server) {
        self.holders.clear();
        let mut client = client(server, &self.database);
        for _ in 0..6000 {
            let ended = column(
                &mut client,
                "SELECT CASE WHEN wait_event = 'SyncRep' THEN pg_terminate_backend(pid)::text \
                 ELSE 'working' END FROM pg_stat_activity WHERE application_name = 'pum' \
                 AND datname = current_database()",
            );
            if ended.is_empty() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("somebody still works");
    }

    fn end(&mut self) -> Output {
        let child = std::mem::replace(&mut self.child, start(&self.home, "--version"));
        let output = child.wait_with_output().unwrap();
        self.child.wait().unwrap();
        output
    }

    /// The table and the schema agree, and the next run applies each delta once.
    fn check(&self, instant: Instants, server: &Server) {
        let mut client = client(server, &self.database);
        let rows = "SELECT version FROM upgrades WHERE type <> 0 ORDER BY id";
        let log = "SELECT what FROM log ORDER BY what";
        let half_done = matches!(
            instant,
            Instants::InAStatementWithoutTransaction | Instants::InAnIndexWithoutTransaction
        );
        if !half_done {
            assert_eq!(column(&mut client, rows), column(&mut client, log), "{instant:?}");
        }
        client.batch_execute("ALTER SYSTEM SET synchronous_standby_names = ''").unwrap();
        client.batch_execute("SELECT pg_reload_conf()").unwrap();
        wait_for(&mut client, "SELECT 1 WHERE current_setting('synchronous_standby_names') = ''");
        let output = start(&self.home, UPGRADE).wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{instant:?}: {text}");
        for query in [rows, log] {
            assert_eq!(column(&mut client, query), ["1.1.0", "1.2.0", "1.3.0"], "{instant:?}");
        }
        let left = "SELECT relname::text FROM pg_class WHERE relname = 'upgrades_progress' \
                    UNION ALL SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid";
        assert_eq!(column(&mut client, left), [""; 0], "{instant:?}");
        if instant == Instants::InACopy {
            assert_eq!(column(&mut client, "SELECT a::text FROM t ORDER BY a"), ["1", "2"]);
        }
        client.batch_execute("ALTER SYSTEM RESET synchronous_standby_names").unwrap();
        client.batch_execute("SELECT pg_reload_conf()").unwrap();
        wait_for(&mut client, "SELECT 1 WHERE current_setting('synchronous_standby_names') <> ''");
    }
}

/// The run whose commit was not acknowledged found out that it was done.
fn expect_it_found_out(instant: Instants, output: &Output) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{instant:?}: {text}");
    if instant == Instants::BeforeTheAcknowledgement {
        assert!(text.contains("after delta_1.1.0.sql was committed and recorded"), "{text}");
    }
}

#[test]
fn a_killed_run() {
    let server = Server::with_commits_that_can_wait(&[]);
    for instant in INSTANTS {
        let mut held = Held::at(instant, &server, &[&server]);
        held.child.kill().unwrap();
        held.end();
        held.let_go(&server);
        held.check(instant, &server);
    }
}

#[test]
fn a_terminated_backend() {
    let server = Server::with_commits_that_can_wait(&[]);
    for instant in INSTANTS {
        let mut held = Held::at(instant, &server, &[&server]);
        let end = format!("SELECT pg_terminate_backend({})", held.backend);
        client(&server, &held.database).batch_execute(&end).unwrap();
        // What the run asks for after a lost commit waits for nobody.
        expect_it_found_out(instant, &held.end());
        held.let_go(&server);
        held.check(instant, &server);
    }
}

#[test]
fn a_killed_backend_and_the_server_recovers() {
    let server = Server::with_commits_that_can_wait(&[]);
    for instant in INSTANTS {
        let mut held = Held::at(instant, &server, &[&server]);
        let mut other = client(&server, "postgres");
        kill(Pid::from_raw(held.backend), Signal::SIGKILL).unwrap();
        // All sessions end, those of the test too; only then the server recovers.
        while other.simple_query("SELECT 1").is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
        expect_it_found_out(instant, &held.end());
        held.let_go(&server);
        held.check(instant, &server);
    }
}

#[test]
fn a_restarted_server() {
    let server = Server::with_commits_that_can_wait(&[]);
    for instant in INSTANTS {
        let mut held = Held::at(instant, &server, &[&server]);
        server.restart();
        expect_it_found_out(instant, &held.end());
        held.let_go(&server);
        held.check(instant, &server);
    }
}

#[test]
fn a_standby_that_takes_over() {
    for instant in INSTANTS {
        let server = Server::with_commits_that_can_wait(&[]);
        let standby = server.standby();
        let mut held = Held::at(instant, &server, &[&server, &standby]);
        let mut primary = client(&server, "postgres");
        let end = wait_for(&mut primary, "SELECT pg_current_wal_flush_lsn()");
        let mut follower = client(&standby, "postgres");
        wait_for(
            &mut follower,
            &format!("SELECT 1 WHERE pg_last_wal_replay_lsn() >= '{end}'::pg_lsn"),
        );
        server.crash();
        standby.promote();
        expect_it_found_out(instant, &held.end());
        held.let_go(&standby);
        held.check(instant, &standby);
    }
}

/// All deltas are recorded, and still the next run has something to do.
#[test]
fn a_run_killed_in_the_script_after_the_deltas() {
    let server = Server::with_commits_that_can_wait(&[]);
    let instant = Instants::BeforeTheLock;
    let mut admin = server.superuser();
    admin.batch_execute("CREATE DATABASE after_all").unwrap();
    let home = Home::new();
    let (host, port) = (server.socket_directory(), server.port());
    let service = format!("[db]\nhost={host}\nport={port}\nuser=postgres\ndbname=after_all\n");
    home.file(".pg_service.conf", &service);
    for (name, text) in instant.deltas() {
        home.file(&format!("deltas/{name}"), &text);
    }
    let text = "INSERT INTO log SELECT 'after' FROM pg_advisory_lock_shared(4711);";
    home.file("deltas/post-all.sql", text);
    let baseline = start(&home, "baseline -p db -t upgrades -d deltas -b 1.0.0");
    assert!(baseline.wait_with_output().unwrap().status.success());
    let mut watcher = client(&server, "after_all");
    watcher.batch_execute("CREATE TABLE log (what text); CREATE TABLE t (a int)").unwrap();
    let mut holder = client(&server, "after_all");
    holder.batch_execute(HOLD).unwrap();
    let mut child = start(&home, UPGRADE);
    wait_for(&mut watcher, Instants::BetweenStatements.seen());
    child.kill().unwrap();
    child.wait().unwrap();
    drop(holder);
    let log = "SELECT what FROM log ORDER BY what";
    for _ in 0..2 {
        let output = start(&home, UPGRADE).wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(column(&mut watcher, log), ["1.1.0", "1.2.0", "1.3.0", "after"]);
    }
}
