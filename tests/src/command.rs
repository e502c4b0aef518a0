//! The `pum` command, run as a user would, in an environment of its own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::{cache, server_directory};

/// A user's working directory and home, with nothing in the environment but what a test sets.
pub struct Home {
    directory: TempDir,
    variables: Vec<(String, String)>,
}

/// What the command did.
#[derive(Debug)]
pub struct Outcome {
    /// Exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Home {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// Sets a variable for the commands.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file into the home.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Adds a service to `~/.pg_service.conf`.
    pub fn service(&self, name: &str, database: &crate::Database) {
        use std::io::Write;
        let path = self.path().join(".pg_service.conf");
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        writeln!(file, "[{name}]").unwrap();
        for keyword in ["host", "port", "user", "dbname"] {
            writeln!(file, "{keyword}={}", database.settings.get(keyword).unwrap()).unwrap();
        }
    }

    /// The command, not yet started. `program` is the test's `env!("CARGO_BIN_EXE_pum-under-test")`.
    pub fn command<S: AsRef<OsStr>>(&self, program: &str, arguments: &[S]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.path())
            .env("TMPDIR", server_directory())
            .env("PUM_CACHE_DIR", cache())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the command to its end.
    pub fn run<S: AsRef<OsStr>>(&self, program: &str, arguments: &[S]) -> Outcome {
        let output = self.command(program, arguments).output().unwrap();
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Outcome {
    /// Fails the test unless the command ended with this code.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "standard output:\n{}\nstandard error:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// The text of an error, for a snapshot; fails the test unless the command ended with one.
    pub fn error(self) -> String {
        let outcome = self.expect(2);
        assert_eq!(outcome.stdout, "", "an error is not an answer");
        crate::text::stable(&outcome.stderr)
    }

    /// Fails the test unless the command ended with an error whose text has all these parts.
    pub fn expect_error(self, parts: &[&str]) -> Self {
        let outcome = self.expect(2);
        assert_eq!(outcome.stdout, "", "an error is not an answer");
        for part in parts {
            assert!(outcome.stderr.contains(part), "no {part:?} in:\n{}", outcome.stderr);
        }
        outcome
    }
}
