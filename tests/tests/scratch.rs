//! Throw-away servers: made fast, gone afterwards, whatever happens.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pum_core::installation::{Installations, SearchPath};
use pum_core::scratch::{ScratchError, ScratchServer, ServerOptions};
use pum_core::{Hint, Interrupt};
use pum_tests::{installations, open, server_directory, server_options, start_server};

/// Waits for something that another process is about to do.
fn eventually(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn postmaster(directory: &Path) -> String {
    let text = std::fs::read_to_string(directory.join("data/postmaster.pid")).unwrap();
    text.lines().next().unwrap().to_owned()
}

/// A process that has ended, and that nobody has asked about yet, does not run: in a container the
/// first process is often a program that asks about none.
fn is_running(pid: &str) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap();
    let state = String::from_utf8(output.stdout).unwrap();
    !matches!(state.trim().chars().next(), None | Some('Z'))
}

#[test]
fn a_dropped_server_leaves_nothing() {
    let server = start_server(&[("application_name", "it's")]);
    let directory = server.directory().to_owned();
    let pid = postmaster(&directory);
    let mut session = open(&server.settings("postgres").unwrap());
    let name: String = session.client().query_one("SHOW application_name", &[]).unwrap().get(0);
    assert_eq!(name, "pum", "what a connection asks for beats the configuration");
    drop(server);
    assert!(!directory.exists());
    assert!(!is_running(&pid));
}

#[test]
fn a_setting_is_what_was_given() {
    let prefix = r"it's C:\new\'";
    let server = start_server(&[("log_line_prefix", prefix)]);
    let mut session = open(&server.settings("postgres").unwrap());
    let shown: String = session.client().query_one("SHOW log_line_prefix", &[]).unwrap().get(0);
    assert_eq!(shown, prefix);
}

#[test]
fn the_socket_is_private() {
    use std::os::unix::fs::MetadataExt;
    let server = start_server(&[]);
    assert_eq!(std::fs::metadata(server.directory()).unwrap().mode() & 0o777, 0o700);
    let mut session = open(&server.settings("postgres").unwrap());
    let row = session.client().query_one("SHOW listen_addresses", &[]).unwrap();
    assert_eq!(row.get::<_, String>(0), "");
}

/// Runs this test binary's `child_holds_a_server` in a process of its own and tells where its
/// server is, once that runs.
fn child_with_server(base: &Path) -> (std::process::Child, std::path::PathBuf) {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_holds_a_server", "--nocapture"])
        .env("PUM_TEST_CHILD_BASE", base)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let ready = base.join("ready");
    eventually("the child's server", || ready.exists());
    let directory = std::fs::read_to_string(ready).unwrap();
    (child, directory.into())
}

/// Not a test by itself: the process that the two tests below end.
#[test]
fn child_holds_a_server() {
    let Some(base) = std::env::var_os("PUM_TEST_CHILD_BASE") else { return };
    let base = Path::new(&base);
    let mut options = ServerOptions::new(installations());
    options.base = base.to_owned();
    let server = ScratchServer::start(&options, &Interrupt::new()).unwrap();
    std::fs::write(base.join("ready.part"), server.directory().to_str().unwrap()).unwrap();
    std::fs::rename(base.join("ready.part"), base.join("ready")).unwrap();
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    assert!(line.is_empty(), "the sign to panic");
}

fn base_for_child() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let base = tempfile::Builder::new().prefix("pum-test-").tempdir_in(server_directory()).unwrap();
    std::fs::set_permissions(base.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    base
}

#[test]
fn a_killed_process_leaves_nothing() {
    let base = base_for_child();
    let (mut child, directory) = child_with_server(base.path());
    let pid = postmaster(&directory);
    child.kill().unwrap();
    child.wait().unwrap();
    eventually("the end of the server", || !is_running(&pid));
    eventually("the end of its directory", || !directory.exists());
}

#[test]
fn a_panic_leaves_nothing() {
    use std::io::Write;
    let base = base_for_child();
    let (mut child, directory) = child_with_server(base.path());
    child.stdin.take().unwrap().write_all(b"panic\n").unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(!directory.exists(), "gone before the process is");
}

#[test]
fn what_a_killed_watcher_leaves_is_removed_by_the_next() {
    let base = base_for_child();
    let (mut child, directory) = child_with_server(base.path());
    let server = postmaster(&directory);
    // Both at once: the process and the shell that watches over its server.
    let parent = Command::new("ps").args(["-o", "ppid=", "-p", &server]).output().unwrap();
    let watcher = String::from_utf8(parent.stdout).unwrap().trim().to_owned();
    assert!(Command::new("kill").args(["-KILL", &watcher]).status().unwrap().success());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(directory.exists() && is_running(&server), "nobody is left to remove it");

    let mut options = ServerOptions::new(installations());
    options.base = base.path().to_owned();
    let next = ScratchServer::start(&options, &Interrupt::new()).unwrap();
    assert!(!directory.exists());
    assert!(next.directory().exists());
    eventually("the end of the left server", || !is_running(&server));
}

#[test]
fn a_machine_without_server_programs_is_told_so() {
    let nowhere = tempfile::tempdir().unwrap();
    let search = SearchPath { explicit: Some(nowhere.path().to_owned()), path: Vec::new() };
    let options = ServerOptions::new(Installations::find(&search));
    let err = ScratchServer::start(&options, &Interrupt::new()).unwrap_err();
    assert!(matches!(err, ScratchError::NoServer { .. }));
    let text = err.to_string();
    assert!(text.contains("found: none") && text.contains("looked in "), "{text}");
    assert_eq!(err.hint(), Some(Hint::InstallServer { wanted: None }));
}

#[test]
fn an_interrupt_stops_the_start() {
    let interrupt = Interrupt::new();
    interrupt.trigger();
    let err = ScratchServer::start(&ServerOptions::new(installations()), &interrupt).unwrap_err();
    assert!(matches!(err, ScratchError::Interrupted(_)), "{err}");
}

/// A server whose data directory comes from the cache in this directory, or goes there.
fn start_cached(cache: &Path) -> ScratchServer {
    let mut options = server_options();
    options.cache = Some(cache.to_owned());
    ScratchServer::start(&options, &Interrupt::new()).unwrap()
}

/// The entries in a cache.
fn entries(cache: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(cache.join("scratch")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_server_from_the_cache_is_one_of_its_own() {
    let cache = tempfile::tempdir().unwrap();
    let first = start_cached(cache.path());
    let [entry] = &entries(cache.path())[..] else { panic!("not one entry") };
    // What is in the entry is in the server's directory.
    let list = std::fs::read_to_string(entry.join("files")).unwrap();
    std::fs::write(entry.join("data/mark"), "").unwrap();
    std::fs::write(entry.join("files"), list.clone() + "0 mark\n").unwrap();
    let second = start_cached(cache.path());
    assert!(second.directory().join("data/mark").exists(), "it was copied");
    let identity = |server: &ScratchServer| {
        let mut session = open(&server.settings("postgres").unwrap());
        session.client().batch_execute("CREATE TABLE t (id int); CHECKPOINT").unwrap();
        session.identity().unwrap().system_identifier
    };
    assert_ne!(identity(&first), identity(&second));
    drop((first, second));

    // An entry that is not as it was is re-created.
    std::fs::write(entry.join("data/global/pg_control"), "short").unwrap();
    let third = start_cached(cache.path());
    assert!(!third.directory().join("data/mark").exists());
    let control = entries(cache.path())[0].join("data/global/pg_control");
    assert_eq!(std::fs::metadata(control).unwrap().len(), 8192);
}

#[test]
fn servers_that_start_at_once_share_a_cache() {
    let cache = tempfile::tempdir().unwrap();
    std::thread::scope(|threads| {
        let started: Vec<_> =
            (0..3).map(|_| threads.spawn(|| start_cached(cache.path()))).collect();
        let servers: Vec<ScratchServer> =
            started.into_iter().map(|one| one.join().unwrap()).collect();
        for server in &servers {
            open(&server.settings("postgres").unwrap());
        }
    });
    assert_eq!(entries(cache.path()).len(), 1);
}

#[test]
fn a_broken_entry_does_not_keep_a_server_from_starting() {
    let cache = tempfile::tempdir().unwrap();
    drop(start_cached(cache.path()));
    let broken = entries(cache.path())[0].join("data/postgresql.conf");
    let size = std::fs::metadata(&broken).unwrap().len();
    std::fs::write(&broken, "x".repeat(usize::try_from(size).unwrap())).unwrap();
    drop(start_cached(cache.path()));
    assert_eq!(entries(cache.path()), [] as [std::path::PathBuf; 0], "it is gone");
}
