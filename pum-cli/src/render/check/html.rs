//! A comparison as a page.

use std::collections::BTreeSet;

use maud::{Markup, html};
use pum_core::diff::{Change, Difference};
use pum_core::humanize::count;
use similar::{ChangeTag, DiffOp, TextDiff};

use super::compared::{Compared, Group, Told};
use super::lines::{compared as compare_lines, shown};
use crate::render::html::{Page, search};
use crate::text::printable;

/// With more differences than this, the page comes folded.
const UNFOLDED: usize = 100;

/// How many equal lines are shown around different ones.
const AROUND: usize = 4;

/// Longer lines get no marks.
const MOST_MARKED: usize = 4_000;

pub(crate) fn report(compared: &Compared<'_>) -> String {
    let body = html! {
        (limits(compared))
        (differences(compared))
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

/// The differences, with what it takes to find one; nothing where there are none.
pub(crate) fn differences(compared: &Compared<'_>) -> Markup {
    let open = compared.differences().len() <= UNFOLDED;
    html! {
        @if !compared.same() {
            p.faint { (compared.summary()) }
            p.faint.legend { "− in " (compared.left) ", + in " (compared.right) }
            (search(&choices(compared)))
            @for group in compared.groups() { (section(compared, &group, open)) }
        }
    }
}

/// Filters besides the search field.
fn choices(compared: &Compared<'_>) -> Markup {
    let kinds: BTreeSet<_> =
        compared.differences().iter().map(|found| found.identity.kind).collect();
    let sides = [
        ("left", format!("only in {}", compared.left)),
        ("right", format!("only in {}", compared.right)),
        ("changed", "other values".to_owned()),
    ];
    let there: BTreeSet<_> = compared.differences().iter().map(change).collect();
    html! {
        select data-filter aria-label="Kind of object" {
            option value="" { "all kinds" }
            @for kind in kinds { option value=(kind.element()) { (kind.name()) } }
        }
        @for (value, text) in sides.iter().filter(|(value, _)| there.contains(value)) {
            label { input type="checkbox" data-filter value=(value) checked; " " (text) }
        }
    }
}

fn change(difference: &Difference) -> &'static str {
    match difference.change {
        Change::OnlyLeft => "left",
        Change::OnlyRight => "right",
        Change::Attribute { .. } => "changed",
    }
}

fn section(compared: &Compared<'_>, group: &Group<'_>, open: bool) -> Markup {
    html! {
        details.group open[open] data-name=(group.name) {
            summary {
                b { (group.name) }
                span.faint { (count(group.differences.len(), "difference")) }
            }
            @for difference in group.differences { (item(compared, difference)) }
        }
    }
}

fn item(compared: &Compared<'_>, difference: &Difference) -> Markup {
    let identity = &difference.identity;
    let name = match &identity.arguments {
        Some(arguments) => printable(&format!("{}({arguments})", identity.name)),
        None => printable(&identity.name),
    };
    let id = format!("d-{}", difference.fingerprint());
    html! {
        div.item id=(id) data-kind=(identity.kind.element()) data-change=(change(difference)) {
            a.link href={ "#" (id) } title="Link to this difference" { "#" }
            @match compared.told(difference) {
                Told::OnlyIn { side, perhaps, alike } => {
                    h3 { (identity.kind.name()) " " code { (name) } ": only in " b { (side) } }
                    @if let Some(other) = perhaps {
                        p.faint { "perhaps the same as " code { (other) } }
                    }
                    @if let Some(alike) = alike { p.faint { (alike) } }
                }
                Told::Values { attribute, left, right, alike } => {
                    h3 { (identity.kind.name()) " " code { (name) } ": " (attribute) }
                    (side_by_side(compared, &left, &right))
                    @if let Some(alike) = alike { p.faint { (alike) } }
                }
            }
        }
    }
}

fn side_by_side(compared: &Compared<'_>, left: &str, right: &str) -> Markup {
    let diff = compare_lines(left, right);
    let (old, new) = (diff.old_slices(), diff.new_slices());
    let mut seen = 0;
    let parts: Vec<(usize, Vec<DiffOp>)> = diff
        .grouped_ops(AROUND)
        .into_iter()
        .map(|operations| {
            let start = operations.first().map_or(seen, |first| first.old_range().start);
            let gap = start.saturating_sub(seen);
            seen = operations.last().map_or(seen, |last| last.old_range().end);
            (gap, operations)
        })
        .collect();
    html! {
        table.sides {
            thead { tr { th { (compared.left) } th { (compared.right) } } }
            tbody {
                @for (gap, operations) in &parts {
                    (equal_lines(*gap))
                    @for operation in operations { (rows(operation, old, new)) }
                }
                (equal_lines(old.len().saturating_sub(seen)))
            }
        }
    }
}

fn equal_lines(number: usize) -> Markup {
    html! {
        @if number > 0 { tr { td.gap colspan="2" { (count(number, "equal line")) } } }
    }
}

/// The lines of one operation, those of both sides next to each other.
fn rows(operation: &DiffOp, old: &[&str], new: &[&str]) -> Markup {
    let left = old.get(operation.old_range()).unwrap_or_default();
    let right = new.get(operation.new_range()).unwrap_or_default();
    if operation.tag() == similar::DiffTag::Equal {
        return html! {
            @for line in left { tr { td.same { (shown(line)) } td { (shown(line)) } } }
        };
    }
    let pairs = (0..left.len().max(right.len())).map(|at| (left.get(at), right.get(at)));
    html! {
        @for (left, right) in pairs {
            @let (left, right) = marked(left.copied(), right.copied());
            tr { (cell("l", left)) (cell("r", right)) }
        }
    }
}

fn cell(class: &str, content: Option<Markup>) -> Markup {
    html! {
        @if let Some(content) = content { td class=(class) { (content) } }
        @else { td.none {} }
    }
}

/// Two lines, with a mark on what differs in them if both are there and have something in common.
fn marked(left: Option<&str>, right: Option<&str>) -> (Option<Markup>, Option<Markup>) {
    let (left, right) = (left.map(shown), right.map(shown));
    if let (Some(left), Some(right)) = (&left, &right)
        && left.len().max(right.len()) <= MOST_MARKED
    {
        let (left, right) = (pieces(left), pieces(right));
        let diff = TextDiff::from_slices(&left, &right);
        if diff.ratio() >= 0.3 {
            let side = |other: ChangeTag| {
                let own = diff.iter_all_changes().filter(|change| change.tag() != other);
                let own: Vec<_> = own.collect();
                let runs = own.chunk_by(|a, b| a.tag() == b.tag());
                html! {
                    @for run in runs {
                        @let text: String = run.iter().map(similar::Change::value).collect();
                        @if run.iter().any(|change| change.tag() == ChangeTag::Equal) { (text) }
                        @else { mark { (text) } }
                    }
                }
            };
            return (Some(side(ChangeTag::Insert)), Some(side(ChangeTag::Delete)));
        }
    }
    let plain = |text: String| html! { (text) };
    (left.map(plain), right.map(plain))
}

/// Words, and all else character by character.
fn pieces(line: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let end = match rest.find(|c| !is_word(c)) {
            Some(0) => first.len_utf8(),
            Some(end) => end,
            None => rest.len(),
        };
        let (piece, others) = rest.split_at(end);
        pieces.push(piece);
        rest = others;
    }
    pieces
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
