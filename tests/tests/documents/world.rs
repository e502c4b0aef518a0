//! The world that a session of a document is played in: a home, a shell, and `pum` on the `PATH`.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use pum_tests::command::{Home, Outcome};
use pum_tests::{Database, installations, server_directory};
use regex::{Captures, Regex};
use tempfile::NamedTempFile;

use super::PUM;

/// How long anything in a session may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Where a reader is at home, in the documents.
const HOME_SHOWN: &str = "/home/ann";

/// A home as somebody has it who types what a document shows.
pub(crate) struct World {
    pub(crate) home: Home,
}

/// What a command came to.
pub(crate) struct Ended {
    /// Exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output and error, as they came.
    pub(crate) screen: String,
}

/// A command that runs.
pub(crate) struct Running {
    child: Child,
    /// All that it says, on standard output and error.
    screen: NamedTempFile,
    home: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let home = Home::new();
        let programs = home.path().join(".bin");
        std::fs::create_dir(&programs).unwrap();
        symlink(PUM, programs.join("pum")).unwrap();
        Self { home }
    }

    /// Runs pum to prepare what a session begins with.
    pub(crate) fn pum(&self, line: &str) -> Outcome {
        self.home.run(PUM, &line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs a command as typed, to its end.
    pub(crate) fn run(&self, typed: &str) -> Ended {
        self.start(typed).end()
    }

    /// Starts a command as typed.
    pub(crate) fn start(&self, typed: &str) -> Running {
        let mut running = self.start_asking(typed);
        drop(running.child.stdin.take());
        running
    }

    /// Starts a command as typed, which can be answered.
    pub(crate) fn start_asking(&self, typed: &str) -> Running {
        let screen = NamedTempFile::new().unwrap();
        let (stdout, stderr) = {
            let both = screen.reopen().unwrap();
            (both.try_clone().unwrap(), both)
        };
        let typed = self.with_present_run(typed);
        let mut command = self.home.command("bash", &["-c", &typed]);
        let child = command
            .env("PATH", self.path())
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .unwrap();
        Running { child, screen, home: self.home.path().display().to_string() }
    }

    /// The `PATH`: pum, PostgreSQL's programs, all the rest.
    fn path(&self) -> std::ffi::OsString {
        let psql = installations()
            .newest_with(&["psql"], |_| true)
            .and_then(|found| found.program("psql"))
            .unwrap();
        let own = [self.home.path().join(".bin"), psql.parent().unwrap().to_owned()];
        let path = std::env::var_os("PATH").unwrap();
        std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path))).unwrap()
    }

    /// Who types a run's id types that of the run there is, not that of the document.
    fn with_present_run(&self, typed: &str) -> String {
        let id = Regex::new(r"\b\d{8}-\d{6}-\d+\b").unwrap();
        id.replace_all(typed, |_: &Captures| self.newest_run()).into_owned()
    }

    /// The id of the newest run in `pum-runs`.
    pub(crate) fn newest_run(&self) -> String {
        let runs = std::fs::read_dir(self.home.path().join("pum-runs")).unwrap();
        let names = runs.map(|run| run.unwrap().file_name().into_string().unwrap());
        names.max().expect("there was a run")
    }
}

impl Running {
    /// What is on the screen so far.
    pub(crate) fn screen(&self) -> String {
        let text = std::fs::read(self.screen.path()).unwrap();
        let text = String::from_utf8_lossy(&text).replace(&self.home, HOME_SHOWN);
        // A reader's temporary files are where they are by default.
        text.replace(&format!("{}/", server_directory().display()), "/tmp/")
    }

    /// Waits until a text is on the screen.
    pub(crate) fn wait_for_text(&mut self, text: &str) {
        let deadline = Instant::now() + LIMIT;
        while !self.screen().contains(text) {
            assert!(Instant::now() < deadline, "never on the screen: {text}\n{}", self.screen());
            assert!(self.is_running(), "it ended without {text:?}:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until a query has an answer, while the command runs.
    pub(crate) fn wait_for(&mut self, database: &Database, query: &str) -> String {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(answer) = database.column(query).pop() {
                return answer;
            }
            assert!(Instant::now() < deadline, "never: {query}\n{}", self.screen());
            assert!(self.is_running(), "it ended before {query}:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Types an answer.
    pub(crate) fn answer(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("it can be answered");
        writeln!(stdin, "{line}").unwrap();
    }

    /// Ends the command as `kill -9` does: a shell becomes the one program that it is to run.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end.
    pub(crate) fn end(mut self) -> Ended {
        let code = self.child.wait().unwrap().code();
        Ended { code, screen: self.screen() }
    }

    fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

/// Nothing goes on when a test has failed.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
