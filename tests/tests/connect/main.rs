//! Connections against real servers.
mod certificates;
mod hosts;
mod password;
mod psql;
mod redaction;
mod tls;
mod tool;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use pum_core::Interrupt;
use pum_core::connect::{ConnectError, Environment, FailureKind, Session, Settings};

/// All passwords here hold this, so that no output may.
pub(crate) const SECRET: &str = "hush";

pub(crate) fn environment(home: Option<&Path>, variables: &[(&str, &str)]) -> Environment {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Environment { variables: variables.collect(), home: home.map(Path::to_owned), user: None }
}

pub(crate) fn resolve(text: &str) -> Settings {
    Settings::resolve(text, &Environment::default()).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn open(settings: &Settings) -> Session {
    Session::open(settings, &Interrupt::new()).unwrap_or_else(|error| panic!("{error}"))
}

/// The error of a connection that must not open, after a look whether it shows a password.
pub(crate) fn refused(settings: &Settings) -> ConnectError {
    let error = Session::open(settings, &Interrupt::new()).expect_err("must not open");
    let shown = format!("{error} {error:?} {settings} {settings:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    error
}

/// Checks the last attempt's kind, and that the message has a part.
pub(crate) fn assert_refused(text: &str, kind: FailureKind, part: &str) {
    let error = refused(&resolve(text));
    assert_eq!(error.failure(), Some(kind), "{text}: {error}");
    assert!(error.to_string().contains(part), "{text}: {error}");
}

/// One value, as text.
pub(crate) fn value(session: &mut Session, query: &str) -> String {
    session.client().query_one(query, &[]).unwrap().get(0)
}

pub(crate) fn write(directory: &Path, name: &str, mode: u32, text: &str) -> PathBuf {
    let path = directory.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}
