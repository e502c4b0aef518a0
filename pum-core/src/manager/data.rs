//! How much of production is rehearsed on, if that was not specified.

use std::path::Path;

use super::error::StepError;
use super::run_context::RunContext;
use super::{DataChoice, DumpedData};
use crate::connect::{ConnectError, Session};
use crate::dump::{Manifest, free_space};
use crate::humanize::size;
use crate::progress::{Event, Observer};

/// What of production is dumped: as was said, or as its size and the free space allow. Says aloud
/// which, and what a rehearsal without rows cannot find.
pub(super) fn choose(
    stage: &mut RunContext<'_>,
    production: &mut Session,
) -> Result<DumpedData, StepError> {
    let limit = match &stage.job.data {
        DataChoice::Said(data) => return Ok(data.clone()),
        DataChoice::BySize { full_up_to } => *full_up_to,
    };
    let bytes = size_of(production)?;
    let base = stage.job.toolchain.scratch.base();
    let free = free_space(&base.join("data"));
    let Some(why) = too_large(bytes, limit, free, base) else {
        let message = format!(
            "production is {}: rehearsed with all its rows, from a full dump (the default up to {})",
            size(bytes),
            size(limit)
        );
        stage.notify(Event::Note { message: &message });
        return Ok(DumpedData::All);
    };
    let file = &stage.job.dump_file;
    // It was not said that the rows may go.
    if file.exists()
        && let Ok(Some(older)) = Manifest::read(file)
        && !older.left_out.data
    {
        let (file, taken_at) = (file.clone(), older.taken_at);
        return Err(StepError::RowsWouldGo { file, taken_at, why });
    }
    let message = format!(
        "production {why}. ONLY ITS SCHEMA IS DUMPED AND REHEARSED. This does not find rows that \
         violate a new constraint, rows that a delta changes wrongly or loses, and how long \
         statements and their locks take. And the dump is NO BACKUP: have one before production is \
         upgraded"
    );
    stage.notify(Event::Warning { message: &message });
    Ok(DumpedData::Only(Vec::new()))
}

/// Why a production of so many bytes is not copied as a whole, if it is not.
fn too_large(bytes: u64, limit: u64, free: Option<u64>, base: &Path) -> Option<String> {
    // The data, and what the deltas rewrite.
    let needed = bytes.saturating_add(bytes / 2);
    let is = size(bytes);
    if bytes > limit {
        let limit = size(limit);
        return Some(format!("is {is}, more than the {limit} up to which all rows are rehearsed"));
    }
    let free = free.filter(|free| *free < needed)?;
    let (needed, free, place) = (size(needed), size(free), base.display());
    Some(format!("is {is}: a copy needs about {needed} in {place}, where {free} are free"))
}

/// What a session's database takes on its server, in bytes.
pub(super) fn size_of(session: &mut Session) -> Result<u64, StepError> {
    let sql = "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())";
    let label = session.settings().label().to_owned();
    let row = session.client().query_one(sql, &[]).map_err(|source| {
        let action = "read its size";
        StepError::Connect(ConnectError::Query { label, action, cause: source })
    })?;
    Ok(u64::try_from(row.get::<_, i64>(0)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_and_room_decide() {
        let why = |bytes, free| too_large(bytes, 50_000_000_000, free, Path::new("/tmp"));
        assert_eq!(why(50_000_000_000, Some(75_000_000_000)), None);
        assert_eq!(why(50_000_000_000, None), None);
        assert_eq!(
            why(50_000_000_001, Some(u64::MAX)).as_deref(),
            Some("is 50.0 GB, more than the 50.0 GB up to which all rows are rehearsed")
        );
        assert_eq!(
            why(2_000_000_000, Some(2_999_999_999)).as_deref(),
            Some("is 2.0 GB: a copy needs about 3.0 GB in /tmp, where 3.0 GB are free")
        );
    }
}
