use serde::Serialize;

use crate::model::Identity;
use crate::source::SourceLocation;

/// What helps to correct one difference between test and reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hint {
    /// The object.
    pub identity: Identity,
    /// The statement of the pending deltas that changed it last, or what it belongs to, as the
    /// rehearsal saw it.
    pub changed_in: Option<SourceLocation>,
    /// Whether it was seen that no statement of the pending deltas changed it.
    pub unchanged: bool,
    /// Where neither could be seen: the statement of the pending deltas that named it last.
    pub named_in: Option<SourceLocation>,
    /// What would bring test to the reference in this difference, where statements can say it. What
    /// loses data is only a comment.
    pub remedy: Option<String>,
}

impl Hint {
    pub(super) fn about(identity: Identity) -> Self {
        Self { identity, changed_in: None, unchanged: false, named_in: None, remedy: None }
    }
}
