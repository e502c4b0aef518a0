//! No more than needed: what is rebuilt is left out, one after the other, as long as the rest still leads to the
//! right schema.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use super::error::MigrationError;
use super::minimized::Minimized;
use super::placement::Placement;
use super::prove::Proof;
use super::sources::{Migration, PlanRequest};
use super::step::{Action, Step};
use crate::Context;
use crate::model::Identity;
use crate::source::{Opened, Toolchain};

impl Migration {
    /// Leaves out what is dropped and created again only because it depends on something else, where
    /// the statements lead to the right schema without: each is tried on a copy as in
    /// [`prove`](Self::prove). No trial begins after the time is over.
    ///
    /// # Errors
    ///
    /// As [`prove`](Self::prove).
    pub fn minimize(
        &mut self,
        [left, right]: [&mut Opened; 2],
        request: &PlanRequest,
        (toolchain, within): (&Toolchain, Duration),
        context: &mut Context<'_>,
    ) -> Result<&Minimized, MigrationError> {
        let begun = Instant::now();
        let mut found = Minimized::default();
        let rebuilt = rebuilt(&self.plan.steps);
        let mut open: Vec<BTreeSet<Identity>> = Vec::new();
        // All of them at once, then each with what is rebuilt because of it, then each alone.
        open.push(rebuilt.keys().cloned().collect());
        for identity in rebuilt.keys() {
            open.push(with_dependents(identity, &rebuilt));
            open.push(BTreeSet::from([identity.clone()]));
        }
        let mut gone: BTreeSet<Identity> = BTreeSet::new();
        let mut tried: BTreeSet<BTreeSet<Identity>> = BTreeSet::new();
        for more in open {
            let more: BTreeSet<Identity> = more.difference(&gone).cloned().collect();
            if more.is_empty() || !tried.insert(more.clone()) {
                continue;
            }
            if begun.elapsed() >= within {
                let not_tried = rebuilt.keys().filter(|one| !gone.contains(one));
                found.not_tried =
                    not_tried.filter(|it| !tried.contains(&single(it))).cloned().collect();
                break;
            }
            let mut trial = self.clone();
            trial.plan.steps = without(&self.plan.steps, &more);
            let sides = [&mut *left, &mut *right];
            if let Proof::Proven { .. } = trial.prove(sides, request, toolchain, context)? {
                *self = trial;
                gone.extend(more);
            }
        }
        let is_needed = |one: &&Identity| !gone.contains(one) && !found.not_tried.contains(one);
        found.needed = rebuilt.keys().filter(is_needed).cloned().collect();
        found.left_out = gone.into_iter().collect();
        Ok(self.minimized.insert(found))
    }

    /// What is refused or lacks a cast cannot be tried.
    pub(super) fn minimize_if_wanted(
        &mut self,
        sides: [&mut Opened; 2],
        request: &PlanRequest,
        toolchain: Option<&Toolchain>,
        context: &mut Context<'_>,
    ) -> Result<(), MigrationError> {
        if let (Some(within), Some(toolchain)) = (request.minimal, toolchain)
            && self.plan.refused.is_empty()
        {
            self.minimize(sides, request, (toolchain, within), context)?;
        }
        Ok(())
    }
}

fn single(identity: &Identity) -> BTreeSet<Identity> {
    BTreeSet::from([identity.clone()])
}

/// What is dropped and created again because of something else, with that; what is lost with it is not
/// among them.
fn rebuilt(steps: &[Step]) -> BTreeMap<Identity, Identity> {
    let created = steps.iter().filter(|step| step.action == Action::Create);
    let created: BTreeSet<&Identity> = created.map(|step| &step.identity).collect();
    let dropped = steps.iter().filter(|step| step.action == Action::Drop && step.loss.is_none());
    dropped
        .filter(|step| created.contains(&step.identity))
        .filter_map(|step| Some((step.identity.clone(), step.because.clone()?)))
        .collect()
}

/// Something, and what is rebuilt because it is.
fn with_dependents(
    identity: &Identity,
    rebuilt: &BTreeMap<Identity, Identity>,
) -> BTreeSet<Identity> {
    let mut all = single(identity);
    loop {
        let more =
            rebuilt.iter().filter(|(one, because)| all.contains(because) && !all.contains(one));
        let more: Vec<Identity> = more.map(|(one, _)| one.clone()).collect();
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

/// The steps without those of some objects.
fn without(steps: &[Step], gone: &BTreeSet<Identity>) -> Vec<Step> {
    let mut numbers: HashMap<usize, usize> = HashMap::new();
    let mut left = Vec::new();
    let mut begins = false;
    for (at, step) in steps.iter().enumerate() {
        if gone.contains(&step.identity) {
            begins |= step.placement == Placement::NewTransaction;
            continue;
        }
        numbers.insert(at, left.len());
        let mut step = step.clone();
        if std::mem::take(&mut begins) && step.placement == Placement::Together {
            step.placement = Placement::NewTransaction;
        }
        step.needs = step.needs.iter().filter_map(|needed| numbers.get(needed).copied()).collect();
        left.push(step);
    }
    left
}
