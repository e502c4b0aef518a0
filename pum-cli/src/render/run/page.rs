//! The name of a page.

/// The page in the directory of a run.
pub(crate) const PAGE: &str = "report.html";
