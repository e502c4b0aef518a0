//! Rehearsals that several production databases share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::RunOutcome;
use super::production_check::Rehearsal;

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
    pub(super) fn slot(&self, starting_point: String) -> Slot {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(starting_point).or_default())
    }
}
