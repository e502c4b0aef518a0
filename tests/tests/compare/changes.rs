//! The oracle: `pg_dump` of a changed copy differs from that of the base if and only if pum finds
//! a difference; and pum says what was changed, and nothing else.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use pum_core::diff::{Change, Difference, Filters, diff};
use pum_core::model::Model;
use pum_tests::{Database, open, repository, say};

use super::base_server::{BaseServer, model};
use super::lines;

/// A statement and what a comparison must say about it.
pub(crate) struct Case {
    pub(crate) sql: String,
    expected: Vec<String>,
    pub(crate) since: u32,
}

/// The cases of `fixtures/compare/changes/`: paragraphs of SQL, with `-->` before each expectation.
pub(crate) fn cases() -> Vec<Case> {
    let directory = repository().join("fixtures/compare/changes");
    let mut files: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let texts: Vec<String> =
        files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    texts.iter().flat_map(|text| text.split("\n\n")).filter_map(case).collect()
}

fn case(paragraph: &str) -> Option<Case> {
    let (mut sql, mut expected, mut since) = (Vec::new(), Vec::new(), 12);
    for line in paragraph.lines() {
        match line.strip_prefix("--> ") {
            Some(expectation) => match expectation.strip_prefix("since ") {
                Some(major) => since = major.parse().unwrap(),
                None => expected.push(expectation.to_owned()),
            },
            None if line.starts_with("--") => (),
            None => sql.push(line),
        }
    }
    let sql = sql.join("\n");
    if sql.trim().is_empty() {
        return None;
    }
    assert!(!expected.is_empty(), "nothing is expected of: {sql}");
    expected.retain(|line| line != "nothing");
    expected.sort();
    Some(Case { sql, expected, since })
}

/// Makes the changes that the server knows, or one of every `step` of them, and gives the
/// failures, and the number of changes.
pub(crate) fn failures(base_server: &BaseServer<'_>, step: usize) -> (Vec<String>, usize) {
    let cases = cases().into_iter().filter(|case| case.since <= base_server.major());
    let cases = cases.skip(base_server.major() as usize % step).step_by(step).collect();
    let cases = dealt(cases);
    let base =
        Stand { model: model(&base_server.base()), dump: base_server.dump(&base_server.base()) };
    let failures = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut stack = None;
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(complaint) = judge(base_server, &base, &mut stack, case) {
                        failures.lock().unwrap().push(format!("{}\n{complaint}", case.sql));
                    }
                }
                if let Some(stack) = stack {
                    base_server.drop(&stack.copy);
                }
            });
        }
    });
    (failures.into_inner().unwrap(), cases.len())
}

/// The cases in an order in which neighbours, which often change the same object, are far apart.
fn dealt(cases: Vec<Case>) -> Vec<Case> {
    const HANDS: usize = 31;
    let mut cases: Vec<_> = cases.into_iter().enumerate().collect();
    cases.sort_by_key(|(at, _)| at % HANDS);
    cases.into_iter().map(|(_, case)| case).collect()
}

/// A schema at one time, as pum and as `pg_dump` see it.
#[derive(Clone)]
struct Stand {
    model: Model,
    dump: Option<String>,
}

/// A copy of the base with some changes in it. Copying takes longer than all else.
struct Stack {
    copy: Database,
    changes: usize,
    stand: Stand,
}

impl Stack {
    const MOST: usize = 12;

    fn new(base_server: &BaseServer<'_>, base: &Stand) -> Self {
        Self { copy: base_server.copy(), changes: 0, stand: base.clone() }
    }
}

/// Makes a change on top of others, if there is a stack of them and they do not get into each
/// other's way.
fn judge(
    base_server: &BaseServer<'_>,
    base: &Stand,
    stack: &mut Option<Stack>,
    case: &Case,
) -> Result<(), String> {
    let used = stack.take().and_then(|stack| {
        if stack.changes < Stack::MOST
            && let Ok(stand) = change(base_server, &stack, case)
        {
            return Some(Stack { changes: stack.changes + 1, stand, ..stack });
        }
        base_server.drop(&stack.copy);
        None
    });
    if used.is_some() {
        *stack = used;
        return Ok(());
    }
    let fresh = Stack::new(base_server, base);
    match change(base_server, &fresh, case) {
        Ok(stand) => *stack = Some(Stack { changes: 1, stand, ..fresh }),
        Err(complaint) => {
            base_server.drop(&fresh.copy);
            return Err(complaint);
        }
    }
    Ok(())
}

/// Makes a change and gives what the schema is then, if pum says what is expected and `pg_dump`
/// agrees.
fn change(base_server: &BaseServer<'_>, stack: &Stack, case: &Case) -> Result<Stand, String> {
    let before = &stack.stand;
    let changed = open(&stack.copy.settings).client().batch_execute(&case.sql);
    changed.map_err(|err| format!("fails: {err:?}"))?;
    let after = Stand { model: model(&stack.copy), dump: base_server.dump(&stack.copy) };
    let mut filters = Filters::default();
    filters.include("tablespace").unwrap();
    let differences = diff(&before.model, &after.model, &filters);
    let found = lines(&differences);
    if found != case.expected {
        let text = |lines: &[String]| lines.join("\n  ");
        return Err(format!("found:\n  {}\nexpected:\n  {}", text(&found), text(&case.expected)));
    }
    if after.dump.is_some() && (after.dump == before.dump) != found.is_empty() {
        return Err(format!("pg_dump does not agree with: {found:?}"));
    }
    let back = diff(&after.model, &before.model, &filters);
    if back != differences.into_iter().map(mirrored).collect::<Vec<_>>() {
        return Err(format!("the other way round it is: {:?}", lines(&back)));
    }
    Ok(after)
}

fn mirrored(difference: Difference) -> Difference {
    let change = match difference.change {
        Change::OnlyLeft => Change::OnlyRight,
        Change::OnlyRight => Change::OnlyLeft,
        Change::Attribute { name, left, right } => {
            Change::Attribute { name, left: right, right: left }
        }
    };
    Difference { identity: difference.identity, change }
}

/// How many of the changes are made: one in so many, to save time, or all of them.
pub(crate) fn one_in(some: usize) -> usize {
    if let Some(asked) = std::env::var_os("PUM_ALL_CHANGES") {
        return asked.to_str().and_then(|text| text.parse().ok()).filter(|it| *it > 0).unwrap_or(1);
    }
    say(&format!("one change in {some} is tried; all of them with PUM_ALL_CHANGES=1"));
    some
}

#[test]
fn pum_and_pg_dump_agree_on_every_change() {
    let base_server = BaseServer::shared();
    assert!(base_server.dump(&base_server.base()).is_some(), "no pg_dump for the server's version");
    let (failures, count) = failures(base_server, one_in(3));
    assert!(count >= 300, "only {count} changes");
    assert!(failures.is_empty(), "{} of {count}:\n\n{}", failures.len(), failures.join("\n\n"));
}
