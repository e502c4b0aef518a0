//! Differences that were reviewed and accepted individually.

use std::collections::HashMap;

use super::{Contents, Difference, Fingerprint};

/// An accepted difference. Unlike an [`IgnoreRule`](super::IgnoreRule), it matches a single
/// difference, and only while its values, or the contents of an object on one side only, stay the
/// same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// [`Difference::fingerprint`].
    pub difference: Fingerprint,
    /// [`Contents::fingerprint`] at the time.
    pub values: Option<Fingerprint>,
}

/// The state of an [`Accepted`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptedState {
    /// The difference exists as accepted: it was hidden.
    Hidden,
    /// The difference exists but has changed since it was accepted: it is not hidden.
    Changed,
    /// The difference no longer exists.
    Gone,
}

impl Accepted {
    /// This difference with its current contents.
    pub fn new(difference: &Difference, contents: &Contents) -> Self {
        Self { difference: difference.fingerprint(), values: contents.fingerprint(difference) }
    }
}

/// Removes accepted differences, and returns the state of each of `accepted`.
pub fn hide_accepted(
    differences: &mut Vec<Difference>,
    contents: &Contents,
    accepted: &[Accepted],
) -> Vec<AcceptedState> {
    let mut states = vec![AcceptedState::Gone; accepted.len()];
    let places: HashMap<Fingerprint, usize> =
        accepted.iter().enumerate().map(|(at, one)| (one.difference, at)).collect();
    differences.retain(|difference| {
        let place = places.get(&difference.fingerprint());
        let entry = place.and_then(|&at| Some((accepted.get(at)?, states.get_mut(at)?)));
        let Some((accepted, state)) = entry else { return true };
        let as_it_was = accepted.values == contents.fingerprint(difference);
        *state = if as_it_was { AcceptedState::Hidden } else { AcceptedState::Changed };
        !as_it_was
    });
    states
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Change;
    use crate::model::{Identity, Kind, Value};

    fn comment(table: &str, left: &str) -> Difference {
        let identity = Identity {
            kind: Kind::Table,
            schema: "app".to_owned(),
            parent: None,
            name: table.to_owned(),
            arguments: None,
        };
        let (left, right) = (Value::Text(left.to_owned()), Value::None);
        Difference { identity, change: Change::Attribute { name: "comment", left, right } }
    }

    #[test]
    fn an_accepted_difference_is_hidden_until_it_changes() {
        let contents = Contents::default();
        let accepted =
            ["a", "b", "c"].map(|table| Accepted::new(&comment(table, "one"), &contents));
        let mut found = vec![comment("a", "one"), comment("b", "two"), comment("d", "one")];
        let states = hide_accepted(&mut found, &contents, &accepted);
        assert_eq!(states, [AcceptedState::Hidden, AcceptedState::Changed, AcceptedState::Gone]);
        assert_eq!(found, [comment("b", "two"), comment("d", "one")]);
    }
}
