//! The delta that would make of the rehearsed copy what the reference is, run on that copy.

use crate::Context;
use crate::catalog;
use crate::compare::compare_sources;
use crate::connect::SessionOn;
use crate::delta::{DeltaDirectory, DeltaSet, NewDelta, StagedDelta, VariableValue};
use crate::diff::schema_fingerprint;
use crate::plan::{
    AfterDeltas, Answer, Migration, OnlineMode, PlanRequest, Proof, ProvenOn, Rehearsed, ask,
    plan_sources,
};
use crate::snapshot::{Snapshot, all_known};
use crate::source::{Content, Opened};
use crate::upgrade::{PlanOptions, UpgradeError, UpgradePlan};

use super::error::StepError;
use super::measure_closing::measure;
use super::prepared::Production;
use super::run_context::RunContext;
use super::test::TestDatabase;
use super::upgrade::upgrade as upgrade_of;
use super::{ClosingDelta, ClosingProof, Config, DumpedData, Reference, TestSource};

/// Plans and proves it; `request` is how both sides were compared. `None` if it cannot be planned.
pub(super) fn closing_delta(
    stage: &mut RunContext<'_>,
    production: &Production,
    (made, [test, reference]): (&mut TestDatabase<'_>, [&mut Opened; 2]),
    request: &PlanRequest,
) -> Result<Option<ClosingDelta>, StepError> {
    let job = stage.job;
    let interrupt = stage.interrupt;
    let options = &job.closing;
    let mut own = options.applied_to(request);
    if let Some(within) = options.measure_for {
        let on = (made, [&mut *test, &mut *reference]);
        own.ways = measure(stage, production, on, &own, within)?;
    }
    let context = &mut Context::silent(interrupt);
    let toolchain = Some(&job.toolchain);
    let planned = plan_sources(test, reference, &own, toolchain, context);
    interrupt.check()?;
    let migration = match planned {
        Ok(migration) if migration.plan.is_empty() => return Ok(None),
        Ok(migration) => migration,
        Err(err) => {
            stage.report.warnings.push(format!("no delta that closes the gap: {err}"));
            return Ok(None);
        }
    };
    let answers = ask(test, &migration.plan, &migration.questions).unwrap_or_default();
    let has_all_rows = production.data == DumpedData::All;
    let mut work = Work { job, production, migration, request: own, answers, has_all_rows };
    let proof = work.prove([test, reference], context);
    interrupt.check()?;
    let proven_on = match proof {
        ClosingProof::OnCopy { has_all_rows } => ProvenOn::Rehearsal { has_all_rows },
        _ => ProvenOn::Schema,
    };
    let Ok(delta) = work.delta([test, reference], proven_on) else { return Ok(None) };
    let losses = options.losses.refused(&work.migration.plan).into_iter();
    let losses = losses.filter_map(|step| Some((step.loss?, step.identity.clone()))).collect();
    let refused = work.migration.plan.refused.iter();
    let refused = refused.map(|one| (one.identity.clone(), one.reason.clone())).collect();
    let answers = std::mem::take(&mut work.answers);
    let measured = work.migration.measured;
    Ok(Some(ClosingDelta { delta, losses, refused, answers, measured, proof }))
}

struct Work<'a> {
    job: &'a Config,
    production: &'a Production,
    migration: Migration,
    /// How it was planned.
    request: PlanRequest,
    answers: Vec<Answer>,
    has_all_rows: bool,
}

impl Work<'_> {
    /// The deltas of the run.
    fn deltas(&self) -> DeltaSet {
        let mut deltas = self.job.deltas.clone();
        if let Some(most) = &self.job.plan.max_version {
            deltas.deltas.retain(|delta| delta.name.version <= *most);
        }
        deltas
    }

    fn delta(
        &self,
        [test, reference]: [&mut Opened; 2],
        proven_on: ProvenOn,
    ) -> Result<NewDelta, String> {
        let plan = &self.production.plan;
        let deltas = self.deltas();
        let applied = plan.steps.iter().map(|step| step.path().to_owned()).collect();
        let last = deltas.deltas.last().map(|delta| &delta.name.version);
        let version = self.job.closing.next.after(last.max(Some(plan.target_version())));
        let from = schema_fingerprint(&self.production.model, &self.request.compare.filters);
        let rehearsed = Rehearsed {
            applied,
            versions: [plan.current_version.clone(), plan.target_version().clone()],
            from,
            server_version: test.version().to_string(),
            labels: [self.job.production.label().to_owned(), self.reference_label(reference)],
        };
        let with = (&deltas, &self.job.plan);
        let after = AfterDeltas::rehearsed(self.migration.clone(), rehearsed, proven_on, with);
        let version = version.map_err(|err| err.to_string())?;
        Ok(after.new_delta(&self.job.closing.name, version, &self.answers))
    }

    /// What the reference is called.
    fn reference_label(&self, reference: &Opened) -> String {
        match &self.job.reference {
            Reference::Sql(files) => {
                let names = files.iter().map(|file| file.display().to_string());
                names.collect::<Vec<_>>().join(", ")
            }
            Reference::Command(command) => format!("what \"{command}\" made"),
            Reference::Database(_) | Reference::Source(_) | Reference::None => {
                reference.label().to_owned()
            }
        }
    }

    /// Runs it on the copy, or on one of its schema.
    fn prove(
        &mut self,
        [test, reference]: [&mut Opened; 2],
        context: &mut Context<'_>,
    ) -> ClosingProof {
        if let Some(one) = self.migration.plan.refused.first() {
            return ClosingProof::Failed { reason: format!("{}: {}", one.identity, one.reason) };
        }
        let reason = if self.answers.is_empty() {
            match self.run_on_copy([test, reference], context) {
                Ok(proof) => return proof,
                Err(NotRun { reason }) => reason,
            }
        } else {
            "rows stand in the way, of which it must be decided what becomes of them".to_owned()
        };
        let toolchain = &self.job.toolchain;
        let sides = [test, reference];
        match self.migration.prove(sides, &self.request, toolchain, context) {
            Ok(Proof::Proven { .. }) => ClosingProof::OnSchema { reason },
            Ok(
                Proof::Failed { reason } | Proof::NoCast { reason, .. } | Proof::Missing { reason },
            ) => ClosingProof::Failed { reason },
            Err(err) => ClosingProof::Failed { reason: err.to_string() },
        }
    }

    /// Runs it by the runner of upgrades. A copy that stays is left as the deltas made it.
    fn run_on_copy(
        &self,
        [test, reference]: [&mut Opened; 2],
        context: &mut Context<'_>,
    ) -> Result<ClosingProof, NotRun> {
        let job = self.job;
        let directory = tempfile::Builder::new().prefix("pum-").tempdir();
        let directory = directory.map_err(|err| NotRun::because(&err))?;
        let on_rehearsal = ProvenOn::Rehearsal { has_all_rows: self.has_all_rows };
        let delta = self.delta([&mut *test, &mut *reference], on_rehearsal);
        let delta = delta.map_err(|reason| NotRun { reason })?;
        let beside = DeltaDirectory::beside(self.deltas(), directory.path());
        let staged = beside.stage(&delta).map_err(|err| NotRun::because(&err))?;
        let failed = |err: &UpgradeError| {
            Ok(ClosingProof::Failed { reason: without_directory(&err.to_string(), &staged) })
        };
        let left_out = test.left_out().clone();
        let label = test.label().to_owned();
        let Content::Database(session) = &mut test.content else {
            return Err(NotRun { reason: "the copy is no database".to_owned() });
        };
        let options = self.plan_options();
        let plan = UpgradePlan::read(session, &job.table, staged.deltas(), &options);
        let plan = match plan {
            Ok(plan) => plan,
            Err(err) => return failed(&err),
        };
        let has_variables = !self.migration.plan.variables.is_empty();
        if has_variables {
            return Err(NotRun { reason: "it has passwords, which are not known".to_owned() });
        }
        let proven = ClosingProof::OnCopy { has_all_rows: self.has_all_rows };
        let left = if copy_stays(job) {
            if !plan.can_be_one_transaction() {
                let what = "it must be committed in parts, and the test database stays as it is";
                return Err(NotRun { reason: what.to_owned() });
            }
            let version = session.version();
            let mut upgraded = None;
            let look = |session: &mut SessionOn<'_>| {
                let scope = job.schema_scope().of_catalog();
                let model = catalog::read_in_transaction(session, &scope);
                upgraded = Some(model.map_err(|err| err.to_string())?);
                Err(ROLLED_BACK.to_owned())
            };
            let mut run = job.run.clone();
            run.single_transaction = true;
            let mut upgrade = upgrade_of(job, &plan).options(run).verify_before_commit(look);
            let ended = upgrade.run(session, context);
            drop(upgrade);
            let Some(upgraded) = upgraded else {
                return match ended {
                    Err(err) => failed(&err),
                    Ok(_) => Err(NotRun { reason: "it has no statement".to_owned() }),
                };
            };
            let snapshot = Snapshot {
                pum_version: env!("CARGO_PKG_VERSION").to_owned(),
                server_version: version,
                canonicalized_by: None,
                left_out,
                roles: Vec::new(),
                known: all_known(),
                model: upgraded,
                canonicalized: Vec::new(),
                dependencies: None,
            };
            let mut upgraded = Opened::snapshot(snapshot, &label);
            let compared = compare_sources(
                &mut upgraded,
                reference,
                &self.request.compare,
                Some(&job.toolchain),
                context,
            );
            let found = compared.map_err(|err| NotRun::because(&err))?.differences;
            let found: Vec<String> = found
                .iter()
                .filter(|one| !Migration::leaves_out(one))
                .map(|one| one.between("test", "reference"))
                .collect();
            (!found.is_empty()).then(|| format!("what is left: {}", found.join("; ")))
        } else {
            if let Err(err) = upgrade_of(job, &plan).run(session, context) {
                return failed(&err);
            }
            let mut again = self.request.clone();
            again.renames.clear();
            again.find_renames = false;
            again.online = OnlineMode::Never;
            again.minimal = None;
            let toolchain = Some(&job.toolchain);
            let migration = plan_sources(test, reference, &again, toolchain, context);
            migration.map_err(|err| NotRun::because(&err))?.left_over("reference")
        };
        Ok(left.map_or(proven, |reason| ClosingProof::Failed { reason }))
    }

    /// How pending deltas are chosen: all of them, the new one as well.
    fn plan_options(&self) -> PlanOptions {
        let mut options = self.job.plan.clone();
        options.max_version = None;
        for variable in &self.migration.plan.variables {
            if options.variables.names().all(|name| name != variable.name) {
                options.variables.set(&variable.name, VariableValue::String(variable.stand_in()));
            }
        }
        options
    }
}

/// It was not run on the copy.
struct NotRun {
    reason: String,
}

impl NotRun {
    fn because(cause: &dyn std::error::Error) -> Self {
        Self { reason: cause.to_string() }
    }
}

/// Why a transaction that was only looked at is rolled back.
const ROLLED_BACK: &str = "only looked at";

/// Whether the test database is kept for a look after the run.
fn copy_stays(job: &Config) -> bool {
    job.keep_test
        || match job.test {
            TestSource::Replace(_) | TestSource::Copy(_) | TestSource::Template(Some(_)) => true,
            TestSource::Scratch | TestSource::Template(None) | TestSource::Command { .. } => false,
        }
}

/// What failed, without what it means for a database. Of the path of a file only its name: it is gone
/// afterwards.
fn without_directory(text: &str, staged: &StagedDelta) -> String {
    text.lines()
        .next()
        .unwrap_or_default()
        .replace(&format!("{}/", staged.directory().display()), "")
}
