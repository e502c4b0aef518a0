//! The same plan and the same way to run it, on test and on production.

use super::Config;
use crate::connect::Session;
use crate::upgrade::{Upgrade, UpgradeError, UpgradePlan};

/// What is pending on a database.
pub(super) fn read_plan(
    config: &Config,
    session: &mut Session,
) -> Result<UpgradePlan, UpgradeError> {
    UpgradePlan::read(session, &config.table, &config.deltas, &config.plan)
}

/// All in one transaction where the plan can be run so: then the result can be verified before it
/// is committed.
pub(super) fn upgrade<'a>(config: &Config, plan: &'a UpgradePlan) -> Upgrade<'a> {
    let mut options = config.run.clone();
    if !config.script_by_script && plan.can_be_one_transaction() {
        options.single_transaction = true;
    }
    Upgrade::new(plan).options(options)
}
