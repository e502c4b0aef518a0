//! Reports of comparisons, one file per form. Each is a function from a [`Compared`] to a text.

mod alike;
mod compared;
pub(crate) mod github;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod lines;
mod locations;
pub(crate) mod mapped;
pub(crate) mod markdown;
pub(crate) mod sarif;
pub(crate) mod suggested;
#[cfg(test)]
mod tests;
pub(crate) mod text;

pub(crate) use compared::Compared;
pub(crate) use locations::{Locations, uri};

use super::style::Styles;
use crate::args::ReportFormat;

/// The report in one form. `level`: how much the text tells.
pub(crate) fn render(compared: &Compared<'_>, format: ReportFormat, level: u8) -> String {
    match format {
        ReportFormat::Text => text::report(compared, level, Styles::OFF, None),
        ReportFormat::Json => json::report(compared),
        ReportFormat::Markdown => markdown::report(compared),
        ReportFormat::Html => html::report(compared),
        ReportFormat::Junit => junit::report(compared, &jiff::Zoned::now()),
        ReportFormat::Sarif => sarif::report(compared),
        ReportFormat::Github => github::report(compared),
    }
}
