use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::ScratchError;
use super::data_cache::DataCache;
use super::leftover::{LOCK, PREFIX, remove_leftovers};
use super::user::{ServerUser, server_user};
use crate::Interrupt;
use crate::connect::{ConnectError, Session, Settings};
use crate::installation::{Installation, Installations};

/// What a scratch server should be.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerOptions {
    /// Where PostgreSQL programs are.
    pub installations: Installations,
    /// Where the server's directory is made, usually `/tmp`: the path of a Unix socket must be
    /// short, and an unprivileged user must be able to get there.
    pub base: PathBuf,
    /// The major version: this one if it is installed, else the next newer one.
    pub major: Option<u32>,
    /// More settings, as in `postgresql.conf`.
    pub settings: Vec<(String, String)>,
    /// Where freshly initialized data directories are kept from run to run, some 40 MB for each
    /// installation of PostgreSQL: a server starts in a fraction of the time then. A directory that
    /// others can write is not used. `None`: they are not kept.
    pub cache: Option<PathBuf>,
}

impl ServerOptions {
    /// A server of the newest installed version, in `/tmp`.
    pub fn new(installations: Installations) -> Self {
        let (base, settings) = (PathBuf::from("/tmp"), Vec::new());
        Self { installations, base, major: None, settings, cache: None }
    }
}

/// A running throw-away server. Dropping it ends it and removes all it had.
#[derive(Debug)]
pub struct ScratchServer {
    directory: PathBuf,
    major: u32,
    /// The shell that watches over the server until its standard input ends.
    watcher: Child,
    /// Whether it is to outlive this value and this process.
    kept: AtomicBool,
    /// Locked while this process lives; see [`super::leftover`].
    _lock: File,
}

/// The superuser of a scratch server.
const SUPERUSER: &str = "postgres";

/// How long a server may take to accept connections.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Starts the server and ends it when standard input does: that is, when the process at the other
/// end of the pipe closes it or dies in whatever way.
const WATCHER: &str = r#"
"$@" >"$PUM_SCRATCH/log" 2>&1 </dev/null &
server=$!
read -r word
if [ "$word" = keep ]; then
    trap '' HUP
    exec <&-
    wait "$server"
    cd /
    rm -rf "$PUM_SCRATCH"
    exit
fi
kill -QUIT "$server" 2>/dev/null
wait "$server"
cd /
rm -rf "$PUM_SCRATCH"
"#;

impl ScratchServer {
    /// Makes a cluster and starts it. Leftovers of killed runs are removed on the way.
    ///
    /// # Errors
    ///
    /// If no server program is installed, there is no user to run it as, or it does not start.
    pub fn start(options: &ServerOptions, interrupt: &Interrupt) -> Result<Self, ScratchError> {
        let cache = options.cache.as_deref().and_then(DataCache::open);
        match (Self::start_with(options, cache.as_ref(), interrupt), cache) {
            (Err(ScratchError::Start { .. }), Some(cache)) => {
                // It may be the copy: a data directory re-created does not have what is wrong with it.
                let started = Self::start_with(options, None, interrupt);
                if started.is_ok() {
                    cache.clear();
                }
                started
            }
            (started, _) => started,
        }
    }

    fn start_with(
        options: &ServerOptions,
        cache: Option<&DataCache>,
        interrupt: &Interrupt,
    ) -> Result<Self, ScratchError> {
        interrupt.check()?;
        let installation = choose(options)?;
        let user = server_user()?;
        let base = usable_base(&options.base, user);
        remove_leftovers(&base);
        let (directory, lock) = make_directory(&base, user)?;
        // From here on the directory must go if anything fails.
        let unfinished = RemoveOnDrop(Some(directory.clone()));
        let maker = DataDirectory { installation: &installation, directory: &directory, user };
        maker.make(cache, interrupt)?;
        write_settings(&directory, &options.settings)?;
        let watcher = start_watcher(&installation, &directory, user)?;
        let server = Self {
            directory,
            major: installation.major(),
            watcher,
            kept: AtomicBool::new(false),
            _lock: lock,
        };
        unfinished.keep();
        server.wait_until_ready(interrupt)?;
        Ok(server)
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
        self.settings_as(database, SUPERUSER)
    }

    /// How to connect to one of its databases as another role; no password is asked for.
    ///
    /// # Errors
    ///
    /// If the name cannot be that of a database, or the role's that of a role.
    pub fn settings_as(&self, database: &str, role: &str) -> Result<Settings, ConnectError> {
        Settings::from_pairs(
            &format!("scratch database {database}"),
            [
                ("host", &*self.directory.to_string_lossy()),
                ("port", "5432"),
                ("user", role),
                ("dbname", database),
                ("application_name", "pum"),
            ],
        )
    }

    /// The end of the server's log.
    pub fn log(&self) -> String {
        end_of_file(&self.directory.join("log"))
    }

    /// Has it run on when this value is dropped and this process is at its end. The process of the server,
    /// which is ended by any signal that ends a server: its directory goes then too. `None` if that
    /// cannot be done: the server ends as usual then.
    pub(crate) fn keep_running(&self) -> Option<u32> {
        let pid = fs::read_to_string(self.directory.join("data/postmaster.pid")).ok()?;
        let pid = pid.lines().next()?.trim().parse().ok()?;
        // Without the file it is not taken for what a killed run has left.
        fs::remove_file(self.directory.join(LOCK)).ok()?;
        let mut watcher = self.watcher.stdin.as_ref()?;
        watcher.write_all(b"keep\n").ok()?;
        self.kept.store(true, Ordering::Relaxed);
        Some(pid)
    }

    fn wait_until_ready(&self, interrupt: &Interrupt) -> Result<(), ScratchError> {
        let settings = self.settings("postgres")?;
        let deadline = Instant::now() + START_LIMIT;
        while !(self.says_ready() && Session::open(&settings, interrupt).is_ok()) {
            interrupt.check()?;
            if Instant::now() >= deadline || self.has_ended() {
                return Err(ScratchError::Start { log: self.log() });
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Whether the postmaster wrote into its lock file that it accepts connections, as `pg_ctl`
    /// reads it (`LOCK_FILE_LINE_PM_STATUS`): an attempt to connect before that only delays it.
    fn says_ready(&self) -> bool {
        let text = fs::read_to_string(self.directory.join("data/postmaster.pid"));
        text.is_ok_and(|text| text.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
    }

    /// Whether the postmaster gave up: it then says so in its log and removes its lock file.
    fn has_ended(&self) -> bool {
        let log = self.log();
        log.contains("FATAL:") && !self.directory.join("data/postmaster.pid").exists()
    }
}

impl Drop for ScratchServer {
    fn drop(&mut self) {
        if self.kept.load(Ordering::Relaxed) {
            return;
        }
        // The end of its standard input is the watcher's sign.
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Removes a directory unless told to keep it.
struct RemoveOnDrop(Option<PathBuf>);

impl RemoveOnDrop {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for RemoveOnDrop {
    fn drop(&mut self) {
        if let Some(directory) = &self.0 {
            let _ = fs::remove_dir_all(directory);
        }
    }
}

/// The major version of the server that [`ScratchServer::start`] would start, or what keeps it from
/// starting, as far as that shows before anything is made.
///
/// # Errors
///
/// If no server program is installed, or there is no user to run it as.
pub fn would_start(options: &ServerOptions) -> Result<u32, ScratchError> {
    server_user()?;
    choose(options).map(|installation| installation.major())
}

fn choose(options: &ServerOptions) -> Result<Installation, ScratchError> {
    let programs = ["initdb", "postgres"];
    let newer: Vec<u32> = options.installations.list().iter().map(Installation::major).collect();
    let wanted = options.major.unwrap_or(0);
    let next = newer.into_iter().filter(|&major| major >= wanted).min();
    let installation = if options.major.is_some() {
        options.installations.newest_with(&programs, |major| Some(major) == next)
    } else {
        None
    };
    installation
        .or_else(|| options.installations.newest_with(&programs, |major| major >= wanted))
        .cloned()
        .ok_or_else(|| ScratchError::NoServer {
            wanted: options.major,
            searched: options.installations.describe_search(&programs),
        })
}

/// The longest path of a socket is a little over 100 bytes; and another user can only get into a
/// directory if all directories above let it through.
fn usable_base(base: &Path, user: ServerUser) -> PathBuf {
    const LONGEST: usize = 60;
    let short = base.as_os_str().len() <= LONGEST;
    let open = || {
        base.ancestors().all(|directory| {
            fs::metadata(directory).is_ok_and(|data| data.permissions().mode() & 0o001 != 0)
        })
    };
    if short && (!user.is_other || open()) { base.to_owned() } else { PathBuf::from("/tmp") }
}

fn make_directory(base: &Path, user: ServerUser) -> Result<(PathBuf, File), ScratchError> {
    let directory = tempfile::Builder::new()
        .prefix(PREFIX)
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(base)
        .map_err(file_error("make a directory in", base))?;
    // Locked before it has its name: a process that finds it by that name finds it locked.
    let (unnamed, lock_path) = (directory.path().join("owner.new"), directory.path().join(LOCK));
    let lock = File::create(&unnamed).map_err(file_error("make", &unnamed))?;
    lock.lock().map_err(file_error("lock", &unnamed))?;
    fs::rename(&unnamed, &lock_path).map_err(file_error("name", &lock_path))?;
    if user.is_other {
        let (uid, gid) = (user.uid.as_raw(), user.gid.as_raw());
        for path in [directory.path(), &lock_path] {
            chown(path, Some(uid), Some(gid)).map_err(file_error("hand over", path))?;
        }
    }
    Ok((directory.keep(), lock))
}

/// A data directory to be made.
struct DataDirectory<'a> {
    installation: &'a Installation,
    /// The scratch directory, of which it is a part.
    directory: &'a Path,
    user: ServerUser,
}

impl DataDirectory<'_> {
    /// Copies one that was made before, or re-creates it.
    fn make(&self, cache: Option<&DataCache>, interrupt: &Interrupt) -> Result<(), ScratchError> {
        // The locale that knows all of Unicode and sorts the same everywhere.
        let preferred = if cfg!(target_os = "linux") { "C.UTF-8" } else { "C" };
        let result = match self.make_in(preferred, cache) {
            Err(ScratchError::Initdb { .. }) if preferred != "C" => {
                let _ = fs::remove_dir_all(self.path());
                self.make_in("C", cache)
            }
            other => other,
        };
        interrupt.check()?;
        result
    }

    fn path(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn make_in(&self, locale: &str, cache: Option<&DataCache>) -> Result<(), ScratchError> {
        let mut arguments = ["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8"]
            .map(str::to_owned)
            .to_vec();
        // Files of WAL that are small to copy.
        arguments.extend(["--wal-segsize=1".to_owned(), format!("--locale={locale}")]);
        let key = DataCache::key(self.installation, &arguments);
        let Some((cache, key)) = cache.zip(key) else { return self.run_initdb(&arguments) };
        if !cache.copy(&key, &self.path(), self.user) {
            self.run_initdb(&arguments)?;
            cache.keep(&key, &self.path());
        }
        Ok(())
    }

    fn run_initdb(&self, arguments: &[String]) -> Result<(), ScratchError> {
        let program = self.installation.directory().join("initdb");
        let mut command = as_user(&program, self.directory, self.user);
        command
            .arg("--pgdata")
            .arg(self.path())
            .arg("--no-sync")
            .args(arguments)
            // Spares initdb the search for this machine's time zone.
            .env("TZ", "UTC")
            .stdin(Stdio::null());
        let output =
            command.output().map_err(|source| ScratchError::Program { program, cause: source })?;
        if output.status.success() {
            return Ok(());
        }
        let text = [output.stdout, output.stderr].concat();
        Err(ScratchError::Initdb { output: String::from_utf8_lossy(&text).trim().to_owned() })
    }
}

fn write_settings(directory: &Path, more: &[(String, String)]) -> Result<(), ScratchError> {
    let own = [
        ("listen_addresses", String::new()),
        ("unix_socket_directories", directory.to_string_lossy().into_owned()),
        ("port", "5432".to_owned()),
        ("fsync", "off".to_owned()),
        ("synchronous_commit", "off".to_owned()),
        ("full_page_writes", "off".to_owned()),
        ("wal_level", "minimal".to_owned()),
        ("max_wal_size", "1GB".to_owned()),
        ("max_wal_senders", "0".to_owned()),
        ("max_connections", "100".to_owned()),
        // Scripts that make some thousands of tables in one transaction.
        ("max_locks_per_transaction", "256".to_owned()),
        ("autovacuum", "off".to_owned()),
    ];
    let own = own.iter().map(|(name, value)| (*name, value.as_str()));
    let more = more.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let lines: String = own
        .chain(more)
        .map(|(name, value)| {
            format!("{name} = '{}'\n", value.replace('\\', "\\\\").replace('\'', "''"))
        })
        .collect();
    let path = directory.join("data/postgresql.auto.conf");
    fs::write(&path, lines).map_err(file_error("write", &path))
}

fn start_watcher(
    installation: &Installation,
    directory: &Path,
    user: ServerUser,
) -> Result<Child, ScratchError> {
    let program = PathBuf::from("/bin/sh");
    let mut command = as_user(&program, directory, user);
    command
        .args(["-c", WATCHER, "pum-scratch"])
        .arg(installation.directory().join("postgres"))
        .arg("-D")
        .arg(directory.join("data"))
        .env("PUM_SCRATCH", directory)
        // Ctrl-C goes to a whole process group: this server ends when pum is done with it.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().map_err(|source| ScratchError::Program { program, cause: source })
}

/// A command that runs in the scratch directory, as the user who owns it, and whose PostgreSQL
/// programs are not misled by variables meant for others.
fn as_user(program: &Path, directory: &Path, user: ServerUser) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    if user.is_other {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    command
}

fn end_of_file(path: &Path) -> String {
    const LONGEST: usize = 4000;
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
    if read.is_err() {
        return String::new();
    }
    let start = bytes.len().saturating_sub(LONGEST);
    String::from_utf8_lossy(&bytes[start..]).trim().to_owned()
}

fn file_error<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> ScratchError + 'a {
    move |source| ScratchError::File { action, path: path.to_owned(), cause: source }
}
