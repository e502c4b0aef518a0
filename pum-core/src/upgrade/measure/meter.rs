//! Reads the figures while a run goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use super::ddl_watch::{DdlWatch, Seen as Changes};
use super::lock_watch::{LockWatch, Seen, lock, locks_sql};
use super::survey::DataSurvey;
use super::values::Identifiers;
use super::{
    LockMode, Measurements, ScriptMeasurement, StatementMeasurement, TableEffect, TableUse,
};
use crate::connect::{SessionOn, rows};
use crate::delta::{PreparedScript, Statement, without_passwords};
use crate::sql::first_line;
use crate::upgrade::TableName;

/// Takes the figures of a run.
pub(in crate::upgrade) struct Meter {
    survey: DataSurvey,
    scripts: Vec<ScriptMeasurement>,
    /// How many scripts were measured when the transaction began: it may be run again.
    kept: usize,
    /// The locks that are held on each table, in this transaction.
    locked: BTreeMap<u32, BTreeSet<LockMode>>,
    /// The uses whose locks are held: script, use, since when.
    open: Vec<(usize, usize, Instant)>,
    counters: BTreeMap<u32, Counters>,
    /// All tables that were used.
    touched: BTreeSet<u32>,
    /// Those of them whose columns may have other values now.
    written: BTreeSet<u32>,
    /// What the statements make, change and drop, if a [`DdlWatch`] reports it.
    changes: Option<Changes>,
    wal: u64,
}

/// Rows scanned, inserted, updated and deleted, as the server counts them.
type Counters = [u64; 4];

impl Meter {
    /// Looks at the database before the run. `analyzed` and `words`: see [`Survey::read`].
    pub(in crate::upgrade) fn begin(
        session: &mut SessionOn<'_>,
        own: &TableName,
        analyzed: bool,
        watch: Option<&DdlWatch>,
        words: &Identifiers,
    ) -> Result<Self, postgres::Error> {
        let survey = DataSurvey::read(session, own, analyzed, words)?;
        let mut meter = Self {
            survey,
            scripts: Vec::new(),
            kept: 0,
            locked: BTreeMap::new(),
            open: Vec::new(),
            counters: BTreeMap::new(),
            touched: BTreeSet::new(),
            written: BTreeSet::new(),
            changes: watch.map(DdlWatch::seen),
            wal: 0,
        };
        meter.forget_own_reading(session)?;
        meter.wal = meter.look(session)?.0;
        Ok(meter)
    }

    /// What was read before the run is no statement's.
    fn forget_own_reading(&mut self, session: &mut SessionOn<'_>) -> Result<(), postgres::Error> {
        if session.version().major() >= 15 {
            let sql = "SELECT pg_catalog.pg_stat_force_next_flush()";
            return session.client().simple_query(sql).map(drop);
        }
        // Older servers keep it for a while: it is taken off then.
        let oids: Vec<String> = self.survey.tables.keys().map(u32::to_string).collect();
        if oids.is_empty() {
            return Ok(());
        }
        let answer = session.client().simple_query(&format!(
            "SELECT c.oid, pg_catalog.pg_stat_get_xact_tuples_returned(c.oid) \
             FROM pg_catalog.pg_class c WHERE c.oid IN ({})",
            oids.join(",")
        ))?;
        for row in rows(&answer) {
            let number = |at: usize| row.get(at).and_then(|text| text.parse().ok());
            if let (Some(oid), Some(read)) =
                (row.get(0).and_then(|oid| oid.parse().ok()), number(1))
            {
                self.counters.insert(oid, [read, 0, 0, 0]);
            }
        }
        Ok(())
    }

    /// A script begins.
    pub(in crate::upgrade) fn script(&mut self, path: &Path) {
        // Of what went before it, nothing is a statement's.
        self.changes.iter().for_each(|changes| drop(changes.take()));
        let path = path.to_owned();
        self.scripts.push(ScriptMeasurement { path, statements: Vec::new(), tables: Vec::new() });
    }

    /// A statement that began then was run, in a transaction that is still open.
    pub(in crate::upgrade) fn statement(
        &mut self,
        session: &mut SessionOn<'_>,
        script: &PreparedScript,
        statement: &Statement,
        started: Instant,
    ) -> Result<(), postgres::Error> {
        let ended = Instant::now();
        let (wal, found) = self.look(session)?;
        self.add_statement(script, statement, ended - started, wal);
        for (oid, now) in found {
            let counted = self.count(oid, now.counters);
            let rewritten = self.rewritten(session, oid, now.file)?;
            let held = self.locked.entry(oid).or_default();
            let new = now.modes.difference(held).max().copied();
            held.extend(now.modes);
            let is_use = new.is_some() || rewritten.is_some() || counted != [0; 4];
            let effect = Effect { rewritten, rows: counted };
            // What is held already is not taken once more.
            let lock = new.max(effect.needed());
            if let Some(lock) = lock.filter(|_| is_use)
                && (lock >= LockMode::RowExclusive || counted[0] > 0)
            {
                self.note(oid, lock, started, effect);
            }
        }
        Ok(())
    }

    /// A statement that began then was run outside of a transaction, while its locks were watched.
    pub(in crate::upgrade) fn watched(
        &mut self,
        session: &mut SessionOn<'_>,
        (script, statement): (&PreparedScript, &Statement),
        started: Instant,
        watch: Option<LockWatch>,
    ) -> Result<(), postgres::Error> {
        let ended = Instant::now();
        let seen = watch.map_or_else(Seen::new, LockWatch::end);
        let (wal, _) = self.look(session)?;
        self.add_statement(script, statement, ended - started, wal);
        let mut by_table = Seen::new();
        for (oid, (mode, held)) in seen {
            let Some(table) = self.table_of(oid) else { continue };
            let entry = by_table.entry(table).or_insert((mode, held));
            *entry = (mode, held).max(*entry);
        }
        for (oid, (mode, held)) in by_table {
            let file = file_of(session, oid)?;
            let rewritten = self.rewritten(session, oid, file)?;
            if mode >= LockMode::RowExclusive {
                // What was written there is not counted for this session.
                self.written.insert(oid);
                let held = held.min(ended - started);
                let since = ended.checked_sub(held).unwrap_or(started);
                self.note(oid, mode, since, Effect { rewritten, rows: [0; 4] });
            }
        }
        self.close(ended);
        Ok(())
    }

    /// The transaction was committed.
    pub(in crate::upgrade) fn end_transaction(&mut self) {
        self.close(Instant::now());
        self.kept = self.scripts.len();
    }

    /// The transaction was rolled back, and is going to be run again.
    pub(in crate::upgrade) fn forget_transaction(&mut self) {
        self.scripts.truncate(self.kept);
        self.open.clear();
        self.locked.clear();
    }

    /// All was run.
    pub(in crate::upgrade) fn finish(
        mut self,
        session: &mut SessionOn<'_>,
    ) -> Result<Measurements, postgres::Error> {
        self.close(Instant::now());
        let touched: Vec<u32> = self.touched.into_iter().collect();
        let tables = self.survey.changes(session, &touched, &self.written)?;
        Ok(Measurements { scripts: self.scripts, tables, watched: self.changes.is_some() })
    }

    fn close(&mut self, ended: Instant) {
        for (script, at, since) in self.open.drain(..) {
            self.scripts[script].tables[at].held = ended.saturating_duration_since(since);
        }
        self.locked.clear();
    }

    fn add_statement(
        &mut self,
        script: &PreparedScript,
        statement: &Statement,
        duration: std::time::Duration,
        wal: u64,
    ) {
        let location = script.location(statement.span.start);
        let path = location.map_or(script.path(), |location| location.path).to_owned();
        let sql = script.text().get(statement.span.clone()).unwrap_or_default();
        let line = first_line(sql);
        let sql = without_passwords(line, sql).into_owned();
        let wal_bytes = wal.saturating_sub(self.wal);
        self.wal = wal;
        let changed = self.changes.as_ref().map(Changes::take).unwrap_or_default();
        if let Some(script) = self.scripts.last_mut() {
            let line = statement.line;
            let effects = Vec::new();
            let one =
                StatementMeasurement { path, line, sql, duration, wal_bytes, changed, effects };
            script.statements.push(one);
        }
    }

    /// A table was used by the last statement.
    fn note(&mut self, oid: u32, lock: LockMode, since: Instant, effect: Effect) {
        let Some(table) = self.survey.tables.get(&oid).map(|table| table.name.clone()) else {
            return;
        };
        self.touched.insert(oid);
        let [scanned, inserted, updated, deleted] = effect.rows;
        if effect.rewritten.is_some() || inserted + updated > 0 {
            self.written.insert(oid);
        }
        let Some(number) = self.scripts.len().checked_sub(1) else { return };
        let script = &mut self.scripts[number];
        let Some(statement) = script.statements.last_mut() else { return };
        let (path, line) = (&statement.path, statement.line);
        let uses = &mut script.tables;
        let at = uses.iter().position(|one| one.table == table).unwrap_or_else(|| {
            uses.push(TableUse {
                table: table.clone(),
                lock,
                path: path.clone(),
                line,
                held: std::time::Duration::ZERO,
                rewritten: None,
                rows_scanned: 0,
                rows_inserted: 0,
                rows_updated: 0,
                rows_deleted: 0,
            });
            uses.len() - 1
        });
        let one = &mut uses[at];
        one.rewritten = effect.rewritten.or(one.rewritten);
        one.rows_scanned += scanned;
        one.rows_inserted += inserted;
        one.rows_updated += updated;
        one.rows_deleted += deleted;
        let is_stronger = lock > one.lock;
        if is_stronger {
            (one.lock, one.line) = (lock, line);
            one.path.clone_from(path);
        }
        if effect.rewritten.is_some() || effect.rows != [0; 4] {
            statement.effects.push(TableEffect {
                table,
                rewritten: effect.rewritten,
                rows_scanned: scanned,
                rows_inserted: inserted,
                rows_updated: updated,
                rows_deleted: deleted,
            });
        }
        match self.open.iter_mut().find(|(script, use_at, _)| (*script, *use_at) == (number, at)) {
            Some(open) if is_stronger => open.2 = since,
            Some(_) => {}
            None => self.open.push((number, at, since)),
        }
    }

    /// What was counted since the last time.
    fn count(&mut self, oid: u32, now: Counters) -> Counters {
        let before = self.counters.insert(oid, now).unwrap_or_default();
        let mut more = now;
        for (more, before) in more.iter_mut().zip(before) {
            // The server begins anew from time to time.
            *more = if *more >= before { *more - before } else { *more };
        }
        more
    }

    /// The new size of a table if it is in another file than before.
    fn rewritten(
        &mut self,
        session: &mut SessionOn<'_>,
        oid: u32,
        file: Option<u32>,
    ) -> Result<Option<u64>, postgres::Error> {
        let Some(table) = self.survey.tables.get_mut(&oid) else { return Ok(None) };
        let Some(file) = file.filter(|file| *file != table.file) else { return Ok(None) };
        table.file = file;
        let sql = format!(
            "SELECT pg_catalog.pg_total_relation_size({oid}::pg_catalog.oid::pg_catalog.regclass)"
        );
        let answer = session.client().simple_query(&sql)?;
        Ok(rows(&answer).next().and_then(|row| row.get(0)?.parse().ok()))
    }

    /// The table that a relation is, or is an index of, if it was there before the run.
    fn table_of(&self, relation: u32) -> Option<u32> {
        let table = self.survey.indexes.get(&relation).copied().unwrap_or(relation);
        self.survey.tables.contains_key(&table).then_some(table)
    }

    /// The position in WAL, and what this session has locked.
    fn look(
        &self,
        session: &mut SessionOn<'_>,
    ) -> Result<(u64, BTreeMap<u32, TableReading>), postgres::Error> {
        let sql = format!(
            "SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0'); \
             SELECT l.relation, l.mode, pg_catalog.pg_relation_filenode(l.relation), \
             pg_catalog.pg_stat_get_xact_tuples_returned(l.relation), \
             pg_catalog.pg_stat_get_xact_tuples_inserted(l.relation), \
             pg_catalog.pg_stat_get_xact_tuples_updated(l.relation), \
             pg_catalog.pg_stat_get_xact_tuples_deleted(l.relation) FROM ({}) l",
            locks_sql("pg_catalog.pg_backend_pid()")
        );
        let answer = session.client().simple_query(&sql)?;
        let mut answer = rows(&answer);
        let wal = answer.next().and_then(|row| row.get(0)?.parse().ok()).unwrap_or_default();
        let mut found: BTreeMap<u32, TableReading> = BTreeMap::new();
        for row in answer {
            let Some((relation, mode)) = lock(row) else { continue };
            let Some(table) = self.table_of(relation) else { continue };
            let number = |at: usize| row.get(at).and_then(|text| text.parse().ok());
            let counters = [3, 4, 5, 6].map(|at| number(at).unwrap_or_default());
            let own = table == relation;
            let entry = found.entry(table).or_default();
            entry.modes.insert(mode);
            if own {
                (entry.file, entry.counters) =
                    (row.get(2).and_then(|text| text.parse().ok()), counters);
            }
        }
        Ok((wal, found))
    }
}

/// A table that is locked.
#[derive(Default)]
struct TableReading {
    modes: BTreeSet<LockMode>,
    file: Option<u32>,
    counters: Counters,
}

/// What a statement did with a table.
#[derive(Clone, Copy)]
struct Effect {
    rewritten: Option<u64>,
    rows: Counters,
}

impl Effect {
    /// The lock without which it could not have done that.
    fn needed(self) -> Option<LockMode> {
        match self.rows {
            _ if self.rewritten.is_some() => Some(LockMode::AccessExclusive),
            [0, 0, 0, 0] => None,
            [_, 0, 0, 0] => Some(LockMode::AccessShare),
            _ => Some(LockMode::RowExclusive),
        }
    }
}

fn file_of(session: &mut SessionOn<'_>, oid: u32) -> Result<Option<u32>, postgres::Error> {
    let sql = format!(
        "SELECT pg_catalog.pg_relation_filenode({oid}::pg_catalog.oid::pg_catalog.regclass)"
    );
    let answer = session.client().simple_query(&sql)?;
    Ok(rows(&answer).next().and_then(|row| row.get(0)?.parse().ok()))
}
