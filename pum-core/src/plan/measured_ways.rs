//! What came of measuring the ways in which changes can be made.

use std::fmt;

use super::measured_way::MeasuredWay;
use super::questions::Answer;
use super::step::Action;
use crate::model::Identity;

/// The changes that can be made in two ways: which were measured, and which were not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MeasuredWays {
    /// Those that were measured. Each is made in its better way.
    pub ways: Vec<MeasuredWay>,
    /// Those that were not. They are made in steps, which is the rule for the tables that are kept readable
    /// and writable.
    pub by_rule: Vec<WayByRule>,
}

/// A change that can be made in two ways and was not measured.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WayByRule {
    /// The object.
    pub identity: Identity,
    /// What is done with it.
    pub action: Action,
    /// Why it was not measured.
    pub reason: NotMeasured,
}

/// Why a way was not measured.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotMeasured {
    /// Its table has no rows on the copy.
    NoRows,
    /// All of it took longer than it might.
    TooLong,
    /// It could not be measured.
    Failed {
        /// What went wrong.
        reason: String,
    },
}

impl MeasuredWays {
    /// All of them, in words, a line each.
    pub fn lines(&self) -> Vec<String> {
        let ways = self.ways.iter().map(|way| format!("measured: {way}"));
        ways.chain(self.by_rule.iter().map(|way| format!("not measured: {way}"))).collect()
    }

    /// What is to be known where rows stand in the way that were counted on the same copy: it was measured
    /// on rows of an earlier moment.
    pub fn counted_later(&self, answers: &[Answer]) -> Option<&'static str> {
        let both = !self.ways.is_empty() && !answers.is_empty();
        both.then_some(
            "counted after it was measured: rows that came to the copy meanwhile are in the counts only",
        )
    }

    /// Whether measuring took too long.
    pub fn took_too_long(&self) -> bool {
        self.by_rule.iter().any(|way| way.reason == NotMeasured::TooLong)
    }
}

impl fmt::Display for WayByRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; done in steps, by rule", self.identity, self.reason)
    }
}

impl fmt::Display for NotMeasured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRows => f.write_str("its table has no rows on the copy"),
            Self::TooLong => f.write_str("measuring took too long"),
            Self::Failed { reason } => f.write_str(reason.lines().next().unwrap_or_default()),
        }
    }
}
