//! What a copy with rows says of statements.

use pum_core::model::Identity;
use pum_core::plan::{Answer, MeasuredWays, WayTime};
use schemars::JsonSchema;
use serde::Serialize;

use super::report::milliseconds;

/// A change that can be made at once, or in steps that keep its table readable and writable.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WayJson<'a> {
    object: &'a Identity,
    /// As it is made.
    #[schemars(extend("enum" = ["at_once", "in_steps"]))]
    chosen: &'static str,
    /// What was measured of the statement alone; null if it was not.
    at_once: Option<WayTimeJson>,
    /// What was measured of the steps; null if it was not.
    in_steps: Option<WayTimeJson>,
    /// Why it was not measured: then it is chosen by rule.
    not_measured: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct WayTimeJson {
    /// How long others cannot write, or read and write, the table.
    blocking_milliseconds: u64,
    /// All of it.
    milliseconds: u64,
}

impl From<WayTime> for WayTimeJson {
    fn from(time: WayTime) -> Self {
        Self {
            blocking_milliseconds: milliseconds(time.blocking),
            milliseconds: milliseconds(time.total),
        }
    }
}

impl<'a> WayJson<'a> {
    /// Those that were measured, and those that were not.
    pub(crate) fn all(ways: &'a MeasuredWays) -> Vec<Self> {
        let measured = ways.ways.iter().map(|way| Self {
            object: &way.identity,
            chosen: if way.is_online() { "in_steps" } else { "at_once" },
            at_once: Some(way.plain.into()),
            in_steps: Some(way.online.into()),
            not_measured: None,
        });
        let by_rule = ways.by_rule.iter().map(|way| Self {
            object: &way.identity,
            chosen: "in_steps",
            at_once: None,
            in_steps: None,
            not_measured: Some(way.reason.to_string()),
        });
        measured.chain(by_rule).collect()
    }
}

/// Rows that stand in the way.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DecideJson<'a> {
    count: u64,
    what: &'a str,
    /// The query that finds them.
    query: &'a str,
}

impl<'a> DecideJson<'a> {
    pub(crate) fn new(answer: &'a Answer) -> Self {
        Self { count: answer.count, what: &answer.question.what, query: &answer.question.find }
    }
}
