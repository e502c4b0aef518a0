//! The effect of the accepted differences.

use pum_core::diff::AcceptedState;
use schemars::JsonSchema;
use serde::Serialize;

use super::Entry;
use crate::text::printable;
use pum_core::humanize::grouped;

/// The effect of the accepted differences in a comparison.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AcceptedSummary {
    file: String,
    /// How many differences were hidden.
    differences: usize,
    /// The same by reason, in the order of the file.
    reasons: Vec<Reason>,
    /// Those that are there and not as they were accepted, and so are not hidden.
    changed: Vec<Entry>,
    /// Those that are not there any more.
    gone: Vec<Entry>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Reason {
    reason: String,
    differences: usize,
}

impl AcceptedSummary {
    pub(super) fn new<'a>(
        file: String,
        outcome: impl Iterator<Item = (&'a Entry, AcceptedState)>,
    ) -> Self {
        let mut summary = Self {
            file,
            differences: 0,
            reasons: Vec::new(),
            changed: Vec::new(),
            gone: Vec::new(),
        };
        for (entry, state) in outcome {
            match state {
                AcceptedState::Hidden => summary.hid(&entry.reason),
                AcceptedState::Changed => summary.changed.push(entry.clone()),
                AcceptedState::Gone => summary.gone.push(entry.clone()),
            }
        }
        summary
    }

    fn hid(&mut self, reason: &str) {
        self.differences += 1;
        match self.reasons.iter_mut().find(|known| known.reason == reason) {
            Some(known) => known.differences += 1,
            None => self.reasons.push(Reason { reason: reason.to_owned(), differences: 1 }),
        }
    }

    /// The reasons, and how many differences each hid.
    pub(crate) fn hidden(&self) -> impl Iterator<Item = (String, usize)> + '_ {
        let reasons = self.reasons.iter();
        reasons.map(|Reason { reason, differences }| {
            (format!("{} (accepted in {})", printable(reason), self.file), *differences)
        })
    }

    /// Notes about entries that hid nothing.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.changed.is_empty() {
            notes.push(format!(
                "accepted in {}, but changed since, so shown again: {}",
                self.file,
                names(&self.changed)
            ));
        }
        if !self.gone.is_empty() {
            let number = match self.gone.len() {
                1 => "1 entry".to_owned(),
                several => format!("{} entries", grouped(several)),
            };
            notes.push(format!(
                "accepted in {}, but not found in this comparison: {number} (--forget-gone removes \
                 them): {}",
                self.file,
                names(&self.gone)
            ));
        }
        notes
    }

    /// The entries whose differences were not found.
    pub(crate) fn gone(&self) -> &[Entry] {
        &self.gone
    }
}

/// The first few, and how many more.
fn names(entries: &[Entry]) -> String {
    const MOST: usize = 5;
    let first = entries.iter().take(MOST).map(|entry| printable(&entry.difference));
    let mut text = first.collect::<Vec<_>>().join("; ");
    if entries.len() > MOST {
        text += &format!("; and {} more", entries.len() - MOST);
    }
    text
}
