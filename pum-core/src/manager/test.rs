//! The test database: made, held against production, upgraded.

use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use super::config::TestSource;
use super::disposable::{mark, refuse_if_not_disposable};
use super::error::StepError;
use super::prepared::{Production, Ready};
use super::production_check::{Rehearsal, describe};
use super::report::{KeptTest, RestoreTime, TestRemoval};
use super::run_context::RunContext;
use super::template;
use super::upgrade::{read_plan, upgrade as upgrade_of};
use crate::Interrupt;
use crate::connect::{ConnectError, Environment, NoticeHandler, Session, Settings};
use crate::dump::{Allow, RestoreOptions, drop_disposable, restore};
use crate::humanize::count;
use crate::progress::{Event, Observer};
use crate::scratch::ScratchServer;
use crate::upgrade::{DdlWatch, MeasureOptions};

/// The name of the test database among the scratch databases.
const SCRATCH_TEST: &str = "test";

/// The test database, as long as the rehearsal needs it.
pub(super) struct TestDatabase<'a> {
    pub(super) settings: Settings,
    end: End<'a>,
}

/// What becomes of it in the end.
enum End<'a> {
    /// It stays, or goes with its server.
    Stays,
    /// A command removes it, which finds this in `PUM_TEST`.
    Command(&'a str, String),
    /// It is dropped. Until then a session is on it, so that another run sees that it is in use.
    Dropped { guard: Option<Box<Session>> },
}

/// Makes the test database, or takes the one that is there.
pub(super) fn make<'a>(
    stage: &mut RunContext<'a>,
    production: &mut Production,
    ready: &Ready,
) -> Result<(TestDatabase<'a>, String), StepError> {
    let job = stage.job;
    let (restored, test) = match &job.test {
        TestSource::Scratch => {
            let major = production.session.version().major();
            let server = job.toolchain.scratch.get(major, stage.interrupt)?;
            let role = production.session.settings().user();
            (server.settings(SCRATCH_TEST)?, server.settings_as(SCRATCH_TEST, role)?)
        }
        TestSource::Replace(test) => (test.clone(), test.clone()),
        TestSource::Copy(test) => {
            let result = format!("{}, as it is", test.label());
            return Ok((TestDatabase { settings: test.clone(), end: End::Stays }, result));
        }
        TestSource::Template(named) => {
            return by_template(stage, production, ready, named.as_ref());
        }
        TestSource::Command { create, destroy, environment } => {
            return by_command(stage, production, (create, destroy), environment);
        }
    };
    let started = Instant::now();
    let options = RestoreOptions {
        replace: true,
        jobs: job.jobs,
        ignore_errors: job.ignore_restore_errors,
        without_tablespaces: matches!(job.test, TestSource::Scratch),
        on_scratch: matches!(job.test, TestSource::Scratch),
        properties: Some(ready.properties.clone()),
        analyze: true,
        allow: Allow::ALL,
        ..RestoreOptions::default()
    };
    let report = restore(&ready.tools, &job.dump_file, &restored, &options, &mut stage.context())?;
    stage.report.restore = Some(RestoreTime { took: started.elapsed(), jobs: job.jobs });
    for error in &report.ignored_errors {
        let message = format!("ignored: {}: {}", error.entry, error.message);
        stage.notify(Event::Warning { message: &message });
    }
    let mut result = test.label().to_owned();
    if !report.ignored_errors.is_empty() {
        result.push_str(&format!(", {} ignored", count(report.ignored_errors.len(), "error")));
    }
    if matches!(job.test, TestSource::Replace(_)) {
        mark(stage, &test)?;
    }
    Ok((TestDatabase { settings: test, end: End::Stays }, result))
}

fn by_template<'a>(
    stage: &mut RunContext<'a>,
    production: &mut Production,
    ready: &Ready,
    named: Option<&Settings>,
) -> Result<(TestDatabase<'a>, String), StepError> {
    let settings = match named {
        Some(test) => test.clone(),
        None => template::own_database(production)?,
    };
    template::make(stage, production, ready, &settings)?;
    let result = format!("{}, copied by the server", settings.label());
    let guarded = template::reconnect(stage, production)
        .and_then(|()| mark(stage, &settings))
        .and_then(|()| Ok(Session::open(&settings, stage.interrupt)?));
    if named.is_some() {
        guarded?;
        return Ok((TestDatabase { settings, end: End::Stays }, result));
    }
    match guarded {
        Ok(guard) => {
            let end = End::Dropped { guard: Some(Box::new(guard)) };
            Ok((TestDatabase { settings, end }, result))
        }
        Err(err) => {
            TestDatabase { settings, end: End::Dropped { guard: None } }.end(stage);
            Err(err)
        }
    }
}

fn by_command<'a>(
    stage: &mut RunContext<'a>,
    production: &mut Production,
    (create, destroy): (&'a str, &'a str),
    environment: &Environment,
) -> Result<(TestDatabase<'a>, String), StepError> {
    let wrong = |what: String| StepError::Command { command: create.to_owned(), what };
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", create]).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = shell.output().map_err(|err| wrong(format!("cannot be run: {err}")))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let line = printed.lines().map(str::trim).rfind(|line| !line.is_empty());
    let line = line.unwrap_or_default().to_owned();
    if !output.status.success() {
        return Err(wrong(format!("failed ({})", output.status)));
    }
    let settings = Settings::resolve(&line, environment).map_err(|err| {
        wrong(format!("must print the connection string of the copy as its last line: {err}"))
    });
    let test = |settings| TestDatabase { settings, end: End::Command(destroy, line.clone()) };
    let settings = match settings {
        Ok(settings) => settings,
        Err(err) => {
            // There may be something to remove all the same.
            let production = production.session.settings().clone();
            test(production).end(stage);
            return Err(err);
        }
    };
    let made = test(settings);
    if let Err(err) = refuse_if_not_disposable(stage, &made.settings, production) {
        made.end(stage);
        return Err(err);
    }
    let result = format!("{}, made by {create}", made.settings.label());
    Ok((made, result))
}

impl TestDatabase<'_> {
    /// Removes it, if it is to go; also when the run failed or is to stop.
    pub(super) fn end(self, stage: &mut RunContext<'_>) {
        if stage.job.keep_test {
            stage.report.kept_test = self.keep(stage);
            if stage.report.kept_test.is_none() {
                let message = "the test database cannot be kept: its server ends with this run";
                stage.notify(Event::Warning { message });
            }
            return;
        }
        let Self { settings, end } = self;
        let (command, line) = match end {
            End::Stays => return,
            End::Command(command, line) => (command, line),
            End::Dropped { guard } => {
                drop(guard);
                // The run's own may be triggered already.
                if let Err(err) = drop_disposable(&settings, &Interrupt::new()) {
                    let message = format!(
                        "the test database is still there, on production's server: {err}. The next \
                         run replaces it"
                    );
                    stage.notify(Event::Warning { message: &message });
                }
                return;
            }
        };
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", command]).stdin(Stdio::null()).env("PUM_TEST", line);
        let failed = match shell.output() {
            Ok(output) if output.status.success() => return,
            Ok(output) => {
                format!("({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim())
            }
            Err(err) => err.to_string(),
        };
        let message =
            format!("the test database may still be there: \"{command}\" failed {failed}");
        stage.notify(Event::Warning { message: &message });
    }
}

impl TestDatabase<'_> {
    /// Closes the session that shows that it is in use, if there is one.
    pub(super) fn leave(&mut self) {
        if let End::Dropped { guard } = &mut self.end {
            *guard = None;
        }
    }

    /// Opens it again.
    pub(super) fn guard(&mut self, interrupt: &Interrupt) -> Result<(), ConnectError> {
        if let End::Dropped { guard } = &mut self.end {
            *guard = Some(Box::new(Session::open(&self.settings, interrupt)?));
        }
        Ok(())
    }

    /// Leaves it where it is.
    fn keep(self, stage: &RunContext<'_>) -> Option<KeptTest> {
        let Self { settings, end } = self;
        let removal = match end {
            End::Command(command, _) => TestRemoval::Command(command.to_owned()),
            End::Stays if matches!(stage.job.test, TestSource::Scratch) => {
                let server = stage.job.toolchain.scratch.started_one();
                let kept = server.and_then(ScratchServer::keep_running);
                TestRemoval::EndProcess(kept?)
            }
            End::Stays | End::Dropped { .. } => TestRemoval::Drop,
        };
        let connection = ["host", "hostaddr", "port", "user", "dbname"]
            .into_iter()
            .filter_map(|keyword| Some((keyword, settings.get(keyword)?.to_owned())))
            .collect();
        Some(KeptTest { connection, removal })
    }
}

/// The session that upgrades the copy. It reads it before and after as well: what the server has
/// looked up once it need not look up again.
pub(super) struct TestSession {
    pub(super) session: Session,
    /// Where the server's notices go, once they are wanted.
    notices: Arc<OnceLock<NoticeHandler>>,
}

impl TestSession {
    fn open(test: &Settings, interrupt: &Interrupt) -> Result<Self, ConnectError> {
        let notices: Arc<OnceLock<NoticeHandler>> = Arc::default();
        let later = Arc::clone(&notices);
        let handler: NoticeHandler = Arc::new(move |notice| {
            if let Some(handler) = later.get() {
                handler(notice);
            }
        });
        let session = Session::open_with_notices(test, interrupt, handler)?;
        Ok(Self { session, notices })
    }
}

/// Holds the copy against production as it was when the run began.
pub(super) fn verify(
    stage: &mut RunContext<'_>,
    production: &Production,
    test: &Settings,
) -> Result<((Rehearsal, TestSession), String), StepError> {
    let job = stage.job;
    let mut opened = TestSession::open(test, stage.interrupt)?;
    let mut rehearsal = Rehearsal::before(job.schema_scope(), &mut opened.session)?;
    rehearsal.restore = stage.report.restore;
    let differences = rehearsal.not_as(
        job.schema_scope(),
        production.session.version().major(),
        &production.model,
    );
    let result = match differences.len() {
        0 => format!("same as production, {}", count(rehearsal.objects(), "object")),
        _ if !job.test.is_restored() => {
            let (label, differences) = (test.label().to_owned(), describe(&differences, "test"));
            return Err(StepError::NotACopy { label, differences });
        }
        number => {
            // What a server does not have cannot be restored there; the reference lacks it too.
            for one in &differences {
                let told = one.between("production", "test");
                let message = format!("not restored as in production: {told}");
                stage.notify(Event::Warning { message: &message });
            }
            format!("{} from production", count(number, "difference"))
        }
    };
    Ok(((rehearsal, opened), result))
}

/// Upgrades the copy.
pub(super) fn upgrade(
    stage: &mut RunContext<'_>,
    production: &Production,
    TestSession { session, notices }: &mut TestSession,
    rehearsal: &mut Rehearsal,
) -> Result<((), String), StepError> {
    let job = stage.job;
    let test = session.settings().clone();
    let watch = DdlWatch::begin(&superuser(stage, production, &test)?, stage.interrupt);
    if let Some(watch) = &watch {
        let _ = notices.set(watch.notices());
    }
    let plan = read_plan(job, session)?;
    if !plan.runs_the_same(&production.plan) {
        let label = job.production.label().to_owned();
        let what = "its upgrades table differs from the copy's".to_owned();
        return Err(StepError::ProductionChanged { label, what });
    }
    let options = MeasureOptions {
        analyzed: job.test.is_restored(),
        watch: watch.as_ref(),
        ..MeasureOptions::default()
    };
    let report = upgrade_of(job, &plan).measure(options).run(session, &mut stage.context())?;
    let (applied, measured) = (report.applied, report.measured.unwrap_or_default());
    if let Some(watch) = watch {
        watch.end().map_err(|source| {
            let (label, action) = (test.label().to_owned(), "drop the event triggers");
            StepError::Connect(ConnectError::Query { label, action, cause: source })
        })?;
    }
    rehearsal.read_after(job.schema_scope(), session)?;
    rehearsal.measured = measured.clone();
    stage.report.changes = Some(rehearsal.changes(job.schema_scope()));
    stage.report.measured = Some(measured);
    Ok(((), format!("{}, now at {}", count(applied.len(), "script"), plan.target_version())))
}

/// The test database in the name of a superuser, where one is known.
pub(super) fn superuser(
    stage: &RunContext<'_>,
    production: &Production,
    test: &Settings,
) -> Result<Settings, StepError> {
    if !matches!(stage.job.test, TestSource::Scratch) {
        return Ok(test.clone());
    }
    let major = production.session.version().major();
    let server = stage.job.toolchain.scratch.get(major, stage.interrupt)?;
    Ok(server.settings(SCRATCH_TEST)?)
}
