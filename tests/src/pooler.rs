//! PgBouncer in front of a server.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::cluster::{own, server_user, temporary_directory};
use crate::say;

/// A running PgBouncer on a Unix socket, ended when dropped.
pub struct Pooler {
    directory: TempDir,
    child: Child,
}

impl Pooler {
    /// Starts one in front of the server whose socket is there; everybody is the superuser. `None`,
    /// with a word about it, where PgBouncer is not installed.
    pub fn start(socket: &Path, pool_mode: &str, pool_size: u32) -> Option<Self> {
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];
        let Some(program) = program.into_iter().find(|path| Path::new(path).exists()) else {
            say("NOT TESTED: PgBouncer is not installed: apt-get install pgbouncer");
            return None;
        };
        let directory = temporary_directory("pum-pooler-");
        let socket_directory = directory.path().display();
        let text = format!(
            "[databases]\n* = host={} port=5432 user=postgres\n[pgbouncer]\nlisten_addr =\n\
             unix_socket_dir = {socket_directory}\nlisten_port = 5432\nauth_type = any\n\
             pool_mode = {pool_mode}\ndefault_pool_size = {pool_size}\n",
            socket.display()
        );
        let file = directory.path().join("pgbouncer.ini");
        fs::write(&file, text).unwrap();
        own(&file, 0o600);
        let mut command = Command::new(program);
        command.arg("-q").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(user) = server_user() {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        let mut child = command.spawn().unwrap();
        while !directory.path().join(".s.PGSQL.5432").exists() {
            assert!(child.try_wait().unwrap().is_none(), "PgBouncer did not start");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        Some(Self { directory, child })
    }

    /// Where its Unix socket is.
    pub fn socket(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
