//! What the first steps found, and the later ones need.

use super::DumpedData;
use crate::connect::{DatabaseIdentity, Session};
use crate::delta::PreparedScript;
use crate::dump::{DatabaseProperties, Tools};
use crate::model::Model;
use crate::upgrade::UpgradePlan;

/// Production as it is at the start of a run.
pub(super) struct Production {
    pub(super) session: Session,
    pub(super) identity: DatabaseIdentity,
    pub(super) plan: UpgradePlan,
    /// What of it is dumped, if anything is pending.
    pub(super) data: DumpedData,
    /// Its schema, which must still be this one when it is upgraded. Empty if nothing is pending.
    pub(super) model: Model,
}

/// What the steps of a rehearsal need.
pub(super) struct Ready {
    pub(super) tools: Tools,
    pub(super) properties: DatabaseProperties,
    /// The scripts of the reference, read before anything else is done.
    pub(super) reference_scripts: Vec<PreparedScript>,
}
