use std::time::{Duration, Instant};

use super::amcheck::Amcheck;
use super::contents::{Plan, look};
use super::relations::Reading;
use super::report::{CheckReport, Report};
use super::session::{failure, open};
use super::{Check, Level, VerifyError, quick, sequences};
use crate::Interrupt;
use crate::connect::{Session, Settings};
use crate::progress::{Event, Observer};

/// How to look at a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How deep.
    pub level: Level,
    /// How many tables and indexes at once, each on a connection of its own.
    pub jobs: usize,
    /// How long to wait for a lock that somebody holds on a table or index.
    pub lock_timeout: Duration,
}

impl Default for Options {
    /// The standard level, two at once, five seconds for a lock.
    fn default() -> Self {
        Self { level: Level::Standard, jobs: 2, lock_timeout: Duration::from_secs(5) }
    }
}

/// Looks at a database. What is wrong with it stands in the report; an error says why it could not
/// be looked at.
pub fn verify(
    settings: &Settings,
    options: &Options,
    observer: &mut dyn Observer,
    interrupt: &Interrupt,
) -> Result<Report, VerifyError> {
    let started = Instant::now();
    let mut session = open(settings, options.lock_timeout, interrupt)?;
    let title = format!("verify {}", session.settings().label());
    observer.notify(Event::StepStarted { title: &title });
    let mut report = Report {
        label: session.settings().label().to_owned(),
        database: session.settings().database().to_owned(),
        version: session.version(),
        in_recovery: session.in_recovery(),
        level: options.level,
        checks: quick_checks(&mut session, options, observer, interrupt)?,
        tables: Vec::new(),
        sequences: Vec::new(),
        duration: Duration::ZERO,
    };
    if options.level >= Level::Standard {
        contents(&mut session, options, &mut report, observer, interrupt)?;
    }
    report.duration = started.elapsed();
    Ok(report)
}

fn quick_checks(
    session: &mut Session,
    options: &Options,
    observer: &mut dyn Observer,
    interrupt: &Interrupt,
) -> Result<Vec<CheckReport>, VerifyError> {
    let mut reports = Vec::new();
    for &check in Check::ALL {
        observer.notify(Event::Output { line: check.name() });
        if let Some(query) = check.query() {
            reports.push(quick::run(session, check, query, interrupt)?);
        } else if check == Check::Sequences {
            reports.push(sequences::check(session, options.level, interrupt)?);
        }
    }
    Ok(reports)
}

fn contents(
    session: &mut Session,
    options: &Options,
    report: &mut Report,
    observer: &mut dyn Observer,
    interrupt: &Interrupt,
) -> Result<(), VerifyError> {
    let amcheck = Amcheck::find(session, interrupt)?;
    let reading = if options.level == Level::Deep { Reading::Hash } else { Reading::Print };
    let plan = Plan { options, reading, amcheck: Some(&amcheck) };
    let begun = session.client().batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    begun.map_err(|err| failure("begin a transaction", session, &err))?;
    report.sequences =
        sequences::states(session).map_err(|err| failure("read the sequences", session, &err))?;
    let found = look(session, &plan, observer, interrupt)?;
    report.checks.extend([found.tables, found.heap, found.btree]);
    report.tables = found.rows;
    Ok(())
}
