//! What the parts of a page have in common: how much is shown, and how a place is named.

use maud::{Markup, html};

use crate::text::printable;
use pum_core::humanize::grouped;

/// Of a kind, no more than these are shown; the JSON report has all.
pub(super) const MOST: usize = 100;

/// Longer statements are cut.
const MOST_SQL: usize = 200;

/// `delta_1.2.0.sql, line 3`
pub(super) fn place(path: &std::path::Path, line: usize) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("{}, line {line}", printable(&name))
}

pub(super) fn and_more(number: usize, shown: usize) -> Markup {
    html! {
        @if number > shown { p.faint { "and " (grouped(number - shown)) "  more, listed in the JSON report" } }
    }
}

pub(super) fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(MOST_SQL).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
