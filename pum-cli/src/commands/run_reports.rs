//! The reports of a run of the Manager, in its directory and where else they are wanted.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use pum_core::manager::{Config, RunDirectory, RunOutcome, RunStep};

use crate::args::{ReportFile, ReportFormat};
use crate::console::say;
use crate::files::{PRIVATE, write_whole};
use crate::render::run::{self, Run};
use crate::text::shown;

/// Writes them and says where they are.
pub(crate) fn write_and_say(run: &Run<'_>, job: &Config, wanted: &[ReportFile]) -> Vec<PathBuf> {
    let written = write(run, job, wanted);
    if !written.is_empty() {
        let names: Vec<String> = written.iter().map(|path| shown(path)).collect();
        say(&format!("report: {}", names.join(", ")));
    }
    written
}

/// Writes them, and gives those that are written. What cannot be written is warned of: what the run
/// did is done.
pub(crate) fn write(run: &Run<'_>, job: &Config, wanted: &[ReportFile]) -> Vec<PathBuf> {
    let mut files = wanted.to_vec();
    if let Some(directory) = job.directory.as_ref().filter(|one| has_reports(run, one)) {
        // A run that failed early has none yet.
        match directory.create() {
            Ok(()) => {
                let own = |(format, name)| ReportFile { format, path: directory.path().join(name) };
                let names = [(ReportFormat::Html, run::PAGE), (ReportFormat::Json, "report.json")];
                files.extend(names.map(own));
            }
            Err(err) => warn(directory.path(), &err),
        }
    }
    let mut written: Vec<PathBuf> = Vec::new();
    for ReportFile { format, path } in files {
        match write_whole(&path, &run::render(run, format), Permissions::from_mode(PRIVATE)) {
            Ok(()) => written.push(path),
            Err(err) => warn(&path, &err),
        }
    }
    written
}

/// Nothing is written about a run that had nothing to do; and a run that may not go on leaves the
/// reports of the earlier one as they are.
fn has_reports(run: &Run<'_>, directory: &RunDirectory) -> bool {
    let refused = run.failure.is_some_and(|err| err.step <= RunStep::Prepare);
    run.report.outcome != RunOutcome::NothingPending && !(refused && directory.resumes())
}

fn warn(path: &Path, err: &std::io::Error) {
    say(&format!("warning: the report {} cannot be written: {err}", shown(path)));
}
