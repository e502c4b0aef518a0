//! Rehearsals that several production databases share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::preflight::Production;
use super::production_check::{Rehearsal, without_own};
use super::{Config, RunOutcome};
use crate::model::Kind;

/// What was rehearsed for one production database and holds for others that have the same schema
/// and the same deltas: a customer each, of one model. Each is dumped, looked at and proven by
/// itself all the same.
#[derive(Debug, Clone, Default)]
pub struct Rehearsals(Arc<Mutex<HashMap<String, Slot>>>);

/// The rehearsal of one starting point. Who holds the lock is rehearsing.
pub(super) type Slot = Arc<Mutex<Option<Shared>>>;

/// What came of a rehearsal.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    /// The production database that it was for.
    pub(super) by: String,
    /// `Err`: it did not come out right.
    pub(super) result: Result<Rehearsal, RunOutcome>,
}

impl Rehearsals {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// That of a production's starting point.
    pub(super) fn slot(&self, job: &Config, production: &Production) -> Slot {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(starting_point(job, production)).or_default())
    }
}

/// What two productions must have in common to share a rehearsal: the major version, all objects
/// within the database, whether their rows are rehearsed on, and what is to be run, in which order.
fn starting_point(job: &Config, production: &Production) -> String {
    let model = without_own(job, production.model.clone());
    let objects: Vec<_> = model
        .objects()
        .iter()
        .filter(|object| object.identity.kind != Kind::Database)
        .map(|object| serde_json::to_string(object).unwrap_or_default())
        .collect();
    let steps: Vec<_> = production
        .plan
        .steps
        .iter()
        .map(|step| (&step.role, step.checksum.as_str(), step.script.text()))
        .collect();
    let version = &production.plan.current_version;
    let major = production.session.version().major();
    let data = &production.data;
    super::record::hash(&format!("{major} {version} {data:?} {steps:?} {objects:?}"))
}
