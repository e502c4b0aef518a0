//! A comparison for a person at a terminal.

use pum_core::diff::{Change, Difference};
use textwrap::Options;

use pum_core::humanize::count;

use super::compared::{Compared, Told, are_short, own_name};
use crate::render::style::Styles;
use crate::text::{line, printable};

/// What is shown longer than this has the verdict at its end too.
const LONG: usize = 20;

/// How much of a line is shown in the short form.
const SHORT_LINE: usize = 100;

/// How many lines of a definition are shown in the short form.
const SHORT: usize = 6;

/// What differs, and what to do next. `level` 0 gives the verdict alone, 1 cuts long values, 2
/// shows all.
pub(crate) fn report(
    compared: &Compared<'_>,
    level: u8,
    paint: Styles,
    width: Option<usize>,
) -> String {
    let mut out = findings(compared, level, paint, width);
    if level > 0 && !compared.same() {
        line(&mut out, "");
        if out.lines().count() > LONG {
            line(&mut out, &paint.bad(&compared.verdict()));
        }
        // No SQL can be written for schemas of different names.
        let is_mapped = !compared.comparison.schemas.is_empty();
        let by_diff =
            if is_mapped { "" } else { "write the SQL that removes them by pum diff …, or " };
        let next = format!("next: {by_diff}accept them by pum check … --accept --reason TEXT");
        line(&mut out, &filled(width, "", &next));
    }
    out
}

/// What differs.
///
/// `width` is that of the terminal; elsewhere a line is as long as it is.
pub(crate) fn findings(
    compared: &Compared<'_>,
    level: u8,
    paint: Styles,
    width: Option<usize>,
) -> String {
    let mut out = String::new();
    let verdict = compared.verdict();
    line(&mut out, &if compared.same() { paint.good(&verdict) } else { paint.bad(&verdict) });
    if let Some(limits) = compared.not_compared() {
        line(&mut out, &filled(width, "", &limits));
    }
    if level > 0 {
        schemas(&mut out, compared, paint);
        differences(&mut out, compared, level, paint, width);
        hidden(&mut out, compared, width);
    }
    for note in compared.notes() {
        line(&mut out, "");
        line(&mut out, &filled(width, "", &format!("note: {note}")));
    }
    out
}

/// Which of several schemas differ.
fn schemas(out: &mut String, compared: &Compared<'_>, paint: Styles) {
    let schemas = compared.schemas();
    if schemas.len() < 2 {
        return;
    }
    let names: Vec<(String, String)> =
        schemas.iter().map(|schema| (printable(schema.left), printable(schema.right))).collect();
    let left = names.iter().map(|(left, _)| left.chars().count()).max().unwrap_or_default();
    let right = names.iter().map(|(_, right)| right.chars().count()).max().unwrap_or_default();
    line(out, "");
    for ((first, second), schema) in names.iter().zip(&schemas) {
        let verdict = match schema.differences {
            0 => paint.good("same"),
            number => paint.bad(&count(number, "difference")),
        };
        line(out, &format!("  {first:left$}  as {second:right$}  {verdict}"));
    }
    if compared.differences().len() > 1 {
        line(out, "");
    }
}

fn differences(
    out: &mut String,
    compared: &Compared<'_>,
    level: u8,
    paint: Styles,
    width: Option<usize>,
) {
    if compared.differences().len() > 1 {
        line(out, &filled(width, "", &compared.summary()));
    }
    for group in compared.groups() {
        line(out, &format!("\n{}", paint.strong(&group.name)));
        for difference in group.differences {
            one(out, compared, difference, (level, paint, width));
        }
    }
}

fn one(
    out: &mut String,
    compared: &Compared<'_>,
    found: &Difference,
    (level, paint, width): (u8, Styles, Option<usize>),
) {
    let object = own_name(&found.identity);
    match compared.told(found) {
        Told::Values { attribute, left, right, alike } if !are_short(&left, &right) => {
            line(out, &paint.changed(&filled(width, "  ", &format!("{object}: {attribute}"))));
            definitions(out, compared, (&left, &right), level, paint);
            if let Some(alike) = alike {
                line(out, &filled(width, "    ", &alike));
            }
        }
        _ => {
            let text = filled(width, "  ", &format!("{object}: {}", compared.sentence(found)));
            line(
                out,
                &match found.change {
                    Change::OnlyLeft => paint.left(&text),
                    Change::OnlyRight => paint.right(&text),
                    Change::Attribute { .. } => paint.changed(&text),
                },
            );
        }
    }
}

fn definitions(
    out: &mut String,
    compared: &Compared<'_>,
    (left, right): (&str, &str),
    level: u8,
    paint: Styles,
) {
    line(out, &paint.left(&format!("    - in {}", compared.left)));
    line(out, &paint.right(&format!("    + in {}", compared.right)));
    for (number, changed) in super::lines::differing(left, right).iter().enumerate() {
        if level < 2 && number >= SHORT {
            line(out, "      ...");
            return;
        }
        let mut text = format!("    {} {}", changed.sign, changed.text);
        if level < 2 {
            text = cut(&text);
        }
        let text = text.trim_end();
        line(
            out,
            &match changed.sign {
                '-' => paint.left(text),
                '+' => paint.right(text),
                _ => text.to_owned(),
            },
        );
    }
}

fn hidden(out: &mut String, compared: &Compared<'_>, width: Option<usize>) {
    let hidden = compared.hidden();
    if !hidden.is_empty() {
        line(out, "\nhidden by rules:");
    }
    for (reason, differences) in hidden {
        let further = 8; // below the reason
        line(out, &filled_to(width, "  ", further, &format!("{differences:>4}  {reason}")));
    }
}

/// A line that is not too long.
fn cut(text: &str) -> String {
    match text.char_indices().nth(SHORT_LINE) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}

/// Lines as wide as the terminal, each but the first indented further.
fn filled(width: Option<usize>, indent: &str, text: &str) -> String {
    filled_to(width, indent, indent.len() * 3, text)
}

fn filled_to(width: Option<usize>, indent: &str, further: usize, text: &str) -> String {
    let Some(width) = width else { return format!("{indent}{text}") };
    let further = " ".repeat(further);
    let options = Options::new(width)
        .initial_indent(indent)
        .subsequent_indent(&further)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}
