//! Problems of a database that can be detected in advance.
//!
//! [`examine`] connects, looks and writes nothing. It is given what a command would work with, and
//! tells what it saw and each thing that stands against it, with the way out.

mod part;
mod problem;
mod rights;

use crate::connect::{FailureKind, Session, Settings};
use crate::delta::DeltaSet;
use crate::dump::{ToolOverrides, Tools, maintenance_session};
use crate::installation::Installations;
use crate::upgrade::{History, HistoryMismatch, HistoryRules, Status, TableName, refuse_pooler};
use crate::{Hint, Interrupt};

pub use part::DoctorPart;
pub use problem::Problem;
pub use rights::Rights;

/// The inputs for examining a database.
#[derive(Debug, Clone, Copy)]
pub struct DoctorOptions<'a> {
    /// The PostgreSQL programs on this machine.
    pub installations: &'a Installations,
    /// Those that the user named.
    pub overrides: &'a ToolOverrides,
    /// The upgrades table, if one is known.
    pub table: Option<&'a TableName>,
    /// The deltas, if there are any.
    pub deltas: Option<&'a DeltaSet>,
    /// How they are held against the upgrades table.
    pub rules: HistoryRules,
}

/// A database as it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DoctorReport {
    /// The server's properties; empty if there was no connection.
    pub server: Option<ServerReport>,
    /// The contents of the upgrades table; empty if it does not exist.
    pub upgrades: Option<Upgrades>,
    /// The problem to expect.
    pub problems: Vec<Problem>,
}

/// A server, its database, and the role that is connected to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerReport {
    /// Its version, such as `15.18`.
    pub version: String,
    /// The database.
    pub database: String,
    /// The role.
    pub role: String,
    /// What the role may do.
    pub rights: Rights,
    /// The version of TLS, if the connection is encrypted.
    pub tls: Option<String>,
    /// Whether it is a standby.
    pub standby: bool,
    /// The version of the `pg_dump` that would be used.
    pub pg_dump: Option<String>,
}

/// The contents of an upgrades table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upgrades {
    /// The table.
    pub table: String,
    /// The version that the database is at.
    pub version: Option<String>,
    /// How many deltas are pending; nothing if no deltas are known.
    pub pending: Option<usize>,
}

/// Looks at a database. What keeps it from being looked at is among the problems.
pub fn examine(
    settings: &Settings,
    part: DoctorPart,
    with: &DoctorOptions<'_>,
    interrupt: &Interrupt,
) -> DoctorReport {
    let mut found = DoctorReport::default();
    let mut session = match open(settings, part, interrupt) {
        Ok(session) => session,
        Err(problem) => {
            found.problems.push(problem);
            return found;
        }
    };
    if let Err(err) = refuse_pooler(&mut session, interrupt) {
        found.problems.push(Problem::from_error(err));
        // What else would be asked may be answered by another backend.
        return found;
    }
    match server(&mut session, part, with, &mut found.problems) {
        Ok(server) => found.server = Some(server),
        Err(err) => {
            let label = settings.label();
            let what = format!("{label} cannot be examined: {}", crate::connect::describe(&err));
            found.problems.push(Problem::new(what, ""));
        }
    }
    if matches!(part, DoctorPart::Production | DoctorPart::Unknown) {
        found.upgrades = upgrades(&mut session, part, with, &mut found.problems);
    }
    found
}

/// A session on the database, or on its server if the database is one that is yet to be made.
fn open(settings: &Settings, part: DoctorPart, interrupt: &Interrupt) -> Result<Session, Problem> {
    match Session::open(settings, interrupt) {
        Err(err)
            if part == DoctorPart::Test && err.failure() == Some(FailureKind::NoSuchDatabase) =>
        {
            maintenance_session(settings, interrupt).map_err(Problem::from_error)
        }
        opened => opened.map_err(Problem::of_connection),
    }
}

fn server(
    session: &mut Session,
    part: DoctorPart,
    with: &DoctorOptions<'_>,
    problems: &mut Vec<Problem>,
) -> Result<ServerReport, postgres::Error> {
    let (rights, tls) = rights::read(session)?;
    let (role, database) = (session.settings().user(), session.settings().database());
    let (role, database) = (role.to_owned(), database.to_owned());
    let major = session.version().major();
    let standby = session.in_recovery() || session.read_only();
    if standby && part == DoctorPart::Production {
        problems.push(Problem::new(
            "it is a standby or read-only, and cannot be upgraded",
            "connect to the primary; with several hosts, set target_session_attrs=read-write to find it",
        ));
    }
    problems.extend(rights.problems(&role, part, major));
    let tools = Tools::choose(with.installations, with.overrides, major);
    let pg_dump = match tools {
        Ok(tools) => {
            problems.extend(tools.vulnerability().map(|known| {
                let what = known.to_string();
                Problem::new(what, "install newer PostgreSQL client programs")
            }));
            Some(tools.dump_version())
        }
        Err(err) => {
            problems.push(Problem::from_error(err));
            None
        }
    };
    Ok(ServerReport {
        version: session.version().to_string(),
        database,
        role,
        rights,
        tls,
        standby,
        pg_dump,
    })
}

fn upgrades(
    session: &mut Session,
    part: DoctorPart,
    with: &DoctorOptions<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Upgrades> {
    let table = with.table?;
    let history = match History::read(session, table) {
        Ok(history) => history,
        Err(err) => {
            problems.push(Problem::from_error(err));
            return None;
        }
    };
    let label = session.settings().label();
    let Some(history) = history.filter(|history| history.current_version().is_some()) else {
        if part == DoctorPart::Production {
            problems.push(Problem::with_hint(
                format!("it has no upgrades table {table}, or an empty one"),
                Hint::SetBaseline { label: label.to_owned(), table: Some(table.to_string()) },
            ));
        }
        return None;
    };
    let status = with.deltas.map(|deltas| Status::new(deltas, &history, with.rules));
    for concern in status.iter().flat_map(|status| &status.concerns) {
        problems.push(problem_of_history(concern));
    }
    Some(Upgrades {
        table: table.to_string(),
        version: history.current_version().map(ToString::to_string),
        pending: status.map(|status| status.pending()),
    })
}

fn problem_of_history(mismatch: &HistoryMismatch) -> Problem {
    let what = mismatch.to_string();
    match mismatch {
        HistoryMismatch::Changed { .. } => Problem {
            hint: Some(Hint::RecordChecksum),
            ..Problem::new(what, "restore the original content of the file")
        },
        HistoryMismatch::Missing { .. } => {
            Problem::new(what, "restore the file, or check that this is the right directory")
        }
        HistoryMismatch::HalfDone { .. } => Problem::with_hint(what, Hint::ContinueDelta),
        HistoryMismatch::OutOfOrder { .. } => {
            Problem::new(what, "give the delta a version higher than the applied ones")
        }
        HistoryMismatch::BaselineVersion { .. } => {
            Problem::with_hint(what, Hint::SayBaselineIncludesVersion)
        }
    }
}
