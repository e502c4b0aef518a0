//! What end-to-end tests share: a throw-away server for each area, databases on it, and the `pum`
//! command.

pub mod browser;
mod cluster;
pub mod command;
pub mod documentation;
pub mod gate;
pub mod measure;
pub mod pooler;
pub mod proxy;
pub mod report;
pub mod schema;
pub mod server;
mod shared_server;
/// A copied data directory gets an identifier of its own as scratch servers do.
#[path = "../../pum-core/src/scratch/system_identifier.rs"]
mod system_identifier;
pub mod terminal;
pub mod text;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pum_core::Interrupt;
use pum_core::connect::{Session, Settings};
use pum_core::installation::{Installation, Installations, SearchPath};
use pum_core::scratch::{ScratchServer, ServerOptions};

pub use crate::cluster::server_directory;
pub use crate::shared_server::{Host, SharedServer};

/// The PostgreSQL programs installed here.
pub fn installations() -> Installations {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::split_paths(&path).collect();
    Installations::find(&SearchPath { explicit: None, path })
}

/// A program of the newest version installed here.
pub fn program(name: &str) -> PathBuf {
    let found = installations().newest_with(&[name], |_| true).and_then(|it| it.program(name));
    found.unwrap_or_else(|| panic!("PostgreSQL's program {name} is installed"))
}

/// The oldest `pg_dump` for a server of this major, of those that are installed and those that
/// `scripts/fetch-pg-dump.sh` fetched: a newer one writes what an older server does not know.
pub fn pg_dump_for(major: u32) -> Option<PathBuf> {
    let fetched = repository().join("target/pg-dump/programs");
    let fetched = fetched.read_dir().into_iter().flatten().flatten();
    let fetched = fetched.filter_map(|entry| {
        let search = SearchPath { explicit: Some(entry.path().join("bin")), path: Vec::new() };
        Installations::find(&search).list().first().cloned()
    });
    let has_pg_dump = |found: &Installation| found.program("pg_dump").is_some();
    let oldest = installations()
        .list()
        .iter()
        .cloned()
        .chain(fetched)
        .filter(|found| found.major() >= major && has_pg_dump(found))
        .min_by_key(Installation::major);
    if oldest.is_none() {
        say(&format!("NOT COMPARED with what pg_dump prints of PostgreSQL {major}: none is here"));
    }
    oldest.and_then(|found| found.program("pg_dump"))
}

/// The server that the tests of this area share.
pub fn server() -> &'static SharedServer {
    static SERVER: OnceLock<SharedServer> = OnceLock::new();
    SERVER.get_or_init(|| SharedServer::start("plain", &server_options()))
}

/// A server of its own, with more settings.
pub fn start_server(settings: &[(&str, &str)]) -> ScratchServer {
    ScratchServer::start(&set(server_options(), settings), &Interrupt::new())
        .unwrap_or_else(|err| panic!("{err}"))
}

/// What a server of a test should be: of the newest version, in the directory for servers.
pub fn server_options() -> ServerOptions {
    server_options_of(installations())
}

/// Where scratch servers keep what `initdb` makes, for all tests.
pub fn cache() -> PathBuf {
    repository().join("target/test-cache")
}

/// The same with more settings.
pub fn set(mut options: ServerOptions, settings: &[(&str, &str)]) -> ServerOptions {
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    options.settings.extend(settings);
    options
}

/// As [`server_options`], with the programs of these installations.
pub fn server_options_of(installations: Installations) -> ServerOptions {
    let mut options = ServerOptions::new(installations);
    options.base = PathBuf::from(server_directory());
    options.cache = Some(cache());
    options
}

/// An empty database on this area's server.
pub fn database() -> Database {
    database_named(&new_name("test"))
}

/// A name, such as `test_12`, that no other test has for a database or a role.
pub fn new_name(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    if shared_server::directory_of_all().is_none() {
        return format!("{prefix}_{number}");
    }
    // Processes share the server. An identifier comes again after some ten thousand others: the time
    // tells two with the same one apart.
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() % 10_000;
    format!("{prefix}_{}{time:04}{number:02}", std::process::id())
}

/// An empty database with a name of the caller's choice.
pub fn database_named(name: &str) -> Database {
    server().create(name)
}

/// An empty database whose text is in an encoding of the caller's choice.
pub fn database_in(encoding: &str) -> Database {
    let name = new_name(&format!("in_{}", encoding.to_lowercase()));
    execute(
        &server().settings("postgres").unwrap(),
        &format!(
            "CREATE DATABASE {name} TEMPLATE template0 \
             ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        ),
    );
    Database { settings: server().settings(&name).unwrap() }
}

/// A database for one test.
#[derive(Debug)]
pub struct Database {
    /// How to connect to it.
    pub settings: Settings,
}

impl Database {
    /// A session on it.
    pub fn session(&self) -> Session {
        open(&self.settings)
    }

    /// Runs SQL, several statements at once.
    pub fn execute(&self, sql: &str) {
        execute(&self.settings, sql);
    }

    /// Runs a file of the repository.
    pub fn execute_file(&self, path: &str) {
        self.execute(&std::fs::read_to_string(repository().join(path)).unwrap());
    }

    /// The first column of all rows of a query.
    pub fn column(&self, query: &str) -> Vec<String> {
        let rows = self.session().client().simple_query(query).unwrap_or_else(|err| {
            panic!("{query}: {err:?}");
        });
        rows.iter()
            .filter_map(|message| match message {
                postgres::SimpleQueryMessage::Row(row) => {
                    Some(row.get(0).unwrap_or("(null)").to_owned())
                }
                _ => None,
            })
            .collect()
    }

    /// Asks again and again until a query has an answer: its first column.
    pub fn wait_for(&self, query: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(answer) = self.column(query).pop() {
                return answer;
            }
            assert!(Instant::now() < deadline, "never: {query}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A connection string for the command line.
    pub fn conninfo(&self) -> String {
        let value = |keyword: &str| {
            let value = self.settings.get(keyword).unwrap_or_default();
            format!("{keyword}='{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
        };
        ["host", "port", "user", "dbname"].map(value).join(" ")
    }

    /// The schema as `pg_dump` prints it, for comparing before and after.
    pub fn dump_schema(&self) -> String {
        let program = installations()
            .newest_with(&["pg_dump"], |major| major >= server().major())
            .and_then(|found| found.program("pg_dump"))
            .unwrap();
        let output = std::process::Command::new(program)
            .args(["--schema-only", "--dbname", &self.conninfo()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        // A random word against injection, other each time.
        text.lines()
            .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"))
            .map(|line| format!("{line}\n"))
            .collect()
    }
}

/// Opens a session or fails the test with pum's own message.
pub fn open(settings: &Settings) -> Session {
    Session::open(settings, &Interrupt::new()).unwrap_or_else(|err| panic!("{err}"))
}

fn execute(settings: &Settings, sql: &str) {
    open(settings).client().batch_execute(sql).unwrap_or_else(|err| panic!("{sql}\n{err:?}"));
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A directory with these files.
pub fn deltas(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

/// Runs psql on a database, stopping at the first error.
pub fn psql(database: &Database, arguments: &[&str]) -> String {
    let program = installations()
        .newest_with(&["psql"], |_| true)
        .and_then(|found| found.program("psql"))
        .unwrap();
    let output = std::process::Command::new(program)
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &database.conninfo()])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a file of the repository with psql.
pub fn execute_file_as_psql(database: &Database, path: &str) {
    psql(database, &["-f", &repository().join(path).display().to_string()]);
}

/// The server programs of this major that `scripts/fetch-postgres-majors.sh` fetched; if it did
/// not, a word about it, or a failure where they all must be there.
pub fn programs_of(major: u32) -> Option<PathBuf> {
    let directory = std::env::var_os("PUM_POSTGRES_MAJORS")
        .map_or_else(|| repository().join("target/postgres-majors"), PathBuf::from);
    let programs = directory.join(major.to_string()).join("bin");
    if programs.join("postgres").is_file() {
        return Some(programs);
    }
    let message = format!(
        "NOT TESTED: PostgreSQL {major} is not in {}: run scripts/fetch-postgres-majors.sh",
        programs.display()
    );
    assert!(std::env::var_os("PUM_REQUIRE_MAJORS").is_none(), "{message}");
    say(&message);
    None
}

/// Says something that must be heard, past the test harness, which shows what failed tests print
/// only.
pub fn say(message: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{message}");
}
