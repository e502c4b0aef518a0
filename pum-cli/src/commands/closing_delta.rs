//! The delta that closes a gap between the upgraded copy and the reference, in a delta directory.

use pum_core::delta::{DeltaDirectory, NewDelta, NextVersion};
use pum_core::manager::RunReport;

use crate::args::RunReports;
use crate::console::say;
use crate::error::CliError;
use crate::text::{printable, shown};

/// What is wrong with the directory is said before any work is done.
pub(crate) fn check(reports: &RunReports) -> Result<(), CliError> {
    if let Some(path) = &reports.write_delta {
        let directory = DeltaDirectory::read(&[path])?;
        let version = directory.next_version(None, &NextVersion::Patch)?;
        drop(directory.stage(&NewDelta::empty("to_reference", version))?);
    }
    Ok(())
}

/// Writes it, if that is wanted and there is one that can be used.
pub(crate) fn write(report: &RunReport, reports: &RunReports) -> Result<(), CliError> {
    let (Some(path), Some(closing)) = (&reports.write_delta, &report.closing_delta) else {
        return Ok(());
    };
    if let Some(problem) = closing.problem() {
        say(&format!("no delta was written: {}", printable(&problem)));
        return Ok(());
    }
    // What another one wrote meanwhile has a version too.
    let directory = DeltaDirectory::read(&[path])?;
    let mut delta = closing.delta.clone();
    let own = NextVersion::Exactly(delta.version.clone());
    if directory.next_version(None, &own).is_err() {
        delta.version = directory.next_version(report.to.as_ref(), &NextVersion::Patch)?;
    }
    for written in directory.stage(&delta)?.write()? {
        say(&format!("wrote {}", printable(&shown(&written))));
    }
    for answer in &closing.answers {
        say(&format!("to be decided: {} {}", answer.count, printable(&answer.question.what)));
    }
    Ok(())
}
