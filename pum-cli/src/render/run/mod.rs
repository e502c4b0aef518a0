//! Reports of a run of the Manager. Each form is a function from a [`Run`] to a text.

pub(crate) mod decision;
pub(crate) mod html;
pub(crate) mod json;
mod kept_test;
mod locks;
mod measured;
mod page;
mod shown;
pub(crate) mod text;
mod tiles;
mod timeline;
mod view;
mod ways_on;

pub(crate) use page::PAGE;
pub(crate) use view::Run;

use crate::args::ReportFormat;
use crate::text::describe;

/// The report in one form. There is none for a run of which nothing is to be told but its error.
pub(crate) fn render(run: &Run<'_>, format: ReportFormat) -> String {
    match (format, run.failure) {
        (ReportFormat::Json, _) => json::report(run),
        (ReportFormat::Html, _) => html::report(run),
        (_, None) => text::report(run, false),
        (_, Some(err)) => text::failed(run, &describe(err)),
    }
}
