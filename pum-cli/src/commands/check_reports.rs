//! Reports of checks in files: of what was found, or of why nothing could be.

use crate::args::{ReportFile, ReportFormat, ReportOutput};
use crate::console::{print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::files::make_sure_that_reports_can_be_written;
use crate::render::failed::Failed;
use crate::text::shown;

/// Makes a check. If it fails, the reports that were asked for say why.
pub(super) fn reporting_errors(
    context: &Context,
    output: &ReportOutput,
    failed: impl FnOnce(&CliError) -> Failed,
    check: impl FnOnce() -> Result<u8, CliError>,
) -> Result<u8, CliError> {
    make_sure_that_reports_can_be_written(&output.files())?;
    let result = check();
    if let Err(err) = &result
        && !context.interrupt.is_triggered()
        && !matches!(err, CliError::Write { .. })
    {
        report_error(output, &failed(err));
    }
    result
}

/// Writes what went wrong in the forms that were asked for: no report is empty or missing because
/// something failed.
pub(super) fn report_error(output: &ReportOutput, failed: &Failed) {
    if output.output_file.is_none() && output.format != ReportFormat::Text {
        // That it cannot be written is no matter beside the error, which is said anyway.
        let _ = print(&failed.render(output.format));
    }
    for ReportFile { format, path } in output.files() {
        if let Err(cause) = std::fs::write(&path, failed.render(format)) {
            say(&format!("error: cannot write {}: {cause}", path.display()));
        }
    }
}

/// Writes the reports that go to files.
pub(super) fn write_files(
    output: &ReportOutput,
    render: impl Fn(ReportFormat) -> String,
) -> Result<(), CliError> {
    let files = output.files();
    for ReportFile { format, path } in &files {
        std::fs::write(path, render(*format))
            .map_err(|cause| CliError::Write { path: path.clone(), cause })?;
    }
    if !files.is_empty() {
        let names: Vec<String> = files.iter().map(|file| shown(&file.path)).collect();
        say(&format!("report: {}", names.join(", ")));
    }
    Ok(())
}
