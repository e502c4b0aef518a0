//! The roles of a project in a database, held against what is declared, in the forms of reports.

mod checked;
mod ci;
mod html;
mod text;

pub(crate) use checked::CheckedRoles;
pub(crate) use html::findings as html_findings;
pub(crate) use text::{findings, list, result};

use crate::args::ReportFormat;

/// The report in one form.
pub(crate) fn render(compared: &CheckedRoles<'_>, format: ReportFormat) -> String {
    match format {
        ReportFormat::Text => text::report(compared),
        ReportFormat::Json => super::json::roles(compared.label, compared.checked),
        ReportFormat::Markdown => ci::markdown(compared),
        ReportFormat::Html => html::report(compared),
        ReportFormat::Junit => ci::junit(compared),
        ReportFormat::Sarif => ci::sarif(compared),
        ReportFormat::Github => ci::github(compared),
    }
}
