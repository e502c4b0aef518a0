//! The test database: made, held against production, upgraded.

use std::process::{Command, Stdio};
use std::time::Instant;

use super::error::StepError;
use super::job::TestSource;
use super::preflight::{Production, Ready};
use super::proof::{Rehearsal, describe};
use super::run::{apply_options, count, plan_on};
use super::stage::Stage;
use crate::connect::{Environment, Session, Settings};
use crate::dump::{Allow, RestoreOptions, restore};
use crate::progress::{Event, Observer};
use crate::upgrade::apply_measured;

/// The name of the test database among the scratch databases.
const SCRATCH_TEST: &str = "test";

/// The test database, as long as the rehearsal needs it.
pub(super) struct TestDatabase<'a> {
    pub(super) settings: Settings,
    /// What removes it: a command, and what it finds in `PUM_TEST`.
    destroy: Option<(&'a str, String)>,
}

/// Makes the test database, or takes the one that is there.
pub(super) fn make<'a>(
    stage: &mut Stage<'a>,
    production: &mut Production,
    ready: &Ready,
) -> Result<(TestDatabase<'a>, String), StepError> {
    let job = stage.job;
    let (restored, test) = match &job.test {
        TestSource::Scratch => {
            let major = production.session.version().major();
            let server = job.workshop.scratch.get(major, stage.interrupt)?;
            let role = production.session.settings().user();
            (server.settings(SCRATCH_TEST)?, server.settings_as(SCRATCH_TEST, role)?)
        }
        TestSource::Replace(test) => (test.clone(), test.clone()),
        TestSource::Copy(test) => {
            let result = format!("{}, as it is", test.label());
            return Ok((TestDatabase { settings: test.clone(), destroy: None }, result));
        }
        TestSource::Command { create, destroy, environment } => {
            return by_command(stage, production, (create, destroy), environment);
        }
    };
    let started = Instant::now();
    let options = RestoreOptions {
        replace: true,
        ignore_errors: job.ignore_restore_errors,
        without_tablespaces: matches!(job.test, TestSource::Scratch),
        properties: Some(ready.properties.clone()),
        analyze: true,
        allow: Allow::ALL,
        ..RestoreOptions::default()
    };
    let interrupt = stage.interrupt;
    let report = restore(&ready.tools, &job.dump_file, &restored, &options, stage, interrupt)?;
    stage.report.restore = Some(started.elapsed());
    for error in &report.ignored_errors {
        let message = format!("ignored: {}: {}", error.entry, error.message);
        stage.notify(Event::Warning { message: &message });
    }
    let mut result = test.label().to_owned();
    if !report.ignored_errors.is_empty() {
        result.push_str(&format!(", {} ignored", count(report.ignored_errors.len(), "error")));
    }
    Ok((TestDatabase { settings: test, destroy: None }, result))
}

fn by_command<'a>(
    stage: &mut Stage<'a>,
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
        wrong(format!("must print the connection of the copy as its last line: {err}"))
    });
    let test = |settings| TestDatabase { settings, destroy: Some((destroy, line.clone())) };
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
    /// Removes it, if it was made by a command.
    pub(super) fn end(self, stage: &mut Stage<'_>) {
        let Some((command, line)) = self.destroy else { return };
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

/// A copy must be neither production nor its standby, and must not archive where production does.
pub(super) fn refuse_if_not_disposable(
    stage: &Stage<'_>,
    test: &Settings,
    production: &mut Production,
) -> Result<(), StepError> {
    let refused = |what: &str| {
        Err(StepError::NotDisposable { label: test.label().to_owned(), what: what.to_owned() })
    };
    let mut session = Session::open(test, stage.interrupt)?;
    let same_server =
        session.identity()?.system_identifier == production.identity.system_identifier;
    if session.in_recovery() {
        return refused("it is a standby, which cannot be written. Promote the copy first");
    }
    if session.identity()? == production.identity
        && started(&mut session)? == started(&mut production.session)?
    {
        return refused("it is production itself");
    }
    let archive = archive_of(&mut session)?;
    // A physical copy has production's identifier, and brings its settings along.
    if same_server && !archive.is_empty() && archive == archive_of(&mut production.session)? {
        return refused(
            "it archives its WAL with production's archive_command. Set archive_mode to off there",
        );
    }
    Ok(())
}

/// When its server was started, and where it keeps its data: no two have both.
fn started(session: &mut Session) -> Result<String, StepError> {
    one(
        session,
        "SELECT pg_catalog.pg_postmaster_start_time() || ' ' || \
         coalesce(pg_catalog.inet_server_port()::pg_catalog.text, '')",
    )
}

/// How its server archives; empty if it does not.
fn archive_of(session: &mut Session) -> Result<String, StepError> {
    one(
        session,
        "SELECT coalesce(string_agg(setting, ' '), '') FROM pg_catalog.pg_settings \
         WHERE name IN ('archive_command', 'archive_library') AND setting NOT IN ('', '(disabled)') \
         AND current_setting('archive_mode') <> 'off'",
    )
}

fn one(session: &mut Session, sql: &str) -> Result<String, StepError> {
    let label = session.settings().label().to_owned();
    let row = session.client().query_one(sql, &[]).map_err(|source| {
        let action = "look whether it is disposable";
        StepError::Connect(crate::connect::ConnectError::Query { label, action, source })
    })?;
    Ok(row.get(0))
}

/// Holds the copy against production as it was when the run began.
pub(super) fn verify(
    stage: &mut Stage<'_>,
    production: &Production,
    test: &Settings,
) -> Result<(Rehearsal, String), StepError> {
    let job = stage.job;
    let mut session = Session::open(test, stage.interrupt)?;
    let mut rehearsal = Rehearsal::before(job, &mut session)?;
    rehearsal.restore = stage.report.restore;
    let differences =
        rehearsal.not_as(job, production.session.version().major(), &production.model);
    let result = match differences.len() {
        0 => format!("as production, {} objects", rehearsal.objects()),
        _ if !job.test.is_restored() => {
            let (label, differences) = (test.label().to_owned(), describe(&differences));
            return Err(StepError::NotACopy { label, differences });
        }
        number => {
            // What a server does not have cannot be restored there; the reference lacks it too.
            for one in &differences {
                let message = format!("not restored as it is in production (left): {one}");
                stage.notify(Event::Warning { message: &message });
            }
            format!("{} from production", count(number, "difference"))
        }
    };
    Ok((rehearsal, result))
}

/// Upgrades the copy.
pub(super) fn upgrade(
    stage: &mut Stage<'_>,
    production: &Production,
    test: &Settings,
    rehearsal: &mut Rehearsal,
) -> Result<((), String), StepError> {
    let job = stage.job;
    let mut session = Session::open(test, stage.interrupt)?;
    let (history, plan) = plan_on(job, &mut session)?;
    if !plan.runs_the_same(&production.plan) {
        let label = job.production.label().to_owned();
        let what = "its upgrades table is not that of the copy".to_owned();
        return Err(StepError::ProductionChanged { label, what });
    }
    let (options, analyzed) = (apply_options(job, &plan), job.test.is_restored());
    let interrupt = stage.interrupt;
    let (applied, measured) =
        apply_measured(&mut session, &plan, &history, &options, analyzed, stage, interrupt)?;
    rehearsal.read_after(job, &mut session)?;
    rehearsal.measured = measured.clone();
    stage.report.measured = Some(measured);
    Ok(((), format!("{}, now at {}", count(applied.len(), "script"), plan.target_version())))
}
