use std::thread;
use std::time::Instant;

use super::against::{Against, Holding};
use super::amcheck::Amcheck;
use super::contents::{Plan, check_contents};
use super::finding::Finding;
use super::options::VerifyOptions;
use super::relations::Reading;
use super::report::{CheckReport, VerifyReport};
use super::session::{Guarded, failure, open};
use super::task::{Judged, judge};
use super::{Check, Level, VerifyError, quick, sequences};
use crate::connect::{ServerMessage, ServerVersion, Session, Settings};
use crate::progress::Event;
use crate::{Context, Interrupt};

/// Verifies a database. Problems are in the report; an error means that it could not be verified.
///
/// # Errors
///
/// If the connection is lost or the context is interrupted. Findings are in the report.
pub fn verify(
    settings: &Settings,
    options: &VerifyOptions,
    context: &mut Context<'_>,
) -> Result<VerifyReport, VerifyError> {
    match &options.against {
        None => verify_database(settings, options, context).map(|(report, _)| report),
        Some(other) => side_by_side(settings, other, options, context),
    }
}

/// Looks at a database, and reads another one at the same time.
fn side_by_side(
    settings: &Settings,
    other: &Settings,
    options: &VerifyOptions,
    context: &mut Context<'_>,
) -> Result<VerifyReport, VerifyError> {
    let interrupt = &context.interrupt().clone();
    let started = Instant::now();
    let (left, right) = thread::scope(|scope| {
        let right = scope.spawn(|| read_only(other, options, interrupt));
        (verify_database(settings, options, context), right.join())
    });
    let right = right.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let ((mut report, left), (names, right)) = (left?, right?);
    let mut against = Against::new(names, &left, &right.holding);
    // Damage there is found only here.
    against.findings.extend(right.reports.into_iter().flat_map(|report| report.findings).map(
        |finding| Finding {
            problem: format!("{} (in the other database)", finding.problem),
            remedy: None,
            ..finding
        },
    ));
    report.against = Some(against);
    report.duration = started.elapsed();
    Ok(report)
}

/// The contents of a database, and its label, name and version.
type Other = ((String, String, ServerVersion), DatabaseChecks);

fn read_only(
    settings: &Settings,
    options: &VerifyOptions,
    interrupt: &Interrupt,
) -> Result<Other, VerifyError> {
    let mut session = open(settings, options.lock_timeout, interrupt)?;
    let (label, database) = (session.settings().label(), session.settings().database());
    let names = (label.to_owned(), database.to_owned(), session.version());
    let mut found = DatabaseChecks::new(&session);
    found.sequences(&mut session, interrupt)?;
    let plan = Plan { options, reading: Reading::Hash, amcheck: None };
    found.contents(&mut session, &plan, &mut Context::silent(interrupt))?;
    Ok((names, found))
}

fn verify_database(
    settings: &Settings,
    options: &VerifyOptions,
    context: &mut Context<'_>,
) -> Result<(VerifyReport, Holding), VerifyError> {
    let started = Instant::now();
    let mut session = open(settings, options.lock_timeout, context.interrupt())?;
    let title = format!("verify {}", session.settings().label());
    context.notify(Event::StepStarted { title: &title });
    let mut found = DatabaseChecks::new(&session);
    found.reports = quick_checks(&mut session, options, context)?;
    let amcheck = match options.level {
        Level::Quick => None,
        Level::Standard | Level::Deep => Some(Amcheck::find(&mut session, context.interrupt())?),
    };
    if amcheck.is_some() || options.against.is_some() {
        let hashed = options.level == Level::Deep || options.against.is_some();
        let reading = if hashed { Reading::Hash } else { Reading::Print };
        let plan = Plan { options, reading, amcheck: amcheck.as_ref() };
        found.sequences(&mut session, context.interrupt())?;
        found.contents(&mut session, &plan, context)?;
    }
    let report = VerifyReport {
        label: session.settings().label().to_owned(),
        database: session.settings().database().to_owned(),
        version: session.version(),
        in_recovery: session.in_recovery(),
        level: options.level,
        checks: found.reports,
        tables: found.holding.tables.clone(),
        sequences: found.holding.sequences.clone(),
        against: None,
        duration: started.elapsed(),
    };
    Ok((report, found.holding))
}

fn quick_checks(
    session: &mut Guarded,
    options: &VerifyOptions,
    context: &mut Context<'_>,
) -> Result<Vec<CheckReport>, VerifyError> {
    let mut reports = Vec::new();
    for &check in Check::ALL {
        context.notify(Event::Output { line: check.name() });
        if let Some(query) = check.query() {
            reports.push(quick::run(session, check, query, context.interrupt())?);
        } else if check == Check::Sequences {
            reports.push(sequences::check(session, options.level, context.interrupt())?);
        }
    }
    Ok(reports)
}

/// The findings so far.
struct DatabaseChecks {
    reports: Vec<CheckReport>,
    holding: Holding,
}

impl DatabaseChecks {
    fn new(session: &Session) -> Self {
        let encoding = session.encoding().to_owned();
        Self { reports: Vec::new(), holding: Holding { encoding, ..Holding::default() } }
    }

    /// Reads where sequences stand. They do not take part in transactions.
    fn sequences(
        &mut self,
        session: &mut Guarded,
        interrupt: &Interrupt,
    ) -> Result<(), VerifyError> {
        match sequences::states(session) {
            Ok((states, unread)) => {
                self.holding.sequences = states;
                let why = || "the role may not read it, or a standby does not have it".to_owned();
                self.holding.unread.extend(unread.into_iter().map(|name| (name, why())));
                Ok(())
            }
            Err(err) => {
                interrupt.check()?;
                match judge(session, &err) {
                    Judged::Lost => Err(failure("read the sequences", session, &err)),
                    // The check of sequences, or that of tables, tells more.
                    Judged::Skip(_) | Judged::Finding => {
                        let reason = ServerMessage::new(&err).to_string();
                        self.holding.no_sequences = Some(reason);
                        Ok(())
                    }
                }
            }
        }
    }

    /// Reads the tables, and looks at their files as planned.
    fn contents(
        &mut self,
        session: &mut Guarded,
        plan: &Plan<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), VerifyError> {
        let sql = session.beginning("ISOLATION LEVEL REPEATABLE READ READ ONLY");
        let begun = session.client().batch_execute(&sql);
        begun.map_err(|err| failure("begin a transaction", session, &err))?;
        let found = check_contents(session, plan, context)?;
        self.reports.push(found.tables);
        if plan.amcheck.is_some() {
            self.reports.extend([found.heap, found.btree]);
        }
        self.holding.tables = found.rows;
        self.holding.unread.extend(found.unread);
        Ok(())
    }
}
