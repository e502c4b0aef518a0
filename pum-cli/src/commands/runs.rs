//! The runs of the Manager that are kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pum_core::exit;
use pum_core::humanize::{count, size};
use pum_core::manager::RunDirectory;
use serde_json::Value;
use walkdir::WalkDir;

use super::manager_config::RUNS;
use crate::args::{Runs, RunsCommand};
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::render::run::PAGE;
use crate::text::{line, local_time, new_table, printable, shown};

pub(crate) fn run(context: &Context, args: &Runs) -> Result<u8, CliError> {
    let configured = args.runs.as_ref().or(context.config.runs_dir.as_ref());
    let directory = configured.map_or(Path::new(RUNS), PathBuf::as_path);
    let runs = list(directory)?;
    match &args.command {
        None | Some(RunsCommand::List) => show(directory, &runs),
        Some(RunsCommand::Open { id }) => open(context, directory, &runs, id.as_deref()),
        Some(RunsCommand::Prune { keep, yes }) => prune(context, &runs, *keep, *yes),
    }
}

/// How many runs are kept if nothing else is said.
const KEPT: usize = 100;

/// No run is removed by itself before this: it may have the dump that is the way back.
const YOUNGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Removes the oldest of many runs, before there is one more. Those that have no report may be at work. What
/// cannot be removed is said, and stays.
pub(crate) fn bound(context: &Context, directory: &Path) {
    let keep = context.config.keep_runs.unwrap_or(KEPT);
    let Ok(runs) = list(directory) else { return };
    if keep == 0 {
        return;
    }
    let is_old = |run: &&RunDirectory| {
        let changed = std::fs::metadata(run.path()).and_then(|it| it.modified());
        changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > YOUNGEST))
    };
    let surplus = runs.iter().skip(keep.saturating_sub(1)).filter(is_old);
    let mut removed = 0;
    for run in surplus.filter(|run| !reports(run.path()).is_empty()) {
        match std::fs::remove_dir_all(run.path()) {
            Ok(()) => removed += 1,
            Err(err) => say(&format!("warning: the old run {} stays: {err}", run.id())),
        }
    }
    if removed > 0 {
        say(&format!(
            "removed {} from {}: the newest {keep} are kept (keep_runs)",
            count(removed, "old run"),
            shown(directory)
        ));
    }
}

/// The last run in a directory of runs that can go on; a look that ended before a rehearsal is none.
pub(crate) fn last(directory: &Path) -> Result<RunDirectory, CliError> {
    let mut runs = list(directory)?;
    let at = runs.iter().position(RunDirectory::can_resume).unwrap_or_default();
    if runs.is_empty() { Err(no_run(directory, None)) } else { Ok(runs.swap_remove(at)) }
}

fn list(directory: &Path) -> Result<Vec<RunDirectory>, CliError> {
    RunDirectory::list(directory)
        .map_err(|cause| CliError::System { action: "read the directory of runs", cause })
}

pub(crate) fn no_run(directory: &Path, id: Option<&str>) -> CliError {
    let what = id.map_or_else(|| "no run".to_owned(), |id| format!("no run {}", printable(id)));
    CliError::NoRun { what, directory: directory.to_owned() }
}

fn show(directory: &Path, runs: &[RunDirectory]) -> Result<u8, CliError> {
    let mut out = String::new();
    if runs.is_empty() {
        line(&mut out, &format!("no runs in {}", shown(directory)));
    } else {
        let mut table = new_table(&["Run", "Began", "Result", "Size"]);
        for run in runs {
            let bytes = size(bytes_of(run.path()));
            let reports = reports(run.path());
            if reports.is_empty() {
                let result = "no report: it was killed, or is at work".to_owned();
                table.add_row([run.id().to_owned(), String::new(), result, bytes.clone()]);
            }
            for (at, report) in reports.iter().enumerate() {
                let text = |key: &str| report[key].as_str().unwrap_or_default();
                let first = |text: &str| if at == 0 { text.to_owned() } else { String::new() };
                table.add_row([
                    first(run.id()),
                    local_time(text("started")),
                    printable(text("verdict")),
                    first(&bytes),
                ]);
            }
        }
        line(&mut out, &table.trim_fmt());
    }
    print(&out)?;
    Ok(exit::SUCCESS)
}

/// What a run reported: one for each production database.
fn reports(run: &Path) -> Vec<Value> {
    let found = WalkDir::new(run).max_depth(2).sort_by_file_name().into_iter().flatten();
    let found = found.filter(|entry| entry.file_name() == "report.json");
    let read = |path: &Path| serde_json::from_slice(&std::fs::read(path).ok()?).ok();
    found.filter_map(|entry| read(entry.path())).collect()
}

fn bytes_of(run: &Path) -> u64 {
    let files = WalkDir::new(run).into_iter().flatten().filter_map(|entry| entry.metadata().ok());
    files.filter(std::fs::Metadata::is_file).map(|file| file.len()).sum()
}

fn open(
    context: &Context,
    directory: &Path,
    runs: &[RunDirectory],
    id: Option<&str>,
) -> Result<u8, CliError> {
    let run = match id {
        None | Some("last") => runs.first(),
        Some(id) => runs.iter().find(|run| run.id() == id),
    };
    let run = run.ok_or_else(|| no_run(directory, id))?;
    let pages = WalkDir::new(run.path()).max_depth(2).sort_by_file_name().into_iter().flatten();
    let pages: Vec<PathBuf> =
        pages.filter(|entry| entry.file_name() == PAGE).map(walkdir::DirEntry::into_path).collect();
    if pages.is_empty() {
        let what = format!("no report of run {}", run.id());
        return Err(CliError::NoRun { what, directory: directory.to_owned() });
    }
    for page in &pages {
        print(&format!("{}\n", printable(&shown(page))))?;
        if let Err(why) = context.browser().open(page) {
            say(&why);
        }
    }
    Ok(exit::SUCCESS)
}

fn prune(context: &Context, runs: &[RunDirectory], keep: usize, yes: bool) -> Result<u8, CliError> {
    let old = runs.get(keep..).unwrap_or_default();
    if old.is_empty() {
        print(&format!("nothing to remove: {} in all\n", count(runs.len(), "run")))?;
        return Ok(exit::SUCCESS);
    }
    for run in old {
        say(&format!("{}  {}", run.id(), size(bytes_of(run.path()))));
    }
    let mut console = Console::new(&context.interrupt, false).agreeing(yes);
    let (number, kept) = (count(old.len(), "run"), keep);
    if !console
        .confirm(&format!("Remove {number} with the dumps in them, and keep the newest {kept}?"))?
    {
        return Ok(exit::DIFFERENT);
    }
    drop(console);
    for run in old {
        std::fs::remove_dir_all(run.path())
            .map_err(|cause| CliError::System { action: "remove a run", cause })?;
    }
    print(&format!("removed {number}\n"))?;
    Ok(exit::SUCCESS)
}
