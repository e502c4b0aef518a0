//! A throw-away PostgreSQL server with its own `pg_hba.conf`, TLS and ports.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

use pum_core::connect::Settings;
use tempfile::TempDir;

use crate::cluster::{Cluster, own, temporary_directory};
use crate::{Database, installations};

/// A running server, stopped and removed when dropped. Its superuser is `postgres`, who is
/// trusted on the Unix socket.
pub struct Server {
    cluster: Cluster,
    port: u16,
    _directory: TempDir,
}

impl Server {
    /// Starts a server with these lines in `postgresql.conf` and `pg_hba.conf`. Relative file
    /// names, such as that of a certificate, are those in `files`, which only the server can
    /// read. With `tcp` it listens on 127.0.0.1 as well.
    pub fn start(tcp: bool, settings: &[&str], access: &[&str], files: &[(&str, &str)]) -> Self {
        Self::start_with(newest_programs(), tcp, settings, access, files)
    }

    /// A server where a commit waits for a standby that is not there, if it asks for one with
    /// `synchronous_commit = on`, and from which standbys can be made; with more settings.
    pub fn with_commits_that_can_wait(settings: &[&str]) -> Self {
        let own = [
            "synchronous_commit = local",
            "synchronous_standby_names = 'nobody'",
            "wal_level = replica",
            "max_wal_senders = 4",
            "hot_standby = on",
            "autovacuum = off",
        ];
        let settings = [own.as_slice(), settings].concat();
        Self::start(false, &settings, &["local replication postgres trust"], &[])
    }

    /// As [`start`](Self::start), with the programs of another directory.
    pub fn start_with(
        programs: PathBuf,
        tcp: bool,
        settings: &[&str],
        access: &[&str],
        files: &[(&str, &str)],
    ) -> Self {
        let server = Self::in_directory("pum-server-", programs);
        server.cluster.initialize("C");
        for (name, text) in files {
            server.replace(name, text);
        }
        let access = format!("local all postgres trust\n{}\n", access.join("\n"));
        server.replace("pg_hba.conf", &access);
        server.listen(tcp, settings)
    }

    fn in_directory(prefix: &str, programs: PathBuf) -> Self {
        let directory = temporary_directory(prefix);
        let cluster = Cluster { directory: directory.path().to_owned(), programs };
        Self { cluster, port: 5432, _directory: directory }
    }

    /// A port can be taken by somebody else between the asking and the start: then another is.
    fn listen(mut self, tcp: bool, settings: &[&str]) -> Self {
        for _ in 0..5 {
            self.port = if tcp { free_port() } else { 5432 };
            let listen = if tcp { "127.0.0.1" } else { "" };
            let text = format!(
                "listen_addresses = '{listen}'\nport = {}\nunix_socket_directories = '{}'\n\
                 fsync = off\nlog_min_messages = warning\n{}\n",
                self.port,
                self.socket_directory(),
                settings.join("\n")
            );
            self.replace("postgresql.conf", &text);
            let Err(log) = self.cluster.start() else { return self };
            assert!(tcp && log.contains("Address already in use"), "pg_ctl start: {log}");
        }
        panic!("no free port");
    }

    /// Where the Unix socket is.
    pub fn socket_directory(&self) -> &str {
        self.cluster.directory.to_str().unwrap()
    }

    /// The port, on the Unix socket and, if the server listens there, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A client program of the server's version.
    pub fn program(&self, name: &str) -> PathBuf {
        self.cluster.programs.join(name)
    }

    /// One of its databases, as superuser on the Unix socket.
    pub fn database(&self, name: &str) -> Database {
        let port = self.port.to_string();
        let pairs = [
            ("host", self.socket_directory()),
            ("port", &port),
            ("user", "postgres"),
            ("dbname", name),
        ];
        Database { settings: Settings::from_pairs(name, pairs).unwrap() }
    }

    /// A superuser's connection.
    pub fn superuser(&self) -> postgres::Client {
        postgres::Config::new()
            .host_path(&self.cluster.directory)
            .port(self.port)
            .user("postgres")
            .dbname("postgres")
            .connect(postgres::NoTls)
            .unwrap()
    }

    /// Runs statements as superuser, each on its own.
    pub fn sql(&self, statements: &[&str]) {
        let mut client = self.superuser();
        for statement in statements {
            client.batch_execute(statement).unwrap();
        }
    }

    /// Writes a file that only the server can read.
    pub fn replace(&self, name: &str, text: &str) {
        let path = self.data().join(name);
        fs::write(&path, text).unwrap();
        own(&path, 0o600);
    }

    /// Starts the server again, with what is in its files now.
    pub fn restart(&self) {
        let data = self.data();
        let log = self.cluster.log();
        let (data, log) = (data.to_str().unwrap(), log.to_str().unwrap());
        self.cluster.run("pg_ctl", &["-D", data, "-l", log, "-m", "fast", "-w", "restart"]);
    }

    /// Stops the server in an orderly way, with everything in its files; `restart` starts it again.
    pub fn stop(&self) {
        self.cluster
            .run("pg_ctl", &["-D", self.data().to_str().unwrap(), "-m", "fast", "-w", "stop"]);
    }

    /// Takes the checksums of pages away, if it has any, from a server that was stopped.
    pub fn without_checksums(&self) {
        let data = self.data();
        // It fails where there are none.
        let _ = self
            .cluster
            .command("pg_checksums")
            .arg("--disable")
            .arg("-D")
            .arg(data)
            .output()
            .unwrap();
    }

    /// A file of a relation, as `pg_relation_filepath` names it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.data().join(name)
    }

    /// A standby that streams from this server, on a socket of its own.
    pub fn standby(&self) -> Self {
        let mut standby = Self::in_directory("pum-standby-", self.cluster.programs.clone());
        standby.port = self.port;
        let (data, port) = (standby.data(), self.port.to_string());
        let data = data.to_str().unwrap();
        let source = ["-h", self.socket_directory(), "-p", &port, "-U", "postgres"];
        let how = ["-D", data, "-R", "-X", "stream", "-c", "fast", "--no-sync"];
        standby.cluster.run("pg_basebackup", &[source.as_slice(), how.as_slice()].concat());
        let conf = fs::read_to_string(standby.data().join("postgresql.conf")).unwrap();
        let conf = conf.replace(self.socket_directory(), standby.socket_directory());
        standby.replace("postgresql.conf", &conf);
        standby.cluster.start().unwrap_or_else(|log| panic!("pg_ctl start: {log}"));
        standby
    }

    /// Makes a standby a server that can be written to.
    pub fn promote(&self) {
        self.cluster.run("pg_ctl", &["-D", self.data().to_str().unwrap(), "-w", "promote"]);
    }

    /// Ends the server at once, as if the machine had lost power.
    pub fn crash(&self) {
        self.cluster
            .run("pg_ctl", &["-D", self.data().to_str().unwrap(), "-m", "immediate", "stop"]);
    }

    fn data(&self) -> PathBuf {
        self.cluster.data()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.data();
        let _ = self
            .cluster
            .command("pg_ctl")
            .arg("-D")
            .arg(data)
            .args(["-m", "immediate", "stop"])
            .output();
    }
}

fn newest_programs() -> PathBuf {
    let installed = installations();
    let newest = installed.newest_with(&["initdb", "pg_ctl", "postgres"], |_| true);
    newest.expect("PostgreSQL's server is installed").directory().to_owned()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
