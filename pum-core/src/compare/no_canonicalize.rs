//! What stands for `canonicalize.rs` in a build without the feature `scratch`.

use super::comparison::{CompareError, Comparison};
use super::read_side::ReadSide;
use super::work::Work;

/// The programs of this machine and a scratch server, of which there are none in a build without
/// the feature `scratch`.
#[derive(Debug)]
pub enum Toolchain {}

/// Says why differences in printed SQL were not looked at again.
pub(super) fn canonicalize(
    comparison: &mut Comparison,
    _: ReadSide<'_, '_, '_>,
    _: ReadSide<'_, '_, '_>,
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
