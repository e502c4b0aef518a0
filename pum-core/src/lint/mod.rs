//! What is risky in a script: long locks, lost data, programs that break.
//!
//! [`lint`] looks at each statement as text. It does not know the database, unless it is given
//! [`DatabaseFacts`]: then what is done in a moment is left out. Tables that the script itself creates are left alone,
//! for nothing uses them yet; a `CREATE TABLE IF NOT EXISTS` is taken to create its table. What
//! stands inside of functions and `DO` blocks is not looked at.

mod access_exclusive;
mod all_rows;
mod alter_table;
mod decide_by_facts;
mod dropped;
mod facts;
mod maintenance;
#[cfg(feature = "postgres")]
mod read_facts;
mod rows;
mod rule;
mod rules;
mod script_state;
mod syntax;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::delta::{Header, PreparedScript, Reader, Statement, StatementKind, tokens};
use decide_by_facts::decide;
use rule::StatementContext;
use rules::definition;
use rules::transaction_control::{ENCLOSING, without_enclosing};
use script_state::{Created, ScriptState};

pub use crate::delta::{LintRule, UnknownRule};
pub use facts::{DatabaseFacts, TableFacts};

/// How scripts are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LintOptions {
    /// Rules that are not applied.
    pub ignored: BTreeSet<LintRule>,
    /// Whether the wait for locks is limited for each script.
    pub lock_timeout: bool,
    /// What the database says of its tables; none if it is not known which one it is.
    pub facts: Option<DatabaseFacts>,
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
    Linter::new(options).lint(script, header)
}

/// Looks at scripts that are run one after the other: what an earlier one creates is new to a later one.
#[derive(Debug)]
pub struct Linter<'o> {
    options: &'o LintOptions,
    created: Created,
}

impl<'o> Linter<'o> {
    /// With these options, before the first script.
    pub fn new(options: &'o LintOptions) -> Self {
        Self { options, created: Created::default() }
    }

    /// Forgets what the scripts before created: it is in use by now. What they validated still holds.
    pub fn forget_created(&mut self) {
        self.created.forget_objects();
    }

    /// Looks at the next script, as [`lint`] does.
    pub fn lint(&mut self, script: &PreparedScript, header: &Header) -> Vec<LintFinding> {
        let options = self.options;
        let limited = header.lock_timeout.map_or(options.lock_timeout, |limit| !limit.is_zero());
        let mut state = ScriptState::new(limited, header.no_transaction);
        state.begin_with(&self.created);
        let mut findings = Vec::new();
        let (statements, enclosed_at) = without_enclosing(script);
        findings.extend(enclosed_at.map(|line| LintFinding {
            rule: LintRule::TransactionControl,
            path: script.path().to_owned(),
            line,
            message: message(LintRule::TransactionControl, ENCLOSING),
        }));
        for statement in statements {
            findings.extend(lint_statement(script, statement, &mut state, options.facts.as_ref()));
        }
        self.created = state.created();
        findings.retain(|one| !header.allowed.contains(&one.rule));
        findings.retain(|one| !options.ignored.contains(&one.rule));
        findings
    }
}

/// What is risky in a statement, in the order of its words.
fn lint_statement(
    script: &PreparedScript,
    statement: &Statement,
    state: &mut ScriptState,
    facts: Option<&DatabaseFacts>,
) -> Vec<LintFinding> {
    if matches!(statement.kind, StatementKind::CopyFromStdin { .. } | StatementKind::Program(_)) {
        return Vec::new();
    }
    let sql = &script.text()[statement.span.clone()];
    let tokens = tokens(sql);
    let reader = Reader::new(&tokens);
    let context = StatementContext { kind: &statement.kind, sql, reader, state };
    let matches = |rule: &LintRule| {
        let rule = *rule;
        (definition(rule).check)(&context).into_iter().map(move |found| (rule, found))
    };
    let found = LintRule::ALL.iter().flat_map(matches);
    let mut found: Vec<_> = match facts {
        None => found.collect(),
        Some(facts) => {
            found.filter_map(|(rule, it)| Some((rule, decide(rule, it, reader, facts)?))).collect()
        }
    };
    found.sort_by_key(|(_, found)| found.at);
    state.note(reader);
    let findings = found.into_iter().map(|(rule, found)| {
        let location = script.location(statement.span.start + found.at);
        let line = location.as_ref().map_or(statement.line, |location| location.line);
        let path = location.map_or(script.path(), |location| location.path).to_owned();
        LintFinding { rule, path, line, message: message(rule, &found.subject) }
    });
    findings.collect()
}

fn message(rule: LintRule, subject: &str) -> String {
    format!("{subject}: {}; {}", rule.risk(), rule.instead())
}
