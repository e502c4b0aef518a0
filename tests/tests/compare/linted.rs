//! What is written for busy tables passes the lint, but for what is explained here.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use pum_core::Context;
use pum_core::delta::{DeltaDirectory, Header, NewDelta, Variables};
use pum_core::lint::{LintOptions, LintRule, Linter};
use pum_core::plan::{OnlineMode, PlanRequest, plan_sources};
use pum_core::source::Opened;
use pum_tests::{Database, say};

use super::base_server::BaseServer;
use super::changes::{Case, cases, one_in};

/// Findings that cannot be without: the rule, what the statement or the message of the finding has, and why.
const EXPLAINED: &[(LintRule, &str, &str)] = &[
    (LintRule::DropColumn, "DROP COLUMN", "it was asked for, and the delta says what is lost"),
    (LintRule::DropTable, "DROP ", "it was asked for, and the delta says what is lost"),
    (LintRule::DropCascade, "DROP TYPE ", "a base type and its functions need each other"),
    (LintRule::DropIndex, "DROP INDEX ", "of a partitioned table, or what it needs goes with it"),
    (LintRule::DropPrimaryKey, "DROP CONSTRAINT ", "it was asked for"),
    (
        LintRule::ForeignKey,
        "\"measures\"",
        "partitioned: there is no other way before PostgreSQL 18",
    ),
    (LintRule::AttachPartition, "\"measures_2026\"", "the key has two columns"),
    (LintRule::UsingIndex, " EXCLUDE ", "the server has no other way"),
    (LintRule::UsingIndex, "\"measures", "of a partitioned table"),
    (LintRule::Check, "\"far\"", "a foreign table has no rows"),
    (LintRule::Check, "\"child\"", "it is merged with that of the parent"),
    (
        LintRule::ColumnType,
        " ALTER COLUMN ",
        "no new column can take its place, or no row is written",
    ),
    (
        LintRule::VolatileDefault,
        "DEFAULT nextval(",
        "the sequence is its own, and gives the values",
    ),
    (LintRule::VolatileDefault, " GENERATED ALWAYS AS ", "the server fills it at once"),
    (LintRule::SetNotNull, "\"scratchpad\"", "with a primary key, or of a new column"),
    (LintRule::SetNotNull, "\"typed\"", "of a table that has its columns from a type"),
    (LintRule::SetNotNull, "\"Odd.Schema\"", "of a new column"),
    (LintRule::DomainConstraint, "ALTER DOMAIN ", "columns of a domain have no other way"),
    (LintRule::DisableTrigger, " DISABLE TRIGGER ", "it was asked for"),
    (LintRule::TableRewrite, " SET ", "of storage there is no other way"),
    (LintRule::RenameTable, "\"pum_old_", "it is re-created, and its rows are copied"),
    (LintRule::RenameColumn, "\"pum_new_", "it takes the place of the old one, in one transaction"),
    (LintRule::SeveralTables, "\"pum_old_child\", beside \"app\".\"child\"", "it is re-created"),
    (LintRule::SeveralTables, "\"measures_2024\", beside \"app\".\"measures\"", "its partition"),
    (LintRule::SeveralTables, "\"measures_2025\", beside \"app\".\"measures\"", "its partition"),
    (LintRule::SeveralTables, "\"child\", beside \"app\".\"parent\"", "it inherits from that"),
    (
        LintRule::SeveralTables,
        "\"Quo\"\"ted\", beside \"ext\".\"of_user\"",
        "a schema goes: with a table, and with the type of a column of another one",
    ),
    (
        LintRule::SeveralTables,
        "\"orders\", beside \"app\".\"guarded\"",
        "a table goes, with the policy of another one that reads it",
    ),
    (
        LintRule::SeveralTables,
        "\"customers\", beside \"app\".\"typed\"",
        "a type goes, with a table and with a column of another one",
    ),
    (
        LintRule::SeveralTables,
        "\"scratchpad\", beside \"app\".\"child\"",
        "a table goes, with the one that inherits from it and the rule that writes to it",
    ),
    (
        LintRule::SeveralTables,
        "app.measures, beside \"app\".\"refers\"",
        "a partition goes, with the foreign key that needs its primary key",
    ),
    (
        LintRule::DetachPartition,
        "\"measures_2024\" of app.measures",
        "the foreign key that needs its primary key comes back in the same transaction",
    ),
];

/// Of the statements that bring one database to another what is found: the line, and the message.
fn findings(left: &Database, right: &Database) -> Vec<(LintRule, String)> {
    let mut request = PlanRequest::default();
    request.online = OnlineMode::Always;
    let [mut left, mut right] = [left, right].map(|one| Opened::database(one.session()));
    let toolchain = super::restored::toolchain();
    let context = &mut Context::default();
    let planned = plan_sources(&mut left, &mut right, &request, Some(&toolchain), context);
    let Ok(migration) = planned else { return Vec::new() };
    let directory = tempfile::tempdir().unwrap();
    let sections = migration.plan.to_delta(None);
    if sections.is_empty() {
        return Vec::new();
    }
    let deltas = DeltaDirectory::read(&[directory.path()]).unwrap();
    let new = NewDelta::new("x", "1.0.0".parse().unwrap(), sections);
    let staged = deltas.stage(&new).unwrap();
    let mut options = LintOptions::default();
    options.lock_timeout = true;
    let mut linter = Linter::new(&options);
    let mut found = Vec::new();
    for delta in &staged.deltas().deltas {
        let script = delta.script.prepare(&Variables::default()).unwrap();
        let header = Header::read(&delta.script).unwrap();
        let text = delta.script.text();
        for finding in linter.lint(&script, &header) {
            let line = text.lines().nth(finding.line - 1).unwrap_or_default();
            found.push((finding.rule, format!("{line} -- {}", finding.message)));
        }
    }
    found
}

#[test]
fn what_is_written_for_busy_tables_has_no_finding_that_is_not_explained() {
    let base_server = BaseServer::shared();
    let major = base_server.major();
    let step = one_in(60);
    let cases = cases().into_iter().filter(|case| case.since <= major);
    let cases: Vec<Case> = cases.skip(major as usize % step).step_by(step).collect();
    let unexplained = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (base, changed) = (base_server.copy(), base_server.copy());
                    changed.execute(&case.sql);
                    for (way, sides) in [("there", [&base, &changed]), ("back", [&changed, &base])]
                    {
                        for (rule, found) in findings(sides[0], sides[1]) {
                            let is_explained = EXPLAINED.iter().any(|(explained, part, _)| {
                                *explained == rule && found.contains(part)
                            });
                            if !is_explained {
                                let told = format!("{rule}: {found} ({way}: {})", case.sql);
                                unexplained.lock().unwrap().push(told);
                            }
                        }
                    }
                    base_server.drop(&base);
                    base_server.drop(&changed);
                }
            });
        }
    });
    let unexplained = unexplained.into_inner().unwrap();
    say(&format!("{} changes, {} findings", cases.len(), unexplained.len()));
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
}
