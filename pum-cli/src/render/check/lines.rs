//! Two texts, line by line.

use std::time::Duration;

use similar::{ChangeTag, DiffOp, TextDiff};

use crate::render::printable;

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
