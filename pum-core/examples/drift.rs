//! `drift CONNINFO SNAPSHOT`: whether a database is what a snapshot says, with a filter and a form of
//! the program's own.

use std::error::Error;
use std::path::Path;

use pum_core::compare::{CompareOptions, compare_with_snapshot};
use pum_core::connect::{Environment, Session, Settings};
use pum_core::diff::{Change, Difference, Filters, Preset};
use pum_core::snapshot::Snapshot;
use pum_core::{Context, Interrupt};

/// What differs, one line each: `+` only the database has it, `-` only the snapshot, `~` both.
pub fn drift(database: &Settings, snapshot: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let interrupt = Interrupt::new();
    let mut session = Session::open(database, &interrupt)?;
    let snapshot = Snapshot::read(snapshot)?;
    let mut filters = Filters::new(Preset::Default);
    // Tables that a nightly job makes and drops.
    filters.exclude_objects("*.nightly_*")?;
    let mut options = CompareOptions::default();
    options.filters = filters;
    let found =
        compare_with_snapshot(&mut session, &snapshot, &options, &mut Context::silent(&interrupt))?;
    // Comments are no reason for an alarm here: a filter can be any code.
    let serious = found.differences.iter().filter(|difference| !is_comment(difference));
    Ok(serious.map(line).collect())
}

fn is_comment(difference: &Difference) -> bool {
    matches!(&difference.change, Change::Attribute { name: "comment", .. })
}

fn line(difference: &Difference) -> String {
    let object = &difference.identity;
    match &difference.change {
        Change::OnlyLeft => format!("+ {object}"),
        Change::OnlyRight => format!("- {object}"),
        Change::Attribute { name, left, right } => {
            format!("~ {object}: {name} is {left}, not {right}")
        }
    }
}

#[allow(clippy::print_stdout)]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(database), Some(snapshot)) = (arguments.next(), arguments.next()) else {
        return Err("usage: drift CONNINFO SNAPSHOT".into());
    };
    let settings = Settings::resolve(&database, &Environment::default())?;
    let lines = drift(&settings, Path::new(&snapshot))?;
    for line in &lines {
        println!("{line}");
    }
    if lines.is_empty() { Ok(()) } else { Err("the database has drifted".into()) }
}
