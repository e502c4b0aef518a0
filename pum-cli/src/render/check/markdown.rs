//! A comparison in Markdown, for a comment on a pull request.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use pum_core::diff::Difference;
use pum_core::humanize::{count, grouped, natural_order};
use pum_core::model::Kind;
use sha2::{Digest, Sha256};

use super::compared::{Compared, Group, Told, are_short, in_schemas, own_name};
use crate::render::html;
use crate::text::printable;

/// GitHub takes comments of at most 65,536 characters. Some are left for what a job adds.
const MOST: usize = 64_000;

/// No difference is longer than this, so that one does not take the place of all others.
const MOST_OF_ONE: usize = 8_000;

/// Room for the end of a group and the note about what is not shown.
const KEPT: usize = 300;

/// With more differences than this, none is unfolded.
const UNFOLDED: usize = 20;

pub(crate) fn report(compared: &Compared<'_>) -> String {
    let mut head = format!("## {}\n", verdict(compared));
    if let Some(limits) = compared.not_compared() {
        head += &format!("\n{}.\n", text(&limits));
    }
    if !compared.same() {
        head += &format!("\n{}.\n", text(&compared.summary()));
    }
    head += &schemas(compared);
    head += &counts(compared);
    let foot = foot(compared);
    let mut out = Limited { text: head, room: MOST.saturating_sub(foot.len()) };
    let mut shown = 0;
    for group in compared.groups() {
        let done = out.group(compared, &group);
        shown += done;
        if done < group.differences.len() {
            break;
        }
    }
    let mut out = out.text;
    let rest = compared.differences().len() - shown;
    if rest > 0 {
        out += &format!(
            "\n**{} not shown here**: GitHub takes comments of 65,536 characters. \
             `--report html=FILE` writes all.\n",
            count(rest, "more difference")
        );
    }
    out + &foot
}

fn verdict(compared: &Compared<'_>) -> String {
    let (left, right) = (code(&compared.left), code(&compared.right));
    let number = match compared.differences().len() {
        0 => "No differences".to_owned(),
        number => count(number, "difference"),
    };
    let right = right + &in_schemas(&compared.schemas());
    match compared.hidden().iter().map(|(_, number)| number).sum() {
        0 => format!("{number} between {left} and {right}"),
        hidden => format!("{number} between {left} and {right}, {hidden} hidden by rules"),
    }
}

/// Which of several schemas differ; never the larger part of the report.
fn schemas(compared: &Compared<'_>) -> String {
    const MOST: usize = 200;
    let schemas = compared.schemas();
    let (same, different): (Vec<_>, Vec<_>) =
        schemas.iter().partition(|schema| schema.differences == 0);
    if schemas.len() < 2 || different.is_empty() {
        return String::new();
    }
    let mut out = "\n| schema | compared with | differences |\n|---|---|--:|\n".to_owned();
    for schema in different.iter().take(MOST) {
        let (left, right) = (cell(schema.left), cell(schema.right));
        out += &format!("| {left} | {right} | {} |\n", schema.differences);
    }
    let others = different.len().saturating_sub(MOST);
    if others > 0 {
        out += &format!("\n{} more differ.\n", count(others, "schema"));
    }
    if !same.is_empty() {
        out += &format!(
            "\n{} the same.\n",
            if same.len() == 1 {
                "1 schema is".to_owned()
            } else {
                format!("{} schemas are", same.len())
            }
        );
    }
    out
}

/// Code in a cell of a table, in which a bar ends it.
fn cell(text: &str) -> String {
    format!("<code>{}</code>", html::escaped(&printable(text)).replace('|', "&#124;"))
}

/// Hidden differences and notes; never the larger part of the report.
fn foot(compared: &Compared<'_>) -> String {
    let mut out = String::new();
    let hidden = compared.hidden();
    if !hidden.is_empty() {
        out += "\nHidden by rules:\n\n";
    }
    for (reason, differences) in hidden {
        out += &format!("- {}: {}\n", count(differences, "difference"), text(&reason));
    }
    for note in compared.notes() {
        out += &format!("\n> {}\n", text(&note));
    }
    let most = (0..=MOST / 4).rev().find(|&at| out.is_char_boundary(at)).unwrap_or_default();
    if out.len() > most {
        out.truncate(most);
        out += "…\n";
    }
    out + &format!("\n{}\n", marker_of(compared))
}

/// A text that ends before it is too long.
struct Limited {
    text: String,
    room: usize,
}

impl Limited {
    /// Adds as many of a group's differences as there is room for, and tells how many.
    fn group(&mut self, compared: &Compared<'_>, group: &Group<'_>) -> usize {
        let open = if compared.differences().len() <= UNFOLDED { " open" } else { "" };
        let begin = format!(
            "\n<details{open}><summary><code>{}</code>: {}</summary>\n\n",
            html::escaped(&group.name),
            count(group.differences.len(), "difference")
        );
        let end = "\n</details>\n";
        let mut pending = begin;
        let mut shown = 0;
        for difference in group.differences {
            let item = pending.clone() + &item(compared, difference);
            if self.text.len() + item.len() + KEPT > self.room {
                break;
            }
            self.text += &item;
            pending.clear();
            shown += 1;
        }
        if shown > 0 {
            self.text += end;
        }
        shown
    }
}

fn item(compared: &Compared<'_>, difference: &Difference) -> String {
    let object = code(&own_name(&difference.identity));
    match compared.told(difference) {
        Told::OnlyIn { side, perhaps, alike } => {
            let perhaps = perhaps
                .map(|other| format!(" (perhaps the same as {})", code(&other)))
                .unwrap_or_default();
            format!("- {object}: only in {}{perhaps}{}\n", code(side), and(alike))
        }
        Told::Values { attribute, left, right, alike } if are_short(&left, &right) => {
            let (left, right) = (code(&left), code(&right));
            format!("- {object}: {attribute}: {left} → {right}{}\n", and(alike))
        }
        Told::Values { attribute, left, right, alike } => {
            let block = super::lines::block(compared, (&left, &right), Some(MOST_OF_ONE));
            let fence = "`".repeat(longest_run(&block).max(2) + 1);
            let block = block.lines().map(|line| format!("  {line}\n")).collect::<String>();
            let alike = and(alike);
            format!("- {object}: {attribute}{alike}\n\n  {fence}diff\n{block}  {fence}\n")
        }
    }
}

/// In what two things differ that look alike.
fn and(alike: Option<String>) -> String {
    alike.map_or_else(String::new, |alike| format!("; {}", text(&alike)))
}

/// A code span, in which nothing has a meaning.
fn code(text: &str) -> String {
    let text = printable(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    // A span must not begin or end with a backtick, and is never empty.
    let space =
        if text.is_empty() || text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// What stands around a block of lines.
pub(crate) fn fence_for(block: &str) -> String {
    "`".repeat(longest_run(block).max(2) + 1)
}

/// What a program finds the comment again by, to write a newer report in its place: which sources were
/// compared, and what was found.
pub(crate) fn marker(sides: [&str; 2], found: &str) -> String {
    let hex = |text: String| -> String {
        Sha256::digest(text).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    };
    let [left, right] = sides;
    let sides = hex(format!("{}:{left}{}:{right}", left.len(), right.len()));
    format!("<!-- pum-check: {sides} found: {} -->", hex(found.to_owned()))
}

/// The same of a comparison.
fn marker_of(compared: &Compared<'_>) -> String {
    let contents = &compared.comparison.contents;
    let found = compared.differences().iter().map(|difference| {
        let values = contents.fingerprint(difference).map(|values| values.to_string());
        format!("{} {}\n", difference.fingerprint(), values.unwrap_or_default())
    });
    marker([&compared.left, &compared.right], &found.collect::<String>())
}

/// How many differences there are by schema and element, where there is more than one of both together.
fn counts(compared: &Compared<'_>) -> String {
    /// More rows or columns do not help.
    const MOST: usize = 60;
    let mut table: BTreeMap<Natural<'_>, BTreeMap<Kind, usize>> = BTreeMap::new();
    for difference in compared.differences() {
        let identity = &difference.identity;
        let schema = if identity.kind == Kind::Schema { &identity.name } else { &identity.schema };
        *table.entry(Natural(schema)).or_default().entry(identity.kind).or_default() += 1;
    }
    let kinds: BTreeSet<Kind> = table.values().flat_map(BTreeMap::keys).copied().collect();
    if table.len() < 2 && kinds.len() < 2 {
        return String::new();
    }
    let heads = kinds.iter().map(|kind| format!(" {} |", kind.element().replace('_', " ")));
    let mut out = format!("\n| schema |{} all |\n", heads.collect::<String>());
    out += &format!("|---|{}--:|\n", "--:|".repeat(kinds.len()));
    for (Natural(schema), of) in table.iter().take(MOST) {
        let name = if schema.is_empty() { "(none)".to_owned() } else { cell(schema) };
        let cells = kinds.iter().map(|kind| match of.get(kind) {
            Some(number) => format!(" {} |", grouped(*number)),
            None => " |".to_owned(),
        });
        let all = grouped(of.values().sum::<usize>());
        out += &format!("| {name} |{} {all} |\n", cells.collect::<String>());
    }
    if table.len() > MOST {
        out += &format!("\n{} not shown here.\n", count(table.len() - MOST, "more schema"));
    }
    out
}

/// A name in the order of people.
#[derive(PartialEq, Eq)]
struct Natural<'a>(&'a str);

impl Ord for Natural<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        natural_order(self.0, other.0)
    }
}

impl PartialOrd for Natural<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The most backticks in a row.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Prose, in which nothing has a meaning but what we wrote.
pub(crate) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push(' '),
            // No `@` notifies a user, and no `#` links an issue.
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '>' | '~' | '|' | '!' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_ends_where_it_should() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code("a\nb"), "`a\\nb`");
        assert_eq!(text("@a *b* <c> &"), "&#64;a \\*b\\* &lt;c\\> &amp;");
    }
}
