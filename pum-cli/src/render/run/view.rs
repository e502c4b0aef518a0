//! A run of the Manager, as reports need it.

use std::path::PathBuf;

use pum_core::manager::{
    Config, DumpedData, Limits, ManagerError, ProductionState, Reference, RunDirectory, RunOutcome,
    RunReport, RunStep, StepReport, TestSource,
};
use pum_core::model::Kind;
use pum_core::roles::RoleCheck;

use super::kept_test;
use super::page::PAGE;
use super::ways_on;
use crate::args::{ReportFile, ReportFormat};
use crate::limits::Limit;
use crate::render::check::Compared;
use crate::text::{connection_name, printable, shell_word};

/// A run of the Manager, as reports need it.
pub(crate) struct Run<'a> {
    /// How production was named.
    pub(crate) production: String,
    /// The same in lines that name it in passing: of a connection string the database and its host.
    pub(crate) name: String,
    pub(crate) report: &'a RunReport,
    /// Why it failed, if it did.
    pub(crate) failure: Option<&'a ManagerError>,
    /// Whether a question was declined because there was no terminal.
    pub(crate) unanswered: bool,
    /// Its identifier, if it has a directory.
    pub(crate) id: Option<&'a str>,
    /// The upgrades table.
    pub(crate) table: String,
    /// Whether its dump is of all of production.
    pub(crate) is_backup: bool,
    /// Whether the result is compared with a reference.
    pub(crate) has_reference: bool,
    /// The page about it, if one is written.
    pub(crate) page: Option<PathBuf>,
    /// The intended exclusions.
    pub(crate) left_out: Vec<String>,
    /// How much the upgrade may do.
    pub(crate) bounds: Limits,
    /// What was not compared between test and reference, and why.
    pub(crate) limits: Vec<Limit>,
    /// Alternatives after a failure whose cause need not be removed.
    pub(crate) ways_on: Vec<String>,
}

/// Something to do, and the command for it if there is one.
pub(crate) struct Advice {
    pub(crate) what: String,
    pub(crate) command: Option<String>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        job: &'a Config,
        ended: &'a Result<RunReport, ManagerError>,
        limits: Vec<Limit>,
    ) -> Self {
        match ended {
            Ok(report) => Self::so_far(job, report, limits),
            Err(err) => Self {
                failure: Some(err),
                ways_on: ways_on::ways_on(job, err),
                ..Self::so_far(job, &err.report, limits)
            },
        }
    }

    /// A run that is not at its end, or did not fail.
    pub(crate) fn so_far(job: &'a Config, report: &'a RunReport, limits: Vec<Limit>) -> Self {
        let directory = job.directory.as_ref();
        Self {
            production: printable(job.production.label()),
            name: connection_name(&job.production),
            report,
            failure: None,
            unanswered: false,
            id: directory.map(RunDirectory::id),
            table: printable(&job.table.to_string()),
            is_backup: report.data == DumpedData::All
                && job.filters.excluded_schemas().next().is_none(),
            has_reference: !matches!(job.reference, Reference::None),
            page: directory.map(|directory| directory.path().join(PAGE)),
            left_out: left_out(job, report, &limits),
            bounds: job.limits,
            limits,
            ways_on: Vec::new(),
        }
    }

    /// A run that had nothing to do.
    pub(crate) fn nothing_pending(production: &str, report: &'a RunReport) -> Self {
        Self {
            production: printable(production),
            name: printable(production),
            report,
            failure: None,
            unanswered: false,
            id: None,
            table: String::new(),
            is_backup: false,
            has_reference: true,
            page: None,
            left_out: Vec::new(),
            bounds: Limits::default(),
            limits: Vec::new(),
            ways_on: Vec::new(),
        }
    }

    /// One without a directory has its page elsewhere, if anywhere.
    pub(crate) fn with_reports(self, wanted: &[ReportFile]) -> Self {
        let page = wanted.iter().find(|one| one.format == ReportFormat::Html);
        let page = self.page.or_else(|| page.map(|page| page.path.clone()));
        Self { page, ..self }
    }

    pub(crate) fn unanswered(self, unanswered: bool) -> Self {
        Self { unanswered, ..self }
    }

    /// What can be done where it failed: the ways on, and that it can go on.
    pub(crate) fn hints(&self) -> Vec<String> {
        let go_on = |id: &String| format!("the same command with --resume {id} resumes this run");
        let resume = self.failure.and(self.report.resume.as_ref()).map(go_on);
        self.ways_on.iter().cloned().chain(resume).collect()
    }

    /// How it ended, in one line.
    pub(crate) fn verdict(&self) -> String {
        let Self { name: production, report, .. } = self;
        let (from, to) = (version(report.from.as_ref()), version(report.to.as_ref()));
        match &report.outcome {
            RunOutcome::NothingPending => {
                format!("{production} is at version {from}: nothing pending")
            }
            RunOutcome::Upgraded => format!("{production} was upgraded from {from} to {to}"),
            RunOutcome::Declined(question) if self.unanswered => {
                format!("no answer to: {}", printable(&question.to_string()))
            }
            RunOutcome::Declined(question) => {
                format!("declined: {}", printable(&question.to_string()))
            }
            RunOutcome::OverLimit(_) => "the rehearsal exceeded the limits".to_owned(),
            RunOutcome::Stopped(RunStep::Approve) => format!(
                "the upgrade of {production} from {from} to {to} was rehearsed, and waits for approval"
            ),
            RunOutcome::Stopped(step) => format!("stopped after the step {step}, as requested"),
            RunOutcome::Different if self.only_roles_differ() => {
                "the project's roles lack permissions in the upgraded copy".to_owned()
            }
            RunOutcome::Different => "the upgraded copy differs from the reference".to_owned(),
            RunOutcome::Failed => match self.failure {
                Some(err) => format!("failed: {}", err.step.title()),
                None => "failed".to_owned(),
            },
        }
    }

    /// The state of production, if the result does not say it.
    pub(crate) fn production_now(&self) -> Option<String> {
        let Self { name: production, report, .. } = self;
        let from = version(report.from.as_ref());
        match (&report.outcome, self.failure) {
            (_, Some(err)) => Some(match err.production {
                ProductionState::Upgrading => {
                    "production is between two versions: what was committed is listed below"
                        .to_owned()
                }
                ref other => other.to_string(),
            }),
            (RunOutcome::NothingPending | RunOutcome::Upgraded | RunOutcome::Failed, None) => None,
            (RunOutcome::Declined(_), None) => {
                Some(format!("{production} was not upgraded, it is at version {from}"))
            }
            (RunOutcome::OverLimit(_) | RunOutcome::Stopped(_) | RunOutcome::Different, None) => {
                Some(format!("{production} was not touched, it is at version {from}"))
            }
        }
    }

    /// What to do now.
    pub(crate) fn advice(&self) -> Advice {
        let say = |what: &str| Advice { what: what.to_owned(), command: None };
        let go_on = self.report.resume.as_ref().map(|id| format!("--resume {id}"));
        match (&self.report.outcome, self.failure, go_on) {
            (RunOutcome::NothingPending | RunOutcome::Upgraded, _, _) => say("nothing to do"),
            (RunOutcome::Different, _, _) if self.only_roles_differ() => say(
                "correct the deltas or the roles of the project and run the same command again; leave \
                 out privileges with --ignore privileges",
            ),
            (RunOutcome::Different, _, _) => say(
                "correct the deltas or the reference and run the same command again; leave out \
                 what may differ with --ignore",
            ),
            (RunOutcome::OverLimit(_), _, _) => {
                say("correct the deltas, or the limits in pum.toml, and run the same command again")
            }
            (RunOutcome::Stopped(RunStep::Approve), _, Some(go_on)) => {
                say(&format!("to upgrade, run the same command again with {go_on} --approve"))
            }
            (RunOutcome::Declined(_) | RunOutcome::Stopped(_), _, Some(go_on)) => say(&format!(
                "run the same command again to upgrade, with {go_on} to continue where this run ended"
            )),
            (RunOutcome::Declined(_) | RunOutcome::Stopped(_), _, None) => {
                say("run the same command again to upgrade")
            }
            (RunOutcome::Failed, failure, go_on) => {
                match (failure.map(|err| &err.production), go_on) {
                    (Some(ProductionState::Upgrading), _) => Advice {
                        what:
                            "check what production has, fix the cause, then run the same command \
                           again"
                                .to_owned(),
                        command: Some(format!("pum info -p {} -t {}", self.word(), self.table)),
                    },
                    (Some(ProductionState::Upgraded), _) => say(
                        "check the differences below: production has all deltas, but differs from \
                     what was rehearsed",
                    ),
                    // What a delta did wrong is put right in the delta, and then it is another run.
                    (_, Some(go_on)) => say(&format!(
                        "fix the cause and run the same command again; if deltas, reference and \
                     options are unchanged, {go_on} resumes this run"
                    )),
                    (_, None) => say("fix the cause and run the same command again"),
                }
            }
        }
    }

    /// Whether the copy is what the reference is, or there is none.
    pub(super) fn only_roles_differ(&self) -> bool {
        let comparison = self.report.comparison.as_ref();
        self.report.roles.is_some() && comparison.is_none_or(|found| found.differences.is_empty())
    }

    /// What the project's roles may do in the copy that is not as declared, if there is something.
    pub(crate) fn roles(&self) -> Option<&RoleCheck> {
        let checked = self.report.roles.as_ref();
        checked.filter(|found| !found.differences.is_empty() || !found.others.is_empty())
    }

    /// How to go back to what production was, if there is a dump of all of it.
    pub(crate) fn way_back(&self) -> Option<String> {
        let dump = self.dump().filter(|_| self.is_backup)?;
        let dump = shell_word(&printable(&dump.display().to_string()));
        let jobs = match self.report.restore {
            Some(restore) if restore.jobs > 1 => format!(" -j {}", restore.jobs),
            _ => String::new(),
        };
        Some(format!("pum restore -p {} --suffix _before{jobs} {dump}", self.word()))
    }

    /// How to connect to the test database that was kept, and how to remove it: two commands.
    pub(crate) fn kept_test(&self) -> Option<[String; 2]> {
        self.report.kept_test.as_ref().map(kept_test::commands)
    }

    /// Where the dump is, for a reader who is elsewhere.
    pub(crate) fn dump(&self) -> Option<PathBuf> {
        let dump = self.report.dump.as_ref()?;
        Some(std::path::absolute(dump).unwrap_or_else(|_| dump.clone()))
    }

    /// The steps that the run did not come to.
    pub(crate) fn not_reached(&self) -> impl Iterator<Item = RunStep> {
        let last = self.report.steps.last().map(|step| step.step);
        let complete =
            matches!(self.report.outcome, RunOutcome::Upgraded | RunOutcome::NothingPending);
        RunStep::ALL.into_iter().filter(move |step| {
            !complete
                && last.is_none_or(|last| *step > last)
                && !matches!(step, RunStep::Approve | RunStep::ConfirmProduction)
        })
    }

    /// The step that failed.
    pub(crate) fn is_failed(&self, step: &StepReport) -> bool {
        self.failure.is_some_and(|err| err.step == step.step)
    }

    /// Production, as a word of a shell command.
    fn word(&self) -> String {
        shell_word(&self.production)
    }
}

fn version(version: Option<&pum_core::delta::Version>) -> String {
    version.map_or_else(|| "(none)".to_owned(), ToString::to_string)
}

impl Run<'_> {
    /// The comparison of the upgraded copy with the reference, if there was one.
    pub(crate) fn compared(&self) -> Option<Compared<'_>> {
        let found = self.report.comparison.as_ref()?;
        let suggested = self.report.suggestions.iter().map(Into::into).collect();
        Some(
            Compared::new(found, "test", "reference")
                .with_limits(self.limits.clone())
                .with_suggestions(Ok(suggested)),
        )
    }
}

/// What the options keep a run from seeing.
fn left_out(job: &Config, report: &RunReport, limits: &[Limit]) -> Vec<String> {
    let mut out = Vec::new();
    match &report.data {
        DumpedData::All => {}
        DumpedData::Only(kept) if kept.is_empty() => out.push(
            "rows: the dump has none, and what deltas do to rows was not rehearsed".to_owned(),
        ),
        DumpedData::Only(kept) => out.push(format!(
            "rows of all tables but {}: what deltas do to them was not rehearsed, and the dump is \
             no backup",
            printable(&kept.join(", "))
        )),
    }
    if let TestSource::Template(_) = job.test {
        out.push(
            "whether the dump can be restored: test was copied from production's files".to_owned(),
        );
    }
    if matches!(job.reference, Reference::None) {
        out.push("whether the deltas lead to the schema of a reference: there is none".to_owned());
    }
    let declares = job.deltas.project.as_ref().is_some_and(|it| !it.roles.is_empty());
    if declares && job.deltas.roles_with_permissions().is_empty() {
        out.push(
            "whether the project's roles have their permissions: they are not granted".to_owned(),
        );
    }
    let schemas: Vec<&str> = job.filters.excluded_schemas().collect();
    if !schemas.is_empty() {
        let schemas = printable(&schemas.join(", "));
        out.push(format!("the schemas {schemas}: neither dumped nor compared"));
    }
    let kind = |kind: Kind| match kind {
        Kind::Database => "databases (their encoding, locale and settings)",
        kind => kind.element(),
    };
    // What a preset leaves out is told with the others only if it is not the usual one.
    if limits.iter().all(|limit| !limit.from.starts_with("preset")) {
        let is_told = |kind: &Kind| {
            let mut words = limits.iter().flat_map(|limit| limit.what.split(", "));
            words.any(|word| word == kind.element())
        };
        let kinds = job.filters.excluded_kinds().filter(|kind| !is_told(kind));
        let kinds: Vec<&str> = kinds.map(kind).collect();
        if !kinds.is_empty() {
            out.push(format!("not compared: {}", kinds.join(", ")));
        }
    }
    out.extend(limits.iter().map(|limit| printable(&format!("not compared: {limit}"))));
    if job.ignore_restore_errors {
        out.push("errors of pg_restore, if there were any".to_owned());
    }
    out
}
