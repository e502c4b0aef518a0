//! A comparison as a page.

mod item;
mod overview;
mod sides;

use maud::{Markup, html};
use pum_core::humanize::count;

use super::compared::{Compared, Group};
use crate::render::html::sql_block::sql_block;
use crate::render::html::{Page, heading, search};

/// With more differences than this, the page comes folded.
const UNFOLDED: usize = 100;

pub(crate) fn report(compared: &Compared<'_>) -> String {
    let body = html! {
        (overview::facts(compared))
        (differences(compared, 2))
        (footer(compared))
    };
    Page {
        title: format!("pum check: {}", compared.verdict()),
        verdict: compared.verdict(),
        good: compared.same(),
        body,
    }
    .render()
}

/// What was not compared.
pub(crate) fn limits(compared: &Compared<'_>) -> Markup {
    html! { @if let Some(limits) = compared.not_compared() { p.faint { (limits) } } }
}

/// The differences, with what it takes to find one; nothing where there are none. `level`: that of the
/// headings.
pub(crate) fn differences(compared: &Compared<'_>, level: u8) -> Markup {
    html! {
        @if !compared.same() {
            (overview(compared, level))
            (heading(level, "Differences"))
            (list(compared, level))
        }
    }
}

/// How many differences there are, of what sort and where.
pub(crate) fn overview(compared: &Compared<'_>, level: u8) -> Markup {
    html! {
        p.faint { (compared.summary()) }
        (overview::heat_map_of(compared, level))
        (overview::map_of(compared, level))
    }
}

/// The differences themselves.
pub(crate) fn list(compared: &Compared<'_>, level: u8) -> Markup {
    let open = compared.differences().len() <= UNFOLDED;
    let groups: Vec<Group<'_>> = compared.groups().collect();
    html! {
            p.faint.legend { "\u{2212} in " (compared.left) ", + in " (compared.right) }
            (search(&overview::choices(compared)))
            @for groups in groups.chunk_by(|a, b| a.schema() == b.schema()) {
                (schema(compared, groups, open))
            }
            (suggestions(compared, level))
    }
}

fn schema(compared: &Compared<'_>, groups: &[Group<'_>], open: bool) -> Markup {
    let number: usize = groups.iter().map(|group| group.differences.len()).sum();
    let schema = groups.first().map(Group::schema).unwrap_or_default();
    html! {
        details.schema open {
            summary {
                b { (overview::title_of(schema)) } " "
                span.faint { (count(number, "difference")) " in " (count(groups.len(), "object")) }
            }
            @for group in groups { (section(compared, group, open)) }
        }
    }
}

fn section(compared: &Compared<'_>, group: &Group<'_>, open: bool) -> Markup {
    html! {
        details.group id=[group.link()] open[open] data-name=(group.name) {
            summary {
                b { (group.name) } " "
                span.faint { (count(group.differences.len(), "difference")) }
            }
            @for (at, difference) in group.differences.iter().enumerate() {
                @let is_first = at == 0
                    || group.differences[at - 1].identity != difference.identity;
                (item::item(compared, difference, is_first))
            }
        }
    }
}

/// All statements in the order in which they can be run.
fn suggestions(compared: &Compared<'_>, level: u8) -> Markup {
    let sql: Vec<String> = compared
        .suggested
        .iter()
        .filter_map(|one| Some(format!("-- {}\n{}", one.identity, one.sql.as_deref()?)))
        .collect();
    html! {
        @if !sql.is_empty() {
            (heading(level, "Suggested SQL"))
            p.faint {
                "Statements that make " (compared.left) " like " (compared.right) ", in the order in which \
                 they can be run. What loses data is only a comment. Read them before you use them."
            }
            details.more {
                summary { "All of it: " (count(sql.len(), "object")) }
                (sql_block(&sql.join("\n\n")))
            }
        } @else if let Some(why) = &compared.not_suggested {
            p.faint { "No SQL is suggested: " (why) }
        }
    }
}

/// Hidden differences and other notes.
pub(crate) fn footer(compared: &Compared<'_>) -> Markup {
    let (hidden, notes) = (compared.hidden(), compared.notes());
    html! {
        @if !hidden.is_empty() {
            h2 { "Hidden by rules" }
            ul {
                @for (reason, differences) in hidden {
                    li { (count(differences, "difference")) ": " (reason) }
                }
            }
        }
        @if !notes.is_empty() {
            h2 { "Notes" }
            @for note in notes { p { (note) } }
        }
    }
}
