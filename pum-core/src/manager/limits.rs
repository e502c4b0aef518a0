use std::path::Path;
use std::time::Duration;

use crate::humanize::{size, time};
use crate::upgrade::Measurements;

/// How much an upgrade may do, as measured in the rehearsal; beyond that, production is not
/// touched. Nothing is limited by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How long a table may be locked so that others cannot write it.
    pub write_lock: Option<Duration>,
    /// How long a table may be locked so that others cannot even read it.
    pub read_lock: Option<Duration>,
    /// How long a statement may take.
    pub statement: Option<Duration>,
    /// How many bytes of WAL all statements together may write.
    pub wal: Option<u64>,
    /// How large a table that is rewritten may come out, in bytes.
    pub rewrite: Option<u64>,
    /// Whether do not allow dropping a column that holds data.
    pub keep_data: bool,
}

impl Limits {
    /// What goes beyond them, a line each.
    pub(super) fn exceeded_by(&self, measured: &Measurements) -> Vec<String> {
        let mut found = Vec::new();
        let beyond = |limit: Option<Duration>, measured: Duration| {
            limit.filter(|limit| measured > *limit).map(time)
        };
        let place = |path: &Path, line: usize| {
            format!("{}:{line}", path.file_name().unwrap_or_default().to_string_lossy())
        };
        for script in &measured.scripts {
            for one in &script.statements {
                let place = place(&one.path, one.line);
                if let Some(limit) = beyond(self.statement, one.duration) {
                    let took = time(one.duration);
                    found.push(format!("{place} took {took}, more than {limit}: {}", one.sql));
                }
                for effect in &one.effects {
                    let Some(bytes) = effect.rewritten else { continue };
                    let Some(limit) = self.rewrite.filter(|limit| bytes > *limit) else { continue };
                    let (bytes, limit) = (size(bytes), size(limit));
                    found.push(format!(
                        "{place} rewrote {} ({bytes}), more than {limit}",
                        effect.table
                    ));
                }
            }
            for one in &script.tables {
                let place = place(&one.path, one.line);
                let held = time(one.held);
                let reads = one.lock.blocks_reads().then_some(self.read_lock).flatten();
                let writes = one.lock.blocks_writes().then_some(self.write_lock).flatten();
                if let Some(limit) = beyond(reads, one.held) {
                    found.push(format!(
                        "{place} blocked reads of {} for {held}, more than {limit}",
                        one.table
                    ));
                } else if let Some(limit) = beyond(writes, one.held) {
                    found.push(format!(
                        "{place} blocked writes to {} for {held}, more than {limit}",
                        one.table
                    ));
                }
            }
        }
        if let Some(limit) = self.wal.filter(|limit| measured.wal_bytes() > *limit) {
            let (wal, limit) = (size(measured.wal_bytes()), size(limit));
            found.push(format!("{wal} of WAL were written, more than {limit}"));
        }
        if self.keep_data {
            found.extend(measured.lost_columns().map(|(table, column)| {
                let holds = if column.held_data.is_some() { "held" } else { "may have held" };
                format!("{}.{} is dropped, which {holds} data", table.table, column.name)
            }));
        }
        found
    }
}
