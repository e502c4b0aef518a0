//! Two sides, read and compared.

use super::comparison::{CompareError, Comparison};
use super::mapped::compare_schemas;
use super::read_side::ReadSide;
use super::side::Side;
use super::sides_read::compare_read;
use super::work::{Work, both};

pub(super) fn compare_sides<'c>(
    mut left: Side<'_, 'c>,
    mut right: Side<'_, 'c>,
    work: &Work<'_>,
) -> Result<Comparison, CompareError> {
    let (left_read, right_read) = both(|| work.read(&mut left), || work.read(&mut right));
    work.interrupt.check()?;
    let (left_read, right_read) = (left_read?, right_read?);
    if !work.options.schema_map.is_empty() {
        return compare_schemas((&mut left, &left_read), (&mut right, &right_read), work);
    }
    compare_read(
        ReadSide::whole(&mut left, &left_read),
        ReadSide::whole(&mut right, &right_read),
        work,
    )
}
