//! Reads the figures while a run goes on.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use super::batch::{BEGINNING, Batch, Counters, Effect, Pending};
use super::budget::Budget;
use super::ddl_watch::{DdlWatch, Seen as Changes};
use super::figures::{FIGURES, TableReading, cell, database_bytes, figures_of, file_of};
use super::lock_watch::{LockWatch, Seen, lock, locks_sql};
use super::survey::{DataSurvey, Touched};
use super::values::Identifiers;
use super::{
    LockMode, Measurements, ScriptMeasurement, StatementMeasurement, TableEffect, TableUse,
};
use crate::connect::{SessionOn, rows};
use crate::delta::{PreparedScript, Statement, without_passwords};
use crate::sql::first_line;
use crate::upgrade::{MeasureOptions, TableName};

/// Takes the figures of a run.
pub(in crate::upgrade) struct Meter {
    survey: DataSurvey,
    budget: Budget,
    scripts: Vec<ScriptMeasurement>,
    /// How many scripts were measured when the transaction began: it may be run again.
    kept: usize,
    /// The statements since the last reading of the locks.
    pending: Vec<Pending>,
    /// The first of them since the last reading of the rows.
    uncounted: usize,
    /// What they did to the rows of tables, as far as it was read: statement, table and effect.
    effects: Vec<(usize, u32, Effect)>,
    /// The locks that are held on each table, in this transaction.
    locked: BTreeMap<u32, BTreeSet<LockMode>>,
    /// Where each script has its use of each table.
    uses: HashMap<(usize, u32), usize>,
    /// The uses whose locks are held, by script and number, and since when.
    open: BTreeMap<(usize, usize), Instant>,
    counters: BTreeMap<u32, Counters>,
    /// Makes the counters start over with each transaction, where the server can.
    flush_sql: Option<&'static str>,
    touched: Touched,
    /// What the statements make, change and drop, if a [`DdlWatch`] reports it.
    changes: Option<Changes>,
    wal: u64,
    /// When the measuring began.
    began: Instant,
    /// The size of the database then.
    database_bytes: Option<u64>,
}

impl Meter {
    /// Looks at the database before the run. `words`: see [`DataSurvey::read`].
    pub(in crate::upgrade) fn begin(
        session: &mut SessionOn<'_>,
        own: &TableName,
        options: MeasureOptions<'_>,
        words: &Identifiers,
    ) -> Result<Self, postgres::Error> {
        let survey = DataSurvey::read(session, own, options.analyzed, words)?;
        let mut meter = Self {
            survey,
            budget: Budget::new(options.readings),
            scripts: Vec::new(),
            kept: 0,
            pending: Vec::new(),
            uncounted: 0,
            effects: Vec::new(),
            locked: BTreeMap::new(),
            uses: HashMap::new(),
            open: BTreeMap::new(),
            counters: BTreeMap::new(),
            flush_sql: (session.version().major() >= 15)
                .then_some(", pg_catalog.pg_stat_force_next_flush()"),
            touched: Touched::default(),
            changes: options.watch.map(DdlWatch::seen),
            wal: 0,
            began: Instant::now(),
            database_bytes: database_bytes(session)?,
        };
        meter.forget_own_reading(session)?;
        meter.wal = meter.look(session)?.0;
        meter.began = Instant::now();
        Ok(meter)
    }

    /// What was read before the run is no statement's.
    fn forget_own_reading(&mut self, session: &mut SessionOn<'_>) -> Result<(), postgres::Error> {
        // Older servers keep it for a while: it is taken off then. Newer ones flush it.
        if self.flush_sql.is_none() {
            let tables: Vec<u32> = self.survey.tables.keys().copied().collect();
            let readings = figures_of(session, &tables)?.into_iter();
            self.counters.extend(readings.map(|(oid, reading)| (oid, reading.counters)));
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
        let duration = started.elapsed();
        self.add_statement(script, statement, started, duration);
        self.budget.worked(duration);
        if self.budget.allows() { self.read(session) } else { Ok(()) }
    }

    /// The statements of a script were run, in a transaction that is still open.
    pub(in crate::upgrade) fn end_script(
        &mut self,
        session: &mut SessionOn<'_>,
    ) -> Result<(), postgres::Error> {
        if self.budget.allows_at_end() { self.read(session) } else { self.read_rows(session) }
    }

    /// A transaction is going to be committed.
    pub(in crate::upgrade) fn before_commit(
        &mut self,
        session: &mut SessionOn<'_>,
    ) -> Result<(), postgres::Error> {
        self.read(session)
    }

    /// Reads what the statements since the last reading did.
    fn read(&mut self, session: &mut SessionOn<'_>) -> Result<(), postgres::Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let (wal, found) = self.look(session)?;
        let (pending, uncounted) = self.take_pending();
        let (locking, counting) = (Batch::new(&pending), Batch::new(&pending[uncounted..]));
        self.add_wal(&pending, &locking, wal);
        for (oid, now) in found {
            let held = self.locked.entry(oid).or_default();
            let strongest = held.last().copied();
            // What is held already is not taken once more.
            let new: BTreeSet<LockMode> = now.modes.difference(held).copied().collect();
            held.extend(&new);
            for (at, lock) in locking.takers(&self.survey.subject(oid), &new, strongest) {
                self.note(oid, lock, &pending[at], Effect::default());
            }
            self.find_doers(session, (oid, now), &counting, uncounted)?;
        }
        for (at, oid, effect) in std::mem::take(&mut self.effects) {
            if let (Some(lock), Some(by)) = (effect.needed(), pending.get(at)) {
                self.note(oid, lock, by, effect);
            }
        }
        self.budget.spent(began.elapsed());
        Ok(())
    }

    /// Reads what the statements of a script did to the rows of the tables that they name. Their
    /// locks, which cost more to read, are still to be read.
    fn read_rows(&mut self, session: &mut SessionOn<'_>) -> Result<(), postgres::Error> {
        let began = Instant::now();
        let (pending, uncounted) = self.take_pending();
        let batch = Batch::new(&pending[uncounted..]);
        let names = pending[uncounted..].iter().flat_map(Pending::names);
        let tables: BTreeSet<u32> = names.flat_map(|name| self.survey.named(name)).collect();
        let tables: Vec<u32> = tables.into_iter().collect();
        for (oid, now) in figures_of(session, &tables)? {
            self.find_doers(session, (oid, now), &batch, uncounted)?;
        }
        self.uncounted = pending.len();
        self.pending = pending;
        self.budget.spent_beside(began.elapsed());
        Ok(())
    }

    /// The statements whose locks were not read, and from which on their rows were not.
    fn take_pending(&mut self) -> (Vec<Pending>, usize) {
        (std::mem::take(&mut self.pending), std::mem::take(&mut self.uncounted))
    }

    /// Which statements did what was done to the rows of a table since the last time. The first of
    /// the batch is this one of those that are pending.
    fn find_doers(
        &mut self,
        session: &mut SessionOn<'_>,
        (oid, now): (u32, TableReading),
        batch: &Batch<'_>,
        first: usize,
    ) -> Result<(), postgres::Error> {
        let rows = self.count(oid, now.counters);
        let effect = Effect { rewritten: self.rewritten(session, oid, now.file)?, rows };
        let doers = batch.doers(&self.survey.subject(oid), effect);
        self.effects.extend(doers.into_iter().map(|(at, effect)| (first + at, oid, effect)));
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
        self.add_statement(script, statement, started, ended - started);
        let (mut pending, _) = self.take_pending();
        self.add_wal(&pending, &Batch::new(&pending), wal);
        let mut by_table = Seen::new();
        for (oid, (mode, held)) in seen {
            let Some(table) = self.table_of(oid) else { continue };
            let entry = by_table.entry(table).or_insert((mode, held));
            *entry = (mode, held).max(*entry);
        }
        for (oid, (mode, held)) in by_table {
            let file = file_of(session, oid)?;
            let effect = Effect { rewritten: self.rewritten(session, oid, file)?, rows: [0; 4] };
            if let Some(last) = pending.last_mut()
                && mode >= LockMode::RowExclusive
            {
                // What was written there is not counted for this session.
                self.touched.written.insert(oid);
                self.touched.resized.insert(oid);
                last.started = ended.checked_sub(held.min(ended - started)).unwrap_or(started);
                self.note(oid, mode, last, effect);
            }
        }
        self.close(ended);
        Ok(())
    }

    /// The transaction was committed.
    pub(in crate::upgrade) fn end_transaction(&mut self) {
        self.close(Instant::now());
        self.kept = self.scripts.len();
        self.forget_counters();
    }

    /// The next transaction counts from nothing, where the server is told so.
    fn forget_counters(&mut self) {
        if self.flush_sql.is_some() {
            self.counters.clear();
        }
    }

    /// The transaction was rolled back, and is going to be run again.
    pub(in crate::upgrade) fn forget_transaction(&mut self) {
        let kept = self.kept;
        self.scripts.truncate(kept);
        self.uses.retain(|(script, _), _| *script < kept);
        self.take_pending();
        self.effects.clear();
        self.forget_counters();
        self.open.clear();
        self.locked.clear();
    }

    /// All was run.
    pub(in crate::upgrade) fn finish(
        mut self,
        session: &mut SessionOn<'_>,
    ) -> Result<Measurements, postgres::Error> {
        self.close(Instant::now());
        let (tables, new_tables) = self.survey.changes(session, &self.touched)?;
        Ok(Measurements {
            scripts: self.scripts,
            tables,
            new_tables,
            database_bytes_before: self.database_bytes,
            database_bytes_after: database_bytes(session)?,
            watched: self.changes.is_some(),
        })
    }

    fn close(&mut self, ended: Instant) {
        for ((script, at), since) in std::mem::take(&mut self.open) {
            let one = &mut self.scripts[script].tables[at];
            one.held = ended.saturating_duration_since(since);
            one.began = since.saturating_duration_since(self.began);
        }
        self.locked.clear();
    }

    /// Of the last script.
    fn add_statement(
        &mut self,
        script: &PreparedScript,
        statement: &Statement,
        started: Instant,
        duration: Duration,
    ) {
        let path = script.file_of(statement).to_owned();
        let text = script.text().get(statement.span.clone()).unwrap_or_default();
        let line = first_line(text);
        let sql = without_passwords(line, text).into_owned();
        let changed = self.changes.as_ref().map(Changes::take).unwrap_or_default();
        let Some(number) = self.scripts.len().checked_sub(1) else { return };
        let statements = &mut self.scripts[number].statements;
        self.pending.push(Pending {
            script: number,
            statement: statements.len(),
            started,
            duration,
            sql: text.chars().take(BEGINNING).collect(),
            footprint: OnceCell::new(),
        });
        let (line, effects, wal_bytes) = (statement.line, Vec::new(), 0);
        let began = started.saturating_duration_since(self.began);
        statements.push(StatementMeasurement {
            path,
            line,
            sql,
            began,
            duration,
            wal_bytes,
            changed,
            effects,
        });
    }

    fn add_wal(&mut self, pending: &[Pending], batch: &Batch<'_>, wal: u64) {
        let shares = batch.shares_of(wal.saturating_sub(self.wal));
        for (one, share) in pending.iter().zip(shares) {
            self.scripts[one.script].statements[one.statement].wal_bytes = share;
        }
        self.wal = wal;
    }

    /// A table was used by a statement.
    fn note(&mut self, oid: u32, lock: LockMode, by: &Pending, effect: Effect) {
        if lock < LockMode::RowExclusive && effect.rows[0] == 0 {
            return;
        }
        let Some(table) = self.survey.tables.get(&oid).map(|table| table.name.clone()) else {
            return;
        };
        let [scanned, inserted, updated, deleted] = effect.rows;
        self.touched.all.insert(oid);
        if effect.rewritten.is_some() || inserted + updated > 0 {
            self.touched.written.insert(oid);
        }
        if effect.rewritten.is_some() || inserted + updated + deleted > 0 {
            self.touched.resized.insert(oid);
        }
        let script = &mut self.scripts[by.script];
        let statement = &mut script.statements[by.statement];
        let (path, line) = (&statement.path, statement.line);
        let uses = &mut script.tables;
        let at = *self.uses.entry((by.script, oid)).or_insert_with(|| {
            uses.push(TableUse {
                table: table.clone(),
                lock,
                path: path.clone(),
                line,
                began: Duration::ZERO,
                held: Duration::ZERO,
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
        if !effect.is_none() {
            statement.effects.push(TableEffect {
                table,
                rewritten: effect.rewritten,
                rows_scanned: scanned,
                rows_inserted: inserted,
                rows_updated: updated,
                rows_deleted: deleted,
            });
        }
        let open = self.open.entry((by.script, at)).or_insert(by.started);
        if is_stronger {
            *open = by.started;
        }
    }

    /// What was counted since the last time.
    fn count(&mut self, oid: u32, now: Counters) -> Counters {
        let before = self.counters.insert(oid, now).unwrap_or_default();
        let mut more = now;
        for (more, before) in more.iter_mut().zip(before) {
            // The server starts over from time to time.
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
        Ok(rows(&answer).next().and_then(|row| cell(row, 0)))
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
            "SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0'){}; \
             SELECT l.relation, l.mode, {FIGURES} FROM ({}) l \
             WHERE l.relation OPERATOR(pg_catalog.<=) {}",
            self.flush_sql.unwrap_or_default(),
            locks_sql("pg_catalog.pg_backend_pid()"),
            self.survey.last_oid()
        );
        let answer = session.client().simple_query(&sql)?;
        let mut answer = rows(&answer);
        let wal = answer.next().and_then(|row| cell(row, 0)).unwrap_or_default();
        let mut found: BTreeMap<u32, TableReading> = BTreeMap::new();
        for row in answer {
            let Some((relation, mode)) = lock(row) else { continue };
            let Some(table) = self.table_of(relation) else { continue };
            let entry = found.entry(table).or_default();
            entry.modes.insert(mode);
            if table == relation {
                let TableReading { file, counters, .. } = TableReading::of(row, 2);
                (entry.file, entry.counters) = (file, counters);
            }
        }
        Ok((wal, found))
    }
}
