//! What stands for `canonicalize.rs` in a build without the feature `scratch`.

use super::comparison::{CompareError, Comparison};
use super::side::Side;
use super::work::Work;
use crate::catalog::Addressed;

/// The programs of this machine and a scratch server, of which there are none in a build without
/// the feature `scratch`.
#[derive(Debug)]
pub enum Toolchain {}

/// Says why differences in printed SQL were not looked at again.
pub(super) fn canonicalize(
    comparison: &mut Comparison,
    _: (&mut Side<'_, '_>, &Addressed),
    _: (&mut Side<'_, '_>, &Addressed),
    work: &Work<'_>,
) -> Result<(), CompareError> {
    if let Some(toolchain) = work.toolchain {
        match *toolchain {}
    }
    work.interrupt.check()?;
    let reason = "this program was built without scratch servers (feature \"scratch\" of pum-core)";
    comparison.not_canonicalized = Some(reason.to_owned());
    Ok(())
}
