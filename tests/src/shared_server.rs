//! A server that the tests of an area share.

use std::cell::RefCell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use pum_core::Interrupt;
use pum_core::connect::{ConnectError, Session, Settings};
use pum_core::scratch::{ScratchServer, ServerOptions};

use crate::Database;
use crate::cluster::{Cluster, own};

/// A running server that several tests use.
///
/// Where all tests of an area are threads of one process, as under `cargo test`, the process has the
/// server and ends it. Where each test is a process, as under `cargo nextest run`, the first one that
/// needs it starts it, in the directory that `PUM_TEST_SERVERS` names; `scripts/test-servers.sh` made
/// that and ends all servers in it. Roles belong to the server: areas never share one.
#[derive(Debug)]
pub struct SharedServer {
    directory: PathBuf,
    major: u32,
    /// Nobody drops a static value: the server ends by its watcher when the process does.
    _own: Option<ScratchServer>,
}

impl SharedServer {
    /// The server of this name and of the area that runs.
    pub fn start(name: &str, options: &ServerOptions) -> Self {
        if let Some(all) = directory_of_all() {
            return Self::join(&all, name, options);
        }
        let server = ScratchServer::start(options, &Interrupt::new());
        let server = server.unwrap_or_else(|err| panic!("{err}"));
        let directory = server.directory().to_owned();
        Self { directory, major: server.major(), _own: Some(server) }
    }

    fn join(all: &Path, name: &str, options: &ServerOptions) -> Self {
        let programs = ["initdb", "pg_ctl", "postgres"];
        let newest = options.installations.newest_with(&programs, |_| true);
        let newest = newest.expect("PostgreSQL is installed");
        let area = std::env::current_exe().unwrap();
        let area = area.file_name().unwrap().to_str().unwrap();
        let directory = all.join(format!("{area}-{name}"));
        let server = Self { directory: directory.clone(), major: newest.major(), _own: None };
        let lock = File::create(all.join(format!("{area}-{name}.lock"))).unwrap();
        lock.lock().unwrap();
        if !directory.join("started").exists() {
            // What a process left that was ended while it started the server.
            let _ = fs::remove_dir_all(&directory);
            fs::create_dir(&directory).unwrap();
            own(&directory, 0o700);
            let programs = newest.directory().to_owned();
            start(&Cluster { directory: directory.clone(), programs }, &options.settings);
            File::create(directory.join("started")).unwrap();
        }
        server
    }

    /// The directory that holds its socket, data and log.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its major version.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// How to connect to one of its databases, as superuser.
    ///
    /// # Errors
    ///
    /// If the name cannot be that of a database.
    pub fn settings(&self, database: &str) -> Result<Settings, ConnectError> {
        self.settings_as(database, "postgres")
    }

    /// How to connect to one of its databases as another role.
    ///
    /// # Errors
    ///
    /// If the name cannot be that of a database, or the role's that of a role.
    pub fn settings_as(&self, database: &str, role: &str) -> Result<Settings, ConnectError> {
        Settings::from_pairs(
            &format!("scratch database {database}"),
            [
                ("host", self.directory.to_str().unwrap()),
                ("port", "5432"),
                ("user", role),
                ("dbname", database),
                ("application_name", "pum"),
            ],
        )
    }
}

/// A server on which tests make databases.
pub trait Host: Sync {
    /// Its major version.
    fn version(&self) -> u32;

    /// One of its databases, as superuser.
    fn database(&self, name: &str) -> Database;

    /// Makes an empty database.
    fn create(&self, name: &str) -> Database {
        self.make(name);
        self.database(name)
    }

    /// `CREATE DATABASE`
    fn make(&self, name: &str) {
        let quoted = name.replace('"', "\"\"");
        let sql = format!("CREATE DATABASE \"{quoted}\" TEMPLATE template0{}", self.strategy());
        self.database("postgres").execute(&sql);
    }

    /// How a database is made fastest on a server that writes nothing to disk in time.
    fn strategy(&self) -> &'static str {
        if self.version() < 15 { "" } else { " STRATEGY FILE_COPY" }
    }
}

impl Host for SharedServer {
    fn version(&self) -> u32 {
        self.major
    }

    fn database(&self, name: &str) -> Database {
        Database { settings: self.settings(name).unwrap() }
    }

    fn create(&self, name: &str) -> Database {
        self.make(name);
        let database = self.database(name);
        MADE.with_borrow_mut(|made| made.0.push(database.settings.clone()));
        database
    }
}

thread_local! {
    /// A test has a thread of its own.
    static MADE: RefCell<Made> = RefCell::default();
}

/// The databases that a test made on shared servers. They are dropped when it ends: those of a whole area
/// would take gigabytes.
#[derive(Default)]
struct Made(Vec<Settings>);

impl Drop for Made {
    fn drop(&mut self) {
        let made = std::mem::take(&mut self.0);
        // What a driver keeps for this thread may be gone already.
        let dropped = std::thread::spawn(move || made.iter().for_each(drop_database));
        let _ = dropped.join();
    }
}

/// Drops a database, unless a test did, or made it one that cannot be dropped.
fn drop_database(settings: &Settings) {
    let Ok(postgres) = settings.with("dbname", "postgres") else { return };
    let Ok(mut session) = Session::open(&postgres, &Interrupt::new()) else { return };
    let force = if session.version().major() < 13 { "" } else { " WITH (FORCE)" };
    let name = settings.database().replace('"', "\"\"");
    let _ = session.client().batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\"{force}"));
}

impl Host for ScratchServer {
    fn version(&self) -> u32 {
        self.major()
    }

    fn database(&self, name: &str) -> Database {
        Database { settings: self.settings(name).unwrap() }
    }
}

/// Where shared servers are, if each test is a process.
pub(crate) fn directory_of_all() -> Option<PathBuf> {
    std::env::var_os("PUM_TEST_SERVERS").map(PathBuf::from)
}

/// Starts a server that is set as [`ScratchServer`] sets its own.
fn start(cluster: &Cluster, settings: &[(String, String)]) {
    cluster.initialize(if cfg!(target_os = "linux") { "C.UTF-8" } else { "C" });
    let socket = cluster.directory.to_str().unwrap();
    let own_settings = [
        ("listen_addresses", ""),
        ("unix_socket_directories", socket),
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("full_page_writes", "off"),
        ("wal_level", "minimal"),
        ("max_wal_senders", "0"),
        ("max_connections", "100"),
        ("max_locks_per_transaction", "256"),
        ("autovacuum", "off"),
    ];
    let settings = settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let lines: String = own_settings
        .into_iter()
        .chain(settings)
        .map(|(name, value)| format!("{name} = '{}'\n", value.replace('\'', "''")))
        .collect();
    let file = cluster.data().join("postgresql.auto.conf");
    fs::write(&file, lines).unwrap();
    own(&file, 0o600);
    cluster.start().unwrap_or_else(|log| panic!("pg_ctl start: {log}"));
}
