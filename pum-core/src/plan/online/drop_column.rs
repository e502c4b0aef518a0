//! Columns that are dropped last, when all that may still be needed is there.

use super::way::{Part, Way};

pub(super) fn way(statements: &[String]) -> Way {
    Way { is_last: true, ..Way::later(vec![Part::transaction(statements.to_vec())]) }
}
