//! How deltas are applied: with and without transactions, with limits of time, and what is left
//! when something dies.

mod crash;
mod create;
mod history;
mod lint;
mod lint_benchmark;
mod lint_files;
mod locks;
mod measure;
mod modes;
mod module;
mod pooler;
mod programs;
mod project;
mod repeatable;
mod resume;
mod roles;
mod session_state;
mod together;
mod waiting;

use std::path::Path;

use pum_core::Context;
use pum_core::connect::Session;
use pum_core::delta::{DeltaSet, Version};
use pum_core::progress::{Event, Observer};
use pum_core::upgrade::{
    Applied, PlanOptions, Resume, RunOptions, TableName, Upgrade, UpgradeError, UpgradePlan,
    set_baseline,
};
use pum_tests::{Database, database};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

fn table() -> TableName {
    "public.upgrades".parse().unwrap()
}

/// How a test has a plan run.
#[derive(Clone, Default)]
struct Options {
    run: RunOptions,
    rehearse: bool,
    resume: Option<Resume>,
}

fn options() -> Options {
    Options::default()
}

fn upgrade_of<'a>(plan: &'a UpgradePlan, options: &Options) -> Upgrade<'a> {
    Upgrade::new(plan)
        .options(options.run.clone())
        .rehearse(options.rehearse)
        .resume(options.resume)
}

/// An empty database at version 1.0.0.
fn at_1_0_0() -> Database {
    let database = database();
    set_baseline(&mut database.session(), &table(), &Version::new(1, 0, 0)).unwrap();
    database
}

/// Keeps what is told beside the result.
#[derive(Default)]
struct Told(Vec<String>);

impl Observer for Told {
    fn notify(&mut self, event: Event<'_>) {
        match event {
            Event::Warning { message } => self.0.push(message.to_owned()),
            Event::Waiting { reason } => self.0.push(reason.to_owned()),
            _ => {}
        }
    }
}

fn upgrade_with(
    database: &Database,
    directory: &Path,
    options: &Options,
    context: &mut Context<'_>,
) -> Result<Vec<Applied>, UpgradeError> {
    let mut session = Session::open(&database.settings, context.interrupt())?;
    let deltas = DeltaSet::read(&[directory])?;
    let plan = UpgradePlan::read(&mut session, &table(), &deltas, &PlanOptions::default())?;
    upgrade_of(&plan, options).run(&mut session, context).map(|report| report.applied)
}

fn upgrade(
    database: &Database,
    directory: &Path,
    options: &Options,
) -> Result<Vec<Applied>, UpgradeError> {
    upgrade_with(database, directory, options, &mut Context::default())
}

fn recorded(database: &Database) -> Vec<String> {
    database.column("SELECT version FROM public.upgrades WHERE success ORDER BY id")
}

/// Which of these tables and indexes there are.
fn there(database: &Database, names: &str) -> Vec<String> {
    database.column(&format!(
        "SELECT relname FROM pg_class WHERE relname = ANY ('{{{names}}}') ORDER BY 1"
    ))
}

/// Whether pum keeps a table beside the upgrades table.
fn progress(database: &Database) -> Vec<String> {
    if there(database, "upgrades_progress").is_empty() {
        return Vec::new();
    }
    database.column("SELECT version || ' ' || done || ' ' || next FROM upgrades_progress")
}
