//! The JSON report of `pum test-and-upgrade` for several production databases.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::report::{milliseconds, report};
use crate::render::fleet::{FleetResult, FleetRow};
use crate::render::run::json::RunJson;

/// The results for several production databases.
#[derive(Serialize, JsonSchema)]
pub(super) struct Fleet<'a> {
    /// In the order in which they were named.
    productions: Vec<Production<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Production<'a> {
    /// As in the report of one run, without the version of its form.
    Run {
        #[serde(flatten)]
        #[schemars(with = "RunJson")]
        run: &'a Value,
        milliseconds: u64,
    },
    /// What has no report.
    Other {
        production: &'a str,
        /// Why it failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<&'a str>,
        #[schemars(extend("enum" = ["failed", "not begun"]))]
        outcome: &'static str,
        milliseconds: u64,
    },
}

pub(crate) fn fleet(rows: &[FleetRow]) -> String {
    report(Fleet { productions: rows.iter().map(Production::new).collect() })
}

impl<'a> Production<'a> {
    fn new(row: &'a FleetRow) -> Self {
        let (production, milliseconds) = (row.production.as_str(), milliseconds(row.took));
        match &row.result {
            FleetResult::Report(_, run) => Self::Run { run, milliseconds },
            FleetResult::Failed(error) => {
                Self::Other { production, error: Some(error), outcome: "failed", milliseconds }
            }
            FleetResult::NotBegun => {
                Self::Other { production, error: None, outcome: "not begun", milliseconds }
            }
        }
    }
}
