//! Is this database whole? What is wrong is found and named, what is right is not, and what cannot
//! be looked at is said.

#![allow(missing_docs)]

mod against;
mod command;
mod damage;
mod majors;
mod quick;
mod standby;
mod trouble;

use std::sync::OnceLock;

use pum_core::Context;
use pum_core::connect::Settings;
use pum_core::verify::{Check, Finding, Level, Severity, VerifyOptions, VerifyReport, verify};
use pum_tests::{Database, Host, SharedServer, new_name, server_options, set};

/// What a server needs so that nothing about its settings is a finding.
const SOUND: [(&str, &str); 2] = [("fsync", "on"), ("full_page_writes", "on")];

/// This test binary's server, with nothing wrong about it.
fn server() -> &'static SharedServer {
    static SERVER: OnceLock<SharedServer> = OnceLock::new();
    SERVER.get_or_init(|| SharedServer::start("sound", &set(server_options(), &SOUND)))
}

fn database() -> Database {
    server().create(&new_name("verify"))
}

fn options(level: Level) -> VerifyOptions {
    let mut options = VerifyOptions::default();
    options.level = level;
    options
}

fn look(settings: &Settings, level: Level) -> VerifyReport {
    look_with(settings, &options(level))
}

fn look_with(settings: &Settings, options: &VerifyOptions) -> VerifyReport {
    verify(settings, options, &mut Context::default()).unwrap_or_else(|err| panic!("{err}"))
}

/// The findings of a check, without notes.
fn findings(report: &VerifyReport, check: Check) -> Vec<&Finding> {
    let report = report.check(check).unwrap_or_else(|| panic!("no {check}"));
    let all = report.findings.iter();
    all.filter(|finding| finding.severity == Severity::Finding).collect()
}

/// The findings of all checks, a line each.
fn lines(report: &VerifyReport) -> Vec<String> {
    let checks = report.checks.iter();
    checks
        .flat_map(|report| {
            findings_of(report)
                .map(|found| format!("{}: {} {}", report.check, found.object, found.problem))
        })
        .collect()
}

fn findings_of(report: &pum_core::verify::CheckReport) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|finding| finding.severity == Severity::Finding)
}

/// What a check left out: `object: reason`.
fn skips(report: &VerifyReport, check: Check) -> Vec<String> {
    let report = report.check(check).unwrap_or_else(|| panic!("no {check}"));
    let skipped = report.skipped.iter();
    skipped
        .map(|skip| match &skip.object {
            Some(object) => format!("{object}: {}", skip.reason),
            None => skip.reason.clone(),
        })
        .collect()
}

/// How many rows of a table were read.
fn rows(report: &VerifyReport, table: &str) -> Option<u64> {
    report.tables.iter().find(|content| content.name == table).map(|content| content.rows)
}
