//! What is risky in a script: long locks, lost data, programs that break.
//!
//! [`lint`] looks at each statement as text. It does not know the database: a table of three rows
//! is locked as briefly by any statement. Tables that the script itself creates are left alone,
//! for nobody uses them yet; a `CREATE TABLE IF NOT EXISTS` is taken to create its table. What
//! stands inside of functions and `DO` blocks is not looked at.

mod alter;
mod check;
mod column;
mod constraint;
mod drop;
mod enum_value;
mod index;
mod lock;
mod made;
mod maintenance;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::delta::Reader;
use crate::delta::{Header, PreparedScript, ScriptWarning, Statement, StatementKind, tokens};
use check::Hit;
use made::Made;

pub use crate::delta::{LintRule, UnknownRule};

/// How scripts are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LintOptions {
    /// Rules that are not applied.
    pub ignored: BTreeSet<LintRule>,
    /// Whether the wait for locks is limited for each script.
    pub lock_timeout: bool,
}

/// Something risky in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LintFinding {
    /// What it is.
    pub rule: LintRule,
    /// The file: the script's, or one that it includes.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What is risky, and what to write instead.
    pub message: String,
}

/// Looks at a script. What its header allows is left out, as is what the options ignore.
///
/// Findings are in the order of the statements.
pub fn lint(script: &PreparedScript, header: &Header, options: &LintOptions) -> Vec<LintFinding> {
    let limited = header.lock_timeout.map_or(options.lock_timeout, |limit| !limit.is_zero());
    let mut made = Made::new(limited, header.no_transaction);
    let mut findings = Vec::new();
    let (statements, enclosed_at) = without_enclosing(script);
    findings.extend(enclosed_at.map(|line| LintFinding {
        rule: LintRule::TransactionControl,
        path: script.path().to_owned(),
        line,
        message: message(LintRule::TransactionControl, "BEGIN and COMMIT"),
    }));
    for statement in statements {
        let start = statement.span.start;
        for Hit { rule, at, what } in look(script, statement, &mut made) {
            let location = script.location(start + at);
            let line = location.as_ref().map_or(statement.line, |location| location.line);
            let path = location.map_or(script.path(), |location| location.path).to_owned();
            findings.push(LintFinding { rule, path, line, message: message(rule, &what) });
        }
    }
    findings.retain(|one| !header.allowed.contains(&one.rule));
    findings.retain(|one| !options.ignored.contains(&one.rule));
    findings
}

/// The statements without a `BEGIN` and `COMMIT` that enclose them, and the line of such a `BEGIN`.
fn without_enclosing(script: &PreparedScript) -> (&[Statement], Option<usize>) {
    if let [first, inner @ .., last] = script.statements()
        && first.kind == StatementKind::Begin
        && last.kind == StatementKind::Commit
    {
        return (inner, Some(first.line));
    }
    let left_out = script.warnings().first();
    let line = left_out.map(|ScriptWarning::EnclosingTransaction { line }| *line);
    (script.statements(), line)
}

fn message(rule: LintRule, what: &str) -> String {
    format!("{what}: {}; {}", rule.risk(), rule.instead())
}

/// What is risky in a statement, in the order of its words.
fn look(script: &PreparedScript, statement: &Statement, made: &mut Made) -> Vec<Hit> {
    use StatementKind::{Begin, Commit, CopyFromStdin, EndsTransaction, Plain, Program};
    let sql = &script.text()[statement.span.clone()];
    match statement.kind {
        Begin | Commit | EndsTransaction => {
            let what = sql.split_whitespace().collect::<Vec<_>>().join(" ");
            vec![Hit { rule: LintRule::TransactionControl, at: 0, what }]
        }
        CopyFromStdin { .. } | Program(_) => Vec::new(),
        Plain => {
            let tokens = tokens(sql);
            let reader = Reader::new(&tokens);
            let mut found: Vec<Hit> =
                check::CHECKS.iter().flat_map(|check| check(reader, made)).collect();
            found.sort_by_key(|one| one.at);
            made.note(reader);
            found
        }
    }
}
