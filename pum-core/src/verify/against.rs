//! The contents of two databases, side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Finding, SequenceState, Severity, Skip, TableContent};
use crate::connect::ServerVersion;
use crate::humanize::{count, grouped};

/// The contents of a database, some of which may not have been readable.
#[derive(Debug, Clone, Default)]
pub(super) struct Holding {
    pub(super) encoding: String,
    pub(super) tables: Vec<TableContent>,
    pub(super) sequences: Vec<SequenceState>,
    /// Why a table or sequence was not read, by name.
    pub(super) unread: BTreeMap<String, String>,
    /// Why no sequence was read, if none could be.
    pub(super) no_sequences: Option<String>,
}

/// A table or sequence in both databases.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pair<T> {
    /// In the verified database; `None` if it does not exist there, or could not be read.
    pub left: Option<T>,
    /// In the other database.
    pub right: Option<T>,
}

/// The contents of another database compared with this one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Against {
    /// The connection to the other database.
    pub label: String,
    /// The name of the other database.
    pub database: String,
    /// The version of its server.
    pub version: ServerVersion,
    /// All tables of both databases, by name.
    pub tables: Vec<Pair<TableContent>>,
    /// All sequences of both databases, by name.
    pub sequences: Vec<Pair<SequenceState>>,
    /// The differences.
    pub findings: Vec<Finding>,
    /// What could not be compared.
    pub skipped: Vec<Skip>,
    /// Whether hashes can be compared, because the encodings are the same.
    by_hash: bool,
}

/// Something with a name and a state that can be the same.
trait Named: Clone {
    const KIND: &'static str;
    fn name(&self) -> &str;
    /// The difference, in words.
    fn difference(&self, other: &Self, by_hash: bool) -> Option<String>;
}

impl Named for TableContent {
    const KIND: &'static str = "table";

    fn name(&self) -> &str {
        &self.name
    }

    fn difference(&self, other: &Self, by_hash: bool) -> Option<String> {
        let rows = |number: u64| count(number, "row");
        if self.rows != other.rows {
            let (here, there) = (rows(self.rows), grouped(other.rows));
            return Some(format!("has {here}, and {there} in the other database"));
        }
        (by_hash && self.hash != other.hash)
            .then(|| format!("has {} in both, but their values differ", rows(self.rows)))
    }
}

impl Named for SequenceState {
    const KIND: &'static str = "sequence";

    fn name(&self) -> &str {
        &self.name
    }

    fn difference(&self, other: &Self, _by_hash: bool) -> Option<String> {
        let stand = |state: &Self| {
            let called = if state.is_called { "" } else { " (not yet given)" };
            format!("{}{called}", state.last_value)
        };
        (self != other).then(|| {
            format!("stands at {}, and at {} in the other database", stand(self), stand(other))
        })
    }
}

impl Against {
    pub(super) fn new(
        (label, database, version): (String, String, ServerVersion),
        left: &Holding,
        right: &Holding,
    ) -> Self {
        let by_hash = left.encoding == right.encoding;
        let mut against = Self {
            by_hash,
            label,
            database,
            version,
            tables: Vec::new(),
            sequences: Vec::new(),
            findings: Vec::new(),
            skipped: Vec::new(),
        };
        if !by_hash {
            against.skipped.push(Skip {
                object: Some("hashes of tables".to_owned()),
                reason: format!(
                    "the databases have different encodings ({} and {}), so equal text has \
                     different bytes",
                    left.encoding, right.encoding
                ),
            });
        }
        against.tables = against.pair((&left.tables, left), (&right.tables, right), by_hash);
        match left.no_sequences.as_ref().or(right.no_sequences.as_ref()) {
            Some(reason) => {
                let (object, reason) = (Some("sequences".to_owned()), reason.clone());
                against.skipped.push(Skip { object, reason });
            }
            None => {
                against.sequences =
                    against.pair((&left.sequences, left), (&right.sequences, right), by_hash);
            }
        }
        against
    }

    /// Puts side by side what has the same name.
    fn pair<T: Named>(
        &mut self,
        (left, left_holding): (&[T], &Holding),
        (right, right_holding): (&[T], &Holding),
        by_hash: bool,
    ) -> Vec<Pair<T>> {
        let by_name = |all: &[T]| -> BTreeMap<String, T> {
            all.iter().map(|one| (one.name().to_owned(), one.clone())).collect()
        };
        let (mut left, mut right) = (by_name(left), by_name(right));
        let names: BTreeSet<String> = left.keys().chain(right.keys()).cloned().collect();
        let mut pairs = Vec::new();
        for name in names {
            let pair = Pair { left: left.remove(&name), right: right.remove(&name) };
            let object = format!("{} {name}", T::KIND);
            let problem = match (&pair.left, &pair.right) {
                (Some(left), Some(right)) => left.difference(right, by_hash),
                (left, _) => {
                    let (holding, here, there) = if left.is_some() {
                        (right_holding, "", " in the other database")
                    } else {
                        (left_holding, " only in the other database", "")
                    };
                    if let Some(reason) = holding.unread.get(&name) {
                        let reason = format!("not read{there}: {reason}");
                        self.skipped.push(Skip { object: Some(object.clone()), reason });
                        None
                    } else if here.is_empty() {
                        Some("is not in the other database".to_owned())
                    } else {
                        Some(format!("is{here}"))
                    }
                }
            };
            self.findings.extend(problem.map(|problem| Finding {
                severity: Severity::Finding,
                object,
                problem,
                remedy: None,
            }));
            pairs.push(pair);
        }
        pairs
    }

    /// Whether two tables appear to be the same.
    pub fn is_same_table(&self, pair: &Pair<TableContent>) -> bool {
        is_same(pair, self.by_hash)
    }

    /// Whether two sequences have the same value.
    pub fn is_same_sequence(&self, pair: &Pair<SequenceState>) -> bool {
        is_same(pair, self.by_hash)
    }

    /// The number of tables and sequences that are the same in both.
    pub fn same(&self) -> usize {
        let tables = self.tables.iter().filter(|pair| self.is_same_table(pair)).count();
        tables + self.sequences.iter().filter(|pair| self.is_same_sequence(pair)).count()
    }
}

fn is_same<T: Named>(pair: &Pair<T>, by_hash: bool) -> bool {
    match (&pair.left, &pair.right) {
        (Some(left), Some(right)) => left.difference(right, by_hash).is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(tables: &[(&str, u64, &str)], unread: &[&str]) -> Holding {
        Holding {
            encoding: "UTF8".to_owned(),
            tables: tables
                .iter()
                .map(|&(name, rows, hash)| TableContent {
                    name: name.to_owned(),
                    rows,
                    hash: Some(hash.to_owned()),
                })
                .collect(),
            sequences: Vec::new(),
            unread: unread.iter().map(|&name| (name.to_owned(), "why".to_owned())).collect(),
            no_sequences: None,
        }
    }

    fn against(left: &Holding, right: &Holding) -> Against {
        Against::new(("b".to_owned(), "b".to_owned(), ServerVersion(150_000)), left, right)
    }

    #[test]
    fn what_could_not_be_read_is_not_missing() {
        let left = holding(&[("a", 1, "x"), ("b", 2, "y"), ("c", 3, "z")], &["d"]);
        let right = holding(&[("b", 2, "q"), ("c", 3, "z"), ("d", 1, "x"), ("e", 1, "x")], &["a"]);
        let against = against(&left, &right);
        let found: Vec<String> =
            against.findings.iter().map(|one| format!("{} {}", one.object, one.problem)).collect();
        assert_eq!(
            found,
            [
                "table b has 2 rows in both, but their values differ",
                "table e is only in the other database",
            ]
        );
        let skipped: Vec<String> =
            against.skipped.iter().map(|one| format!("{:?} {}", one.object, one.reason)).collect();
        assert_eq!(
            skipped,
            [
                "Some(\"table a\") not read in the other database: why",
                "Some(\"table d\") not read: why"
            ]
        );
        assert_eq!((against.tables.len(), against.same()), (5, 1));
    }

    #[test]
    fn other_encodings_have_other_bytes() {
        let left = holding(&[("a", 1, "x"), ("b", 1, "x")], &[]);
        let mut right = holding(&[("a", 1, "y"), ("b", 2, "x")], &[]);
        right.encoding = "LATIN1".to_owned();
        let against = against(&left, &right);
        assert_eq!(against.findings.len(), 1);
        assert_eq!(against.skipped.len(), 1);
        assert_eq!(against.same(), 1);
    }
}
