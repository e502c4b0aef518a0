//! Which steps are done together, and an order in which they can be.

use std::collections::BTreeSet;

use super::super::super::step::{Action, Step};

/// These steps, what is dropped before them and created after them, and all that stands between.
pub(super) fn together(steps: &[Step], mut members: BTreeSet<usize>) -> BTreeSet<usize> {
    loop {
        let count = members.len();
        let [before, after] = [needed_by(steps, &members), needing(steps, &members)];
        let is_rebuilt = |drop: &usize| {
            let dropped = &steps[*drop];
            let comes = |step: &Step| {
                matches!(step.action, Action::Create | Action::SetDefault)
                    && step.identity == dropped.identity
            };
            matches!(dropped.action, Action::Drop | Action::DropDefault) && steps.iter().any(comes)
        };
        let drops: Vec<usize> = before.iter().copied().filter(is_rebuilt).collect();
        for drop in drops {
            let of_it = |step: &Step| step.identity == steps[drop].identity;
            members.extend((0..steps.len()).filter(|at| of_it(&steps[*at])));
        }
        members.extend(before.intersection(&after));
        if members.len() == count {
            return members;
        }
    }
}

/// The steps in an order in which these stand together: before them what does not need them, after them what
/// does.
pub(super) fn moved_together(steps: Vec<Step>, members: &BTreeSet<usize>) -> Vec<Step> {
    let after = needing(&steps, members);
    let all = 0..steps.len();
    let class = |at: &usize| match (members.contains(at), after.contains(at)) {
        (true, _) => 1,
        (false, false) => 0,
        (false, true) => 2,
    };
    let mut order: Vec<usize> = all.collect();
    order.sort_by_key(class);
    let mut new = vec![0; steps.len()];
    for (at, old) in order.iter().enumerate() {
        new[*old] = at;
    }
    let mut steps: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    let moved = order.iter().filter_map(|old| steps[*old].take());
    let renumbered = moved.map(|mut step| {
        step.needs.iter_mut().for_each(|needed| *needed = new[*needed]);
        step.needs.sort_unstable();
        step
    });
    renumbered.collect()
}

/// What these need, and what that needs.
fn needed_by(steps: &[Step], members: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for at in (0..steps.len()).rev() {
        if members.contains(&at) || found.contains(&at) {
            found.extend(steps[at].needs.iter().copied());
        }
    }
    found
}

/// What needs these, and what needs that.
fn needing(steps: &[Step], members: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for (at, step) in steps.iter().enumerate() {
        let is_one = |needed: &usize| members.contains(needed) || found.contains(needed);
        if step.needs.iter().any(is_one) {
            found.insert(at);
        }
    }
    found
}
