//! `rehearsal CONNINFO TABLE DIRECTORY`: runs the pending deltas and undoes them, and tells what
//! happens meanwhile.

use std::error::Error;
use std::path::Path;

use pum_core::connect::{Environment, Session, Settings};
use pum_core::delta::DeltaSet;
use pum_core::progress::{Event, Observer};
use pum_core::upgrade::{PlanOptions, TableName, Upgrade, UpgradePlan};
use pum_core::{Context, Interrupt};

/// Keeps what an operator wants to see.
#[derive(Default)]
pub struct Diary(pub Vec<String>);

impl Observer for Diary {
    fn notify(&mut self, event: Event<'_>) {
        match event {
            Event::ScriptStarted { path, position, count } => {
                self.0.push(format!("{position} of {count}: {}", path.display()));
            }
            Event::Output { line } => self.0.push(format!("  {line}")),
            Event::Warning { message } => self.0.push(format!("  warning: {message}")),
            Event::Waiting { reason } => self.0.push(format!("  waiting: {reason}")),
            // There are more events, and there will be.
            _ => {}
        }
    }
}

/// Rehearses what is pending, in one transaction that is rolled back. A delta that fails is an
/// error here as it would be in the upgrade.
///
/// # Errors
///
/// If the database cannot be reached, or what is done there fails.
pub fn rehearse(
    database: &Settings,
    table: &TableName,
    directory: &Path,
) -> Result<Diary, Box<dyn Error>> {
    let interrupt = Interrupt::new();
    let mut session = Session::open(database, &interrupt)?;
    let deltas = DeltaSet::read(&[directory])?;
    let plan = UpgradePlan::read(&mut session, table, &deltas, &PlanOptions::default())?;
    let mut diary = Diary::default();
    let mut context = Context::new(&mut diary, &interrupt);
    Upgrade::new(&plan).rehearse(true).run(&mut session, &mut context)?;
    Ok(diary)
}

#[allow(clippy::print_stdout)]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, table, directory] = arguments.as_slice() else {
        return Err("usage: rehearsal CONNINFO TABLE DIRECTORY".into());
    };
    let settings = Settings::resolve(database, &Environment::default())?;
    let diary = rehearse(&settings, &table.parse()?, Path::new(directory))?;
    for line in &diary.0 {
        println!("{line}");
    }
    println!("everything was rolled back");
    Ok(())
}
