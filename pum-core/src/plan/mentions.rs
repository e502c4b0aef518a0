//! What the bodies of functions seem to call. PostgreSQL does not know what a body in quotes needs, but
//! a CHECK or an index that calls the function fails if it is not there. A name in a text is no more
//! than a reason to choose between two right orders.

use std::collections::{HashMap, HashSet};

use super::side::Side;
use super::step::{Action, Step};
use super::topological::Edges;
use crate::model::{Function, Kind};

/// For each new function: what is made and has a name that stands in its body comes before.
pub(super) fn mentions(steps: &[Step], right: &Side) -> Edges {
    let mut makers: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, step) in steps.iter().enumerate() {
        let is_made = matches!(step.action, Action::Create | Action::Replace);
        if is_made && matches!(step.identity.kind, Kind::Function | Kind::Table | Kind::View) {
            makers.entry(&step.identity.name).or_default().push(at);
        }
    }
    let mut edges = Edges::new();
    for (at, step) in steps.iter().enumerate() {
        let function = right.model.of::<Function>(&step.identity);
        let Some(function) = function.filter(|_| step.action == Action::Create) else { continue };
        for word in words(&function.body) {
            let makers = makers.get(word).into_iter().flatten();
            edges.extend(makers.filter(|maker| **maker != at).map(|maker| (*maker, at)));
        }
    }
    edges
}

fn words(text: &str) -> HashSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').collect()
}
