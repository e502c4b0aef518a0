//! Definitions that differ in their text, of which it is not known whether they differ in meaning.

use pum_core::compare::{Comparison, Undecided};

use crate::text::{printable, printable_lines};

/// A note for each reason, with the definitions that it concerns.
pub(crate) fn undecided(comparison: &Comparison) -> Vec<String> {
    const SHOWN: usize = 5;
    let whole = comparison.not_canonicalized.as_ref().map(|reason| {
        format!(
            "some definitions differ in their text. Whether they differ in meaning could not be \
             determined: {}",
            printable_lines(reason)
        )
    });
    let mut by_reason: Vec<(&str, Vec<String>)> = Vec::new();
    for Undecided { identity, attribute, reason } in &comparison.undecided {
        let name = printable(&format!("{identity}: {attribute}"));
        match by_reason.iter_mut().find(|(other, _)| other == reason) {
            Some((_, names)) => names.push(name),
            None => by_reason.push((reason, vec![name])),
        }
    }
    let note = |(reason, names): (&str, Vec<String>)| {
        let mut shown = names[..names.len().min(SHOWN)].join(", ");
        if names.len() > SHOWN {
            shown += &format!(" and {} more", names.len() - SHOWN);
        }
        format!(
            "whether these differ in meaning or only in their text could not be determined: \
             {shown}; {}",
            printable_lines(reason)
        )
    };
    whole.into_iter().chain(by_reason.into_iter().map(note)).collect()
}
