//! What all reports in the Static Analysis Results Interchange Format have, version 2.1.0.

use serde_json::{Value, json};

use super::json::pretty;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One run of pum.
pub(crate) struct SarifRun {
    pub(crate) rules: Vec<Value>,
    pub(crate) results: Vec<Value>,
    /// What is to be told beside the results: level and text.
    pub(crate) notifications: Vec<(&'static str, String)>,
    /// Whether nothing was in its way.
    pub(crate) successful: bool,
    pub(crate) properties: Value,
}

impl SarifRun {
    /// The report.
    pub(crate) fn report(self) -> String {
        let notification = |(level, text)| json!({ "level": level, "message": { "text": text } });
        let notifications: Vec<Value> = self.notifications.into_iter().map(notification).collect();
        pretty(&json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "pum",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "informationUri": env!("CARGO_PKG_REPOSITORY"),
                    "rules": self.rules,
                } },
                "invocations": [{
                    "executionSuccessful": self.successful,
                    "toolExecutionNotifications": notifications,
                }],
                "properties": self.properties,
                "results": self.results,
            }],
        }))
    }
}
