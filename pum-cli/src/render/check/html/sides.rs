//! Two values next to each other, with a mark on what differs.

use std::time::Duration;

use maud::{Markup, html};
use pum_core::humanize::count;
use pum_core::model::Value;
use similar::{ChangeTag, DiffOp, TextDiff};

use crate::render::check::compared::Compared;
use crate::render::check::lines::{compared as compare_lines, shown};

/// How many equal lines are shown around different ones.
const AROUND: usize = 4;

/// Longer lines get no marks.
const MOST_MARKED: usize = 60_000;

/// How long marks may be looked for in a line.
const MARKING: Duration = Duration::from_millis(50);

/// In a line, what is equal is cut in its middle if it is longer than this.
const LONGEST_EQUAL: usize = 240;

/// How much of it is left at either end.
const LEFT_OF_EQUAL: usize = 80;

/// Shorter lists are one line.
const LONG_LIST: usize = 60;

/// Two values: of lists each item is a line.
pub(super) fn values(compared: &Compared<'_>, left: &Value, right: &Value) -> Markup {
    let items = |value: &Value| match value {
        Value::List(items) => Some(items.iter().map(|item| item.replace('\n', " ")).collect()),
        Value::None => Some(Vec::new()),
        _ => None,
    };
    let sides: [Option<Vec<String>>; 2] = [left, right].map(items);
    let are_lists = [left, right].iter().any(|value| matches!(value, Value::List(_)));
    if let ([Some(one), Some(other)], true) = (sides, are_lists) {
        let long = |items: &[String]| items.len() > 1 && items.concat().len() > LONG_LIST;
        if !one.is_empty() && !other.is_empty() && (long(&one) || long(&other)) {
            return side_by_side(compared, &one.join("\n"), &other.join("\n"), "entr");
        }
    }
    side_by_side(compared, &left.to_string(), &right.to_string(), "line")
}

fn side_by_side(compared: &Compared<'_>, left: &str, right: &str, unit: &str) -> Markup {
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
                    (equal_lines(*gap, unit))
                    @for operation in operations { (rows(operation, old, new)) }
                }
                (equal_lines(old.len().saturating_sub(seen), unit))
            }
        }
    }
}

fn equal_lines(number: usize, unit: &str) -> Markup {
    let told = match (unit, number) {
        ("entr", 1) => "1 equal entry".to_owned(),
        ("entr", number) => format!("{number} equal entries"),
        _ => count(number, "equal line"),
    };
    html! {
        @if number > 0 { tr { td.gap colspan="2" { (told) } } }
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
        let diff = TextDiff::configure().timeout(MARKING).diff_slices(&left, &right);
        if diff.ratio() >= 0.3 {
            let side = |other: ChangeTag| {
                let own = diff.iter_all_changes().filter(|change| change.tag() != other);
                let own: Vec<_> = own.collect();
                let runs = own.chunk_by(|a, b| a.tag() == b.tag());
                html! {
                    @for run in runs {
                        @let text: String = run.iter().map(similar::Change::value).collect();
                        @if run.iter().any(|change| change.tag() == ChangeTag::Equal) { (shortened(&text)) }
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

/// A text that both sides have: of a long one only the ends, so that the marks beside it are seen.
fn shortened(text: &str) -> Markup {
    let length = text.chars().count();
    if length <= LONGEST_EQUAL {
        return html! { (text) };
    }
    let start: String = text.chars().take(LEFT_OF_EQUAL).collect();
    let end: String = text.chars().skip(length - LEFT_OF_EQUAL).collect();
    html! {
        (start)
        span.cut { " \u{2026} " (count(length - 2 * LEFT_OF_EQUAL, "equal character")) " \u{2026} " }
        (end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::check::tests::comparison;

    fn shown_values(left: &Value, right: &Value) -> String {
        let comparison = comparison(Vec::new());
        values(&Compared::new(&comparison, "a", "b"), left, right).into_string()
    }

    #[test]
    fn of_four_hundred_labels_the_one_that_differs_is_seen() {
        let labels = |other: &str| {
            let one = |n: usize| if n == 217 { other.to_owned() } else { format!("label {n}") };
            (0..400).map(one).collect::<Vec<_>>()
        };
        let page = shown_values(&Value::List(labels("open")), &Value::List(labels("opened")));
        assert!(page.contains("213 equal entries"), "{page}");
        assert!(page.contains("178 equal entries"), "{page}");
        assert!(page.contains("<td class=\"l\">open</td><td class=\"r\">opened</td>"), "{page}");
        assert!(!page.contains("label 300"), "{page}");
    }

    #[test]
    fn in_a_long_line_the_word_that_differs_is_marked_and_the_rest_is_cut() {
        let check = |other: &str| {
            let one = |n: usize| {
                if n == 217 { format!("'{other}'::text") } else { format!("'label {n}'::text") }
            };
            let all: Vec<String> = (0..400).map(one).collect();
            Value::Sql(format!("CHECK ((state = ANY (ARRAY[{}])))", all.join(", ")))
        };
        let page = shown_values(&check("open"), &check("shut"));
        assert!(page.contains("<mark>open</mark>") && page.contains("<mark>shut</mark>"), "{page}");
        assert!(page.contains("equal characters"), "{page}");
        assert!(page.len() < 3_000, "{}", page.len());
    }

    #[test]
    fn short_lists_stay_in_one_line() {
        let list = |items: &[&str]| Value::List(items.iter().map(ToString::to_string).collect());
        let page = shown_values(&list(&["a", "b"]), &list(&["a", "c"]));
        assert!(page.contains("a, <mark>b</mark>"), "{page}");
    }
}
