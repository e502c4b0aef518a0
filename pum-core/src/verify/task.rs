//! Work on one relation, and the result.

use std::sync::Arc;

use postgres::error::SqlState;

use super::amcheck::Amcheck;
use super::finding::{Finding, Severity};
use super::relations::{Kind, Reading, Relation};
use super::sql::Row;
use super::{Check, Level};
use crate::connect::{Session, quote_ident};

/// A query about one relation.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) work: Work,
    pub(super) relation: Arc<Relation>,
    pub(super) query: String,
}

/// The purpose of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Read(Reading),
    Heap,
    Btree,
}

impl Work {
    pub(super) fn check(self) -> Check {
        match self {
            Self::Read(_) => Check::Tables,
            Self::Heap => Check::Heap,
            Self::Btree => Check::Btree,
        }
    }
}

/// The result of a task.
#[derive(Debug)]
pub(super) enum Told {
    /// No problems; with the number of rows and their hash, if the rows were read.
    Fine {
        rows: Option<u64>,
        hash: Option<String>,
    },
    Finding(Finding),
    Skip(String),
}

/// How much of what is wrong with a table is told.
const SHOWN: usize = 3;

impl Told {
    /// The problem.
    pub(super) fn why_not(&self) -> Option<&str> {
        match self {
            Self::Fine { .. } => None,
            Self::Finding(finding) => Some(&finding.problem),
            Self::Skip(reason) => Some(reason),
        }
    }
}

impl Task {
    pub(super) fn read(relation: &Arc<Relation>, reading: Reading) -> Option<Self> {
        let query = relation.reading(reading)?;
        Some(Self { work: Work::Read(reading), relation: Arc::clone(relation), query })
    }

    /// The first few of what is wrong with a table's pages.
    pub(super) fn heap(relation: &Arc<Relation>, amcheck: &Amcheck) -> Self {
        let (schema, oid) = (&amcheck.schema, relation.oid);
        let query = format!(
            "SELECT concat('page ', h.blkno, ', item ' || h.offnum, ', column ' || h.attnum, ': ', \
             h.msg) FROM {schema}.verify_heapam({oid}::oid::regclass, false, true, 'none', NULL, \
             NULL) h LIMIT {}",
            SHOWN + 1
        );
        Self { work: Work::Heap, relation: Arc::clone(relation), query }
    }

    pub(super) fn btree(
        relation: &Arc<Relation>,
        amcheck: &Amcheck,
        level: Level,
        parents: bool,
    ) -> Self {
        let deep = level == Level::Deep;
        let function = if parents { "bt_index_parent_check" } else { "bt_index_check" };
        let descend = if parents { ", false" } else { "" };
        let unique = match amcheck.unique {
            true if deep && relation.is_unique => ", true",
            true => ", false",
            false => "",
        };
        let (schema, oid) = (&amcheck.schema, relation.oid);
        let query =
            format!("SELECT {schema}.{function}({oid}::oid::regclass, {deep}{descend}{unique})");
        Self { work: Work::Btree, relation: Arc::clone(relation), query }
    }

    /// The result of the answer.
    pub(super) fn told(&self, rows: &[Row]) -> Told {
        let row = rows.first();
        let count = row.map(|row| row.number(0));
        match self.work {
            Work::Heap if !rows.is_empty() => {
                let mut shown: Vec<String> =
                    rows.iter().take(SHOWN).map(|row| row.text(0)).collect();
                if rows.len() > SHOWN {
                    shown.push("and more".to_owned());
                }
                Told::Finding(self.finding(&shown.join("; ")))
            }
            Work::Read(Reading::Print) => Told::Fine { rows: count, hash: None },
            Work::Read(Reading::Hash) => {
                let sum = row.and_then(|row| row.get(1)).and_then(|text| text.parse().ok());
                // Of the sum, the lower half is enough.
                let hash = sum.map(|sum: i128| format!("{:016x}", sum & i128::from(u64::MAX)));
                Told::Fine { rows: count, hash }
            }
            Work::Heap | Work::Btree => Told::Fine { rows: None, hash: None },
        }
    }

    /// A finding about the relation, with what the server says of the damage.
    pub(super) fn finding(&self, damage: &str) -> Finding {
        let relation = &*self.relation;
        let name = &relation.name;
        let remedy = match relation.kind {
            // A catalog cannot be rebuilt concurrently.
            Kind::Index if relation.is_catalog => format!("REINDEX INDEX {name};"),
            Kind::Index => format!("REINDEX INDEX CONCURRENTLY {name};"),
            Kind::MaterializedView => format!("REFRESH MATERIALIZED VIEW {name};"),
            _ => "keep a copy of the data directory, check the disk, and restore from a backup or a standby; see \"Data Corruption\" in PostgreSQL's wiki"
                .to_owned(),
        };
        Finding {
            severity: Severity::Finding,
            object: relation.object(),
            problem: match self.work {
                Work::Read(_) => format!("cannot be read: {damage}"),
                Work::Heap | Work::Btree => format!("is damaged: {damage}"),
            },
            remedy: Some(remedy),
        }
    }
}

/// The meaning of an error from the server.
#[derive(Debug)]
pub(super) enum Judged {
    /// It does not show whether there is a problem.
    Skip(String),
    /// The checked object has a problem.
    Finding,
    /// The connection is gone.
    Lost,
}

/// Whether the server could not load the library of a function. Its SQLSTATE is that of a missing
/// data file too, hence the place in its source tells.
pub(super) fn is_of_library(err: &postgres::Error) -> bool {
    err.as_db_error().and_then(|db| db.file()) == Some("dfmgr.c")
}

/// The finding when the data are not damaged, but cannot be read for want of a library.
pub(super) fn without_library(finding: Finding) -> Finding {
    let remedy = "the data may be fine: install the package of the extension on the server, \
                  for its major version";
    Finding { remedy: Some(remedy.to_owned()), ..finding }
}

/// Judges by SQLSTATE (appendix "PostgreSQL Error Codes"). What is not known to be harmless is a
/// finding.
pub(super) fn judge(session: &Session, err: &postgres::Error) -> Judged {
    let Some(db) = err.as_db_error().filter(|_| !session.is_closed()) else { return Judged::Lost };
    let code = db.code();
    let message = db.message();
    match code.code() {
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" => return Judged::Lost,
        // Out of memory, of disk or of connections.
        code if code.starts_with("53") => {
            return Judged::Skip(format!("the server lacks resources: {message}"));
        }
        _ => {}
    }
    Judged::Skip(if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        format!("role {} may not: {message}", quote_ident(session.settings().user()))
    } else if *code == SqlState::LOCK_NOT_AVAILABLE {
        "it is locked, for longer than the lock timeout".to_owned()
    } else if *code == SqlState::UNDEFINED_TABLE {
        "it was dropped meanwhile".to_owned()
    } else if [
        SqlState::QUERY_CANCELED,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::FEATURE_NOT_SUPPORTED,
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        SqlState::UNDEFINED_FUNCTION,
    ]
    .contains(code)
    {
        message.to_owned()
    } else {
        return Judged::Finding;
    })
}
