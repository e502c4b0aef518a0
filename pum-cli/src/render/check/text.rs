//! A comparison for a person at a terminal.

use pum_core::diff::{Change, Difference};
use textwrap::Options;

use pum_core::humanize::count;

use super::compared::{Compared, Told, are_short, own_name};
use crate::render::style::Styles;
use crate::text::{line, printable};

/// How many columns a terminal has at least.
const COLUMNS: usize = 80;

/// How many lines of a definition are shown in the short form.
const SHORT: usize = 6;

/// What differs, and what to do next. `level` 0 gives the verdict alone, 1 cuts long values, 2
/// shows all.
pub(crate) fn report(compared: &Compared<'_>, level: u8, paint: Styles) -> String {
    let mut out = findings(compared, level, paint);
    if level > 0 && !compared.same() {
        line(&mut out, "");
        let next = filled(
            "",
            "next: change one side, or accept what is meant to differ: pum check … \
             --accept --reason TEXT",
        );
        line(&mut out, &next);
    }
    out
}

/// What differs.
pub(crate) fn findings(compared: &Compared<'_>, level: u8, paint: Styles) -> String {
    let mut out = String::new();
    let verdict = compared.verdict();
    line(&mut out, &if compared.same() { paint.good(&verdict) } else { paint.bad(&verdict) });
    if let Some(limits) = compared.not_compared() {
        line(&mut out, &filled("", &limits));
    }
    if level > 0 {
        schemas(&mut out, compared, paint);
        differences(&mut out, compared, level, paint);
        hidden(&mut out, compared);
    }
    for note in compared.notes() {
        line(&mut out, "");
        line(&mut out, &filled("", &format!("note: {note}")));
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

fn differences(out: &mut String, compared: &Compared<'_>, level: u8, paint: Styles) {
    if compared.differences().len() > 1 {
        line(out, &filled("", &compared.summary()));
    }
    for group in compared.groups() {
        line(out, &format!("\n{}", paint.strong(&group.name)));
        for difference in group.differences {
            one(out, compared, difference, level, paint);
        }
    }
}

fn one(out: &mut String, compared: &Compared<'_>, found: &Difference, level: u8, paint: Styles) {
    let object = own_name(&found.identity);
    match compared.told(found) {
        Told::Values { attribute, left, right, alike } if !are_short(&left, &right) => {
            line(out, &paint.changed(&filled("  ", &format!("{object}: {attribute}"))));
            definitions(out, compared, (&left, &right), level, paint);
            if let Some(alike) = alike {
                line(out, &filled("    ", &alike));
            }
        }
        _ => {
            let text = filled("  ", &format!("{object}: {}", compared.sentence(found)));
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
        let text = format!("    {} {}", changed.sign, changed.text);
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

fn hidden(out: &mut String, compared: &Compared<'_>) {
    let hidden = compared.hidden();
    if !hidden.is_empty() {
        line(out, "\nhidden by rules:");
    }
    for (reason, differences) in hidden {
        let further = 8; // below the reason
        line(out, &filled_to("  ", further, &format!("{differences:>4}  {reason}")));
    }
}

/// Lines of at most 80 columns, each but the first indented further.
fn filled(indent: &str, text: &str) -> String {
    filled_to(indent, indent.len() * 3, text)
}

fn filled_to(indent: &str, further: usize, text: &str) -> String {
    let further = " ".repeat(further);
    let options = Options::new(COLUMNS)
        .initial_indent(indent)
        .subsequent_indent(&further)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}
