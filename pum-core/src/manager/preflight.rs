//! What must be known before anything is done.

use super::Question;
use super::error::StepError;
use super::prepared::{Production, Ready};
use super::run_context::RunContext;
use super::upgrade::{read_plan, upgrade};
use super::{
    DumpedData, ProductionState, Reference, TestSource, data, disposable, reference, role_check,
    template,
};
use crate::catalog;
use crate::connect::{Holding, Session, Settings};
use crate::delta::{PreparedScript, ProjectPart, Script, Variables};
use crate::dump::{self, DatabaseProperties, Role, Tools};
use crate::model::Model;
use crate::progress::{Event, Observer};
use crate::roles::RoleProblem;
use crate::upgrade::{History, HistoryMismatch, UpgradePlan, set_baseline};

/// Opens production and makes the plan. `Err(question)` inside: the operator declined.
pub(super) fn production(
    stage: &mut RunContext<'_>,
) -> Result<Result<Production, Question>, StepError> {
    let job = stage.job;
    let label = || job.production.label().to_owned();
    let mut session = Session::open(&job.production, stage.interrupt)?;
    if session.in_recovery() || session.read_only() {
        return Err(StepError::ReadOnly { label: label() });
    }
    let identity = session.identity()?;
    match History::read(&mut session, &job.table)? {
        Some(history) if history.current_version().is_some() => {}
        Some(_) | None => {
            let source = job.baseline.as_ref().ok_or_else(|| StepError::NoBaseline {
                label: label(),
                table: job.table.to_string(),
            })?;
            let baseline = source.version(&mut session)?;
            // What is wrong with the deltas must be known before the table is made.
            let records = vec![crate::upgrade::Record::baseline(baseline.clone())];
            UpgradePlan::from_history(
                &job.table,
                &job.deltas,
                &History { records, ..History::default() },
                &job.plan,
            )?;
            let question = Question::CreateUpgradesTable {
                production: label(),
                table: job.table.clone(),
                baseline: baseline.clone(),
            };
            if !stage.approve(&question)? {
                return Ok(Err(question));
            }
            set_baseline(&mut session, &job.table, &baseline)?;
            stage.production_state = ProductionState::BaselineSet;
        }
    }
    let plan = read_plan(job, &mut session)?;
    upgrade(job, &plan).check()?;
    // Of deltas that no directory has, no file is missed.
    let has_directory = !job.deltas.directories.is_empty();
    let is_told =
        |it: &&HistoryMismatch| has_directory || !matches!(it, HistoryMismatch::Missing { .. });
    for concern in plan.concerns.iter().filter(is_told) {
        stage.notify(Event::Warning { message: &concern.to_string() });
    }
    let roles = role_check::on_server(job, &mut session)?;
    // Missing ones are created, unless that is left out: then the copy tells.
    for other in roles.iter().filter(|it| it.problem != RoleProblem::Missing) {
        let message = format!("{other}: not as declared, and the upgrade leaves it so");
        stage.notify(Event::Warning { message: &message });
    }
    let committed = Production::committed(&mut session);
    let (model, data) = if plan.is_empty() {
        (Model::default(), DumpedData::All)
    } else {
        (
            catalog::read(&mut session, &job.schema_scope().of_catalog())?,
            data::choose(stage, &mut session)?,
        )
    };
    Ok(Ok(Production { session, identity, plan, data, committed, roles, model }))
}

/// Looks at everything that the rehearsal will need, if there is to be one. `Err(question)` inside:
/// declined.
pub(super) fn ready(
    stage: &mut RunContext<'_>,
    production: &mut Production,
    is_rehearsed: bool,
) -> Result<Result<Ready, Question>, StepError> {
    let job = stage.job;
    let major = production.session.version().major();
    let toolchain = &job.toolchain;
    let tools = Tools::choose(&toolchain.installations, &toolchain.overrides, major)?;
    let properties = DatabaseProperties::read(&mut production.session)?;
    let reference_scripts = read_reference(&job.reference)?;
    if is_rehearsed {
        let reference_without = Vec::new();
        return Ok(Ok(Ready { tools, properties, reference_scripts, reference_without }));
    }
    // Which the run grants to and does not create.
    let granted: Vec<&str> = if job.deltas.skipped().contains(&ProjectPart::Roles) {
        job.deltas.roles_with_permissions().iter().map(|role| &*role.name).collect()
    } else {
        Vec::new()
    };
    let roles = dump::roles_named_by_or(&mut production.session, &granted)?;
    if let Reference::Database(reference) = &job.reference {
        check_reference(stage, reference, production)?;
    }
    let declined = match &job.test {
        TestSource::Scratch | TestSource::Command { .. } => None,
        TestSource::Replace(test) => check_test(stage, test, production, &roles)?,
        TestSource::Template(None) => {
            let test = template::own_database(production)?;
            template::choose_template(stage, production, &test, true)?;
            None
        }
        TestSource::Template(Some(test)) => {
            let declined = check_test(stage, test, production, &roles)?;
            if declined.is_none() {
                template::choose_template(stage, production, test, false)?;
            }
            declined
        }
        TestSource::Copy(test) => {
            disposable::refuse_if_not_disposable(stage, test, production)?;
            let question = Question::UseCopy { test: test.label().to_owned() };
            (!stage.approve(&question)?).then_some(question)
        }
    };
    if let Some(declined) = declined {
        return Ok(Err(declined));
    }
    let builds_reference = !matches!(job.reference, Reference::Database(_) | Reference::None);
    if matches!(job.test, TestSource::Scratch) || builds_reference {
        let server = toolchain.scratch.get(major, stage.interrupt)?;
        if server.major() < major {
            return Err(StepError::TestTooOld {
                label: "the scratch databases".to_owned(),
                test: server.major(),
                production: major,
            });
        }
        let mut session = Session::open(&server.settings("postgres")?, stage.interrupt)?;
        dump::create_scratch_roles(&mut session, &roles)?;
        dump::grant_create(&mut session, production.session.settings().user())?;
    }
    let reference_without = reference::parts_without(job, &roles);
    Ok(Ok(Ready { tools, properties, reference_scripts, reference_without }))
}

fn read_reference(reference: &Reference) -> Result<Vec<PreparedScript>, StepError> {
    let Reference::Sql(files) = reference else { return Ok(Vec::new()) };
    files.iter().map(|file| Ok(Script::read(file)?.prepare(&Variables::default())?)).collect()
}

/// The reference exists, is not production, and holds something.
fn check_reference(
    stage: &RunContext<'_>,
    reference: &Settings,
    production: &Production,
) -> Result<(), StepError> {
    let mut session = Session::open(reference, stage.interrupt)?;
    if session.identity()? == production.identity {
        return Err(StepError::SameDatabase {
            first: format!("production ({})", stage.job.production.label()),
            second: format!("the reference ({})", reference.label()),
            why: "the comparison would be meaningless",
        });
    }
    if session.holding()? == Holding::Nothing {
        let (label, what) = (reference.label().to_owned(), "is empty".to_owned());
        return Err(StepError::Reference { label, what });
    }
    Ok(())
}

/// The test database is neither production nor the reference, its server can take the dump, and
/// what is in it may go. `Some`: the operator said that it may not.
fn check_test(
    stage: &mut RunContext<'_>,
    test: &Settings,
    production: &mut Production,
    roles: &[Role],
) -> Result<Option<Question>, StepError> {
    let label = || test.label().to_owned();
    let mut server = dump::maintenance_session(test, stage.interrupt)?;
    let (test_major, major) = (server.version().major(), production.session.version().major());
    if test_major < major {
        return Err(StepError::TestTooOld { label: label(), test: test_major, production: major });
    }
    disposable::refuse_server(&mut server, test, production)?;
    let names: Vec<String> = roles.iter().map(|role| role.name.clone()).collect();
    let missing = dump::missing_roles(&mut server, &names)?;
    if !missing.is_empty() {
        return Err(dump::DumpError::MissingRoles { label: label(), roles: missing }.into());
    }
    let Some(mut session) = dump::open_if_exists(test, stage.interrupt)? else { return Ok(None) };
    let identity = session.identity()?;
    let same = |other: &Settings, part: &str, why| StepError::SameDatabase {
        first: format!("the test database ({})", test.label()),
        second: format!("{part} ({})", other.label()),
        why,
    };
    if identity == production.identity {
        let why = "its content would be replaced";
        return Err(same(&stage.job.production, "production", why));
    }
    if let Reference::Database(reference) = &stage.job.reference
        && Session::open(reference, stage.interrupt)?.identity()? == identity
    {
        let why = "the comparison would be meaningless";
        return Err(same(reference, "the reference", why));
    }
    if dump::is_empty(&mut session)? {
        return Ok(None);
    }
    if disposable::is_marked(&mut session)? {
        let message = format!("{} is replaced: an earlier run of pum created its content", label());
        stage.notify(Event::Note { message: &message });
        return Ok(None);
    }
    drop(session);
    let question = Question::ReplaceTest { test: label() };
    Ok((!stage.approve(&question)?).then_some(question))
}
