//! What the first steps found, and the later ones need.

use super::DumpedData;
use crate::connect::{DatabaseIdentity, Session};
use crate::delta::{PreparedScript, ProjectPart};
use crate::dump::{DatabaseProperties, Tools};
use crate::model::Model;
use crate::roles::RoleDifference;
use crate::upgrade::UpgradePlan;

/// Production as it is at the start of a run.
pub(super) struct Production {
    pub(super) session: Session,
    pub(super) identity: DatabaseIdentity,
    pub(super) plan: UpgradePlan,
    /// What of it is dumped, if anything is pending.
    pub(super) data: DumpedData,
    /// What the server committed before its schema was read; `None` if that is not known.
    pub(super) committed: Option<String>,
    /// In what the project's roles on its server are not as declared.
    pub(super) roles: Vec<RoleDifference>,
    /// Its schema, which must still be this one when it is upgraded. Empty if nothing is pending.
    pub(super) model: Model,
}

impl Production {
    /// What the server has committed, in all its databases, as its session sees it: as long as this
    /// is the same nothing was committed since, and every catalog is what it was.
    pub(super) fn committed(session: &mut Session) -> Option<String> {
        // `pg_current_snapshot` is not there before 13. It lists which transactions are visible.
        const QUERY: &str = "SELECT pg_catalog.txid_current_snapshot()::pg_catalog.text";
        session.client().query_one(QUERY, &[]).ok().map(|row| row.get(0))
    }
}

/// What the steps of a rehearsal need.
pub(super) struct Ready {
    pub(super) tools: Tools,
    pub(super) properties: DatabaseProperties,
    /// The scripts of the reference, read before anything else is done.
    pub(super) reference_scripts: Vec<PreparedScript>,
    /// What a reference that is made of the run's own project leaves out.
    pub(super) reference_without: Vec<ProjectPart>,
}
