//! The files of servers that tests start: where they are, whose they are, and `initdb` once for all.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use nix::sys::statvfs::statvfs;
use nix::unistd::{Uid, User};
use tempfile::TempDir;

use crate::{repository, system_identifier};

/// What the servers and databases of all tests need at once, amply.
const ROOM: u64 = 4 << 30;

/// Where servers have their files: what `PUM_TEST_DIRECTORY` names, or memory where there is room, or
/// `/tmp`. A server is a thousand small files, and a disk's file system spends more time on them than
/// the server on what the tests ask for.
pub fn server_directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        if let Some(directory) = std::env::var_os("PUM_TEST_DIRECTORY") {
            return directory.into();
        }
        let memory = Path::new("/dev/shm");
        PathBuf::from(if has_room(memory) { memory } else { Path::new("/tmp") })
    })
}

/// Whether everybody may make files in a directory, and many of them.
fn has_room(directory: &Path) -> bool {
    fs::metadata(directory).is_ok_and(|data| data.is_dir() && data.mode() & 0o1777 == 0o1777)
        && statvfs(directory)
            .is_ok_and(|system| system.blocks_available() * system.fragment_size() >= ROOM)
}

/// Who runs the server when root runs the tests: PostgreSQL refuses to run as root.
pub(crate) fn server_user() -> Option<User> {
    let find = |name| User::from_name(name).ok().flatten();
    Uid::effective().is_root().then(|| find("postgres").or_else(|| find("nobody")).unwrap())
}

/// Makes a file or directory the server's own.
pub(crate) fn own(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    if let Some(user) = server_user() {
        chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
    }
}

/// The directory of a server: its data, its log, its socket.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) directory: PathBuf,
    pub(crate) programs: PathBuf,
}

impl Cluster {
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.directory.join("log")
    }

    /// Makes the data of a new server, as `initdb` does.
    pub(crate) fn initialize(&self, locale: &str) {
        copy(&template(&self.programs, locale), &self.data());
        system_identifier::renew(&self.data()).unwrap();
    }

    /// Starts the server, which goes on when this process ends; or gives its log.
    pub(crate) fn start(&self) -> Result<(), String> {
        let (data, log) = (self.data(), self.log());
        let arguments = ["-D", data.to_str().unwrap(), "-l", log.to_str().unwrap(), "-w", "start"];
        let output = self.command("pg_ctl").args(arguments).output().unwrap();
        if output.status.success() {
            return Ok(());
        }
        Err(fs::read_to_string(log).unwrap_or_default())
    }

    /// A server program, run without a superuser's rights and without the caller's variables.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.env_clear().current_dir(&self.directory);
        if let Some(user) = server_user() {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    pub(crate) fn run(&self, name: &str, arguments: &[&str]) -> Output {
        let output = self.command(name).args(arguments).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }
}

/// Data as `initdb` makes it, once for each version of the server: it takes longer than all else
/// about a server.
fn template(programs: &Path, locale: &str) -> PathBuf {
    let version = Command::new(programs.join("postgres")).arg("--version").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let key = format!("{}-{locale}-{}", version.trim(), Uid::effective())
        .replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    let all = repository().join("target/test-clusters");
    fs::create_dir_all(&all).unwrap();
    let lock = File::create(all.join(format!("{key}.lock"))).unwrap();
    lock.lock().unwrap();
    let template = all.join(&key);
    if !template.exists() {
        let directory = temporary_directory("pum-initdb-");
        let cluster =
            Cluster { directory: directory.path().to_owned(), programs: programs.to_owned() };
        let data = cluster.data();
        let data = data.to_str().unwrap();
        let how = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"];
        let locale = format!("--locale={locale}");
        cluster.run("initdb", &[&["-D", data, &locale], how.as_slice()].concat());
        let part = all.join(format!("{key}.new"));
        let _ = fs::remove_dir_all(&part);
        copy(&cluster.data(), &part);
        fs::rename(part, &template).unwrap();
    }
    template
}

/// A directory for a server, which its user can enter.
pub(crate) fn temporary_directory(prefix: &str) -> TempDir {
    let directory = tempfile::Builder::new().prefix(prefix).tempdir_in(server_directory()).unwrap();
    own(directory.path(), 0o755);
    directory
}

/// Copies a directory of the server's, with all in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    own(to, 0o700);
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
            own(&to, 0o600);
        }
    }
}
