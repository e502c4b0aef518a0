//! The oracle: `pg_dump` of a changed copy differs from that of the base if and only if pum finds
//! a difference; and pum says what was changed, and nothing else.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use pum_core::diff::{Change, Difference, Filters, diff};
use pum_core::model::Model;
use pum_tests::{open, repository};

use super::ground::{Ground, model};
use super::lines;

/// A statement and what a comparison must say about it.
struct Case {
    sql: String,
    expected: Vec<String>,
    since: u32,
}

/// The cases of `fixtures/compare/changes/`: paragraphs of SQL, with `-->` before each expectation.
fn cases() -> Vec<Case> {
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
/// complaints, and the number of changes.
pub(crate) fn complaints(ground: &Ground<'_>, step: usize) -> (Vec<String>, usize) {
    let base = model(&ground.base());
    let base_dump = ground.dump(&ground.base());
    let cases = cases().into_iter().filter(|case| case.since <= ground.major());
    let cases: Vec<Case> = cases.skip(ground.major() as usize % step).step_by(step).collect();
    let complaints = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(complaint) = judge(ground, &base, base_dump.as_deref(), case) {
                        complaints.lock().unwrap().push(format!("{}\n{complaint}", case.sql));
                    }
                }
            });
        }
    });
    (complaints.into_inner().unwrap(), cases.len())
}

fn judge(
    ground: &Ground<'_>,
    base: &Model,
    base_dump: Option<&str>,
    case: &Case,
) -> Result<(), String> {
    let copy = ground.copy();
    let changed = open(&copy.settings).client().batch_execute(&case.sql);
    changed.map_err(|err| format!("fails: {err:?}"))?;
    let changed = model(&copy);
    let dump = ground.dump(&copy);
    ground.drop(&copy);
    let mut filters = Filters::default();
    filters.include("tablespace").unwrap();
    let differences = diff(base, &changed, &filters);
    let found = lines(&differences);
    if found != case.expected {
        let text = |lines: &[String]| lines.join("\n  ");
        return Err(format!("found:\n  {}\nexpected:\n  {}", text(&found), text(&case.expected)));
    }
    if dump.as_deref().is_some_and(|dump| (Some(dump) != base_dump) == found.is_empty()) {
        return Err(format!("pg_dump does not agree with: {found:?}"));
    }
    let back = diff(&changed, base, &filters);
    if back != differences.into_iter().map(mirrored).collect::<Vec<_>>() {
        return Err(format!("the other way round it is: {:?}", lines(&back)));
    }
    Ok(())
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

#[test]
fn pum_and_pg_dump_agree_on_every_change() {
    let ground = Ground::shared();
    assert!(ground.dump(&ground.base()).is_some(), "no pg_dump for the server's version");
    // A third of the changes takes a minute or two. All of them: PUM_ALL_CHANGES=1.
    let step = if std::env::var_os("PUM_ALL_CHANGES").is_some() { 1 } else { 3 };
    let (complaints, count) = complaints(ground, step);
    assert!(count >= 300, "only {count} changes");
    assert!(
        complaints.is_empty(),
        "{} of {count}:\n\n{}",
        complaints.len(),
        complaints.join("\n\n")
    );
}
