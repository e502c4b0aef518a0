//! Statements after which the figures were read once, and what each of them did.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use super::LockMode;
use super::footprint::{Did, Footprint, Subject};

/// A statement that was run since the last reading.
#[derive(Debug)]
pub(super) struct Pending {
    /// The number of its script, and its own number there.
    pub(super) script: usize,
    pub(super) statement: usize,
    pub(super) started: Instant,
    pub(super) duration: Duration,
    /// Its text, or the beginning of it.
    pub(super) sql: String,
    /// Read when it is needed.
    pub(super) footprint: OnceCell<Footprint>,
}

impl Pending {
    /// The words in it that can be names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.footprint().names.iter().map(String::as_str)
    }

    fn footprint(&self) -> &Footprint {
        self.footprint.get_or_init(|| Footprint::read(&self.sql))
    }
}

/// So many characters of a statement tell what it does.
pub(super) const BEGINNING: usize = 4_000;

/// Rows scanned, inserted, updated and deleted, as the server counts them.
pub(super) type Counters = [u64; 4];

/// What was done with a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Effect {
    pub(super) rewritten: Option<u64>,
    pub(super) rows: Counters,
}

impl Effect {
    pub(super) fn is_none(self) -> bool {
        self.rewritten.is_none() && self.rows == [0; 4]
    }

    /// The lock without which it could not have been done.
    pub(super) fn needed(self) -> Option<LockMode> {
        match self.rows {
            _ if self.rewritten.is_some() => Some(LockMode::AccessExclusive),
            [0, 0, 0, 0] => None,
            [_, 0, 0, 0] => Some(LockMode::AccessShare),
            _ => Some(LockMode::RowExclusive),
        }
    }
}

/// The statements since the last reading, by what they name.
pub(super) struct Batch<'a> {
    statements: &'a [Pending],
    by_name: HashMap<&'a str, Vec<usize>>,
    /// Those that may do anything.
    unknown: Vec<usize>,
    /// The first that writes rows: what triggers and cascades did is told of it.
    first_writer: Option<usize>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(statements: &'a [Pending]) -> Self {
        let (by_name, unknown) = (HashMap::new(), Vec::new());
        let mut batch = Self { statements, by_name, unknown, first_writer: None };
        if statements.len() < 2 {
            return batch;
        }
        for (at, one) in statements.iter().enumerate() {
            let footprint = one.footprint();
            for name in &footprint.names {
                batch.by_name.entry(name).or_default().push(at);
            }
            if footprint.is_unknown() {
                batch.unknown.push(at);
            }
            if footprint.writes() {
                batch.first_writer = batch.first_writer.or(Some(at));
            }
        }
        batch
    }

    /// The statements that took these new locks on a table, with the strongest that each took. Of
    /// those that are weaker than another one, or than one that is held before, only those are told
    /// that are sure to be another statement's.
    pub(super) fn takers(
        &self,
        subject: &Subject<'_>,
        modes: &BTreeSet<LockMode>,
        held: Option<LockMode>,
    ) -> BTreeMap<usize, LockMode> {
        let mut takers: BTreeMap<usize, LockMode> = BTreeMap::new();
        if modes.is_empty() {
            return takers;
        }
        let candidates = self.candidates(subject);
        for mode in modes.iter().rev() {
            let likelihood =
                |at: usize| self.statements[at].footprint().likelihood_of_lock(subject, *mode);
            let first = candidates.iter().map(|at| (likelihood(*at), Reverse(*at))).max();
            let (likelihood, Reverse(at)) = first.unwrap_or((0, Reverse(0)));
            let is_strongest = takers.is_empty() && Some(*mode) > held;
            if is_strongest || self.statements.len() == 1 || likelihood == Footprint::CERTAIN {
                takers.entry(at).or_insert(*mode);
            }
        }
        takers
    }

    /// What each statement did to the rows of a table.
    pub(super) fn doers(&self, subject: &Subject<'_>, effect: Effect) -> BTreeMap<usize, Effect> {
        if effect.is_none() {
            return BTreeMap::new();
        }
        let candidates = self.candidates(subject);
        // The longest of those that do such things, else of those that may do anything.
        let doer = |did: Did| {
            let longest = candidates.iter().max_by_key(|at| {
                let one = &self.statements[**at];
                (one.footprint().likelihood_of(did, subject), one.duration, Reverse(**at))
            });
            longest.copied().unwrap_or_default()
        };
        let mut doers: BTreeMap<usize, Effect> = BTreeMap::new();
        if effect.rewritten.is_some() {
            doers.entry(doer(Did::Rewrite)).or_default().rewritten = effect.rewritten;
        }
        let counted = [Did::Scan, Did::Insert, Did::Update, Did::Delete];
        for (at, did) in counted.into_iter().enumerate().filter(|(at, _)| effect.rows[*at] > 0) {
            doers.entry(doer(did)).or_default().rows[at] = effect.rows[at];
        }
        doers
    }

    /// The statements that may have touched the table; none if there is only one.
    fn candidates(&self, subject: &Subject<'_>) -> BTreeSet<usize> {
        let related = subject.related.iter().map(|(table, _)| table);
        let named = subject.names.iter().chain(related).filter_map(|name| self.by_name.get(*name));
        named.flatten().chain(&self.unknown).chain(&self.first_writer).copied().collect()
    }

    /// How much of the WAL since the last reading each wrote, by the time that it took.
    pub(super) fn shares_of(&self, wal: u64) -> Vec<u64> {
        let nanoseconds = |one: &Pending| one.duration.as_nanos().max(1);
        let all: u128 = self.statements.iter().map(nanoseconds).sum();
        let mut left = wal;
        let mut shares: Vec<u64> = self
            .statements
            .iter()
            .map(|one| {
                let share = u128::from(wal) * nanoseconds(one) / all.max(1);
                let share = u64::try_from(share).unwrap_or(left).min(left);
                left -= share;
                share
            })
            .collect();
        shares.iter_mut().rev().take(1).for_each(|last| *last += left);
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(statements: &[(&str, u64)]) -> Vec<Pending> {
        let one = |(statement, (sql, milliseconds)): (usize, &(&str, u64))| Pending {
            script: 0,
            statement,
            started: Instant::now(),
            duration: Duration::from_millis(*milliseconds),
            sql: (*sql).to_owned(),
            footprint: OnceCell::new(),
        };
        statements.iter().enumerate().map(one).collect()
    }

    #[test]
    fn what_statements_did_together_is_told_of_those_that_can_have_done_it() {
        let statements = pending(&[
            ("SELECT 1", 1),
            ("INSERT INTO t VALUES (1)", 1),
            ("ALTER TABLE t ADD COLUMN a int", 1),
            ("ALTER TABLE t ALTER b TYPE bigint", 50),
            ("CREATE INDEX ON t (a)", 20),
            ("UPDATE o SET a = 1", 1),
        ]);
        let batch = Batch::new(&statements);
        let modes = BTreeSet::from([LockMode::RowExclusive, LockMode::AccessExclusive]);
        let table = |name| Subject { names: vec![name], related: Vec::new() };
        assert_eq!(
            batch.takers(&table("t"), &modes, None).into_iter().collect::<Vec<_>>(),
            [(1, LockMode::RowExclusive), (2, LockMode::AccessExclusive)]
        );
        assert_eq!(batch.takers(&table("x"), &modes, None).into_keys().collect::<Vec<_>>(), [0]);
        let effect = Effect { rewritten: Some(8192), rows: [7, 1, 0, 0] };
        assert_eq!(
            batch.doers(&table("t"), effect).into_iter().collect::<Vec<_>>(),
            [
                (1, Effect { rewritten: None, rows: [0, 1, 0, 0] }),
                (3, Effect { rewritten: Some(8192), rows: [7, 0, 0, 0] }),
            ]
        );
        assert_eq!(batch.shares_of(74), [1, 1, 1, 50, 20, 1]);
    }

    #[test]
    fn one_statement_did_it_all() {
        let statements = pending(&[("SELECT 1", 0)]);
        let batch = Batch::new(&statements);
        let effect = Effect { rewritten: None, rows: [0, 0, 3, 0] };
        let modes = BTreeSet::from([LockMode::AccessShare, LockMode::RowExclusive]);
        let subject = Subject::default();
        assert_eq!(batch.takers(&subject, &modes, None)[&0], LockMode::RowExclusive);
        assert_eq!(batch.doers(&subject, effect)[&0], effect);
        assert_eq!(batch.shares_of(5), [5]);
    }
}
