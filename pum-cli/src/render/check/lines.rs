//! Two texts, line by line.

use std::time::Duration;

use similar::{ChangeTag, DiffOp, TextDiff};

use super::compared::{Compared, Told, are_short};
use crate::text::printable;
use pum_core::diff::Difference;
use pum_core::humanize::count;

/// What is told of a difference, and for a definition the lines that differ, of about `most` bytes
/// at most.
pub(super) fn details(
    compared: &Compared<'_>,
    difference: &Difference,
    most: Option<usize>,
) -> String {
    let sentence = compared.sentence(difference);
    match compared.told(difference) {
        Told::Values { left, right, .. } if !are_short(&left, &right) => {
            let block = block(compared, (&left, &right), most);
            format!("{sentence}\n{}", block.trim_end())
        }
        _ => sentence,
    }
}

/// A line of a difference between two texts.
pub(crate) struct Line {
    /// `-` on the left only, `+` on the right only, a space on both.
    pub(crate) sign: char,
    pub(crate) text: String,
}

/// The lines that differ, with some around them. Of other lines there is no sign.
pub(crate) fn differing(left: &str, right: &str) -> Vec<Line> {
    let diff = compared(left, right);
    let operations: Vec<DiffOp> = diff.grouped_ops(AROUND).concat();
    let changes = operations.iter().flat_map(|operation| diff.iter_changes(operation));
    changes.map(|change| Line { sign: sign(change.tag()), text: shown(change.value()) }).collect()
}

/// The lines that differ, under a legend, as one text of about `most` bytes if there is a limit.
pub(super) fn block(
    compared: &Compared<'_>,
    (left, right): (&str, &str),
    most: Option<usize>,
) -> String {
    let mut block = format!("- in {}\n+ in {}\n", compared.left, compared.right);
    let lines = differing(left, right);
    for (at, changed) in lines.iter().enumerate() {
        let line = format!("{} {}", changed.sign, changed.text);
        if most.is_some_and(|most| block.len() + line.len() > most) {
            block += &format!("… {} not shown here\n", count(lines.len() - at, "line"));
            break;
        }
        block += line.trim_end();
        block.push('\n');
    }
    block
}

/// How many equal lines are shown around different ones.
const AROUND: usize = 2;

/// The comparison of two texts. One that takes too long becomes a coarse one.
pub(super) fn compared<'a>(left: &'a str, right: &'a str) -> TextDiff<'a, 'a, 'a, str> {
    TextDiff::configure().timeout(Duration::from_millis(200)).diff_lines(left, right)
}

fn sign(tag: ChangeTag) -> char {
    match tag {
        ChangeTag::Delete => '-',
        ChangeTag::Insert => '+',
        ChangeTag::Equal => ' ',
    }
}

pub(super) fn shown(line: &str) -> String {
    let line = line.strip_suffix('\n').unwrap_or(line);
    printable(line)
}
