//! The state of the database after an unfinished run, in words.

use std::path::{Path, PathBuf};

use super::failure::file_name;
use super::{Applied, TableName};
use crate::delta::Version;
use crate::humanize::grouped;

/// The parts of a failed script that were kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retained {
    /// Nothing: its transaction was rolled back.
    NothingOfScript,
    /// Nothing of the whole run, which was one transaction.
    NothingOfRun,
    /// Nothing, as intended.
    Rehearsal,
    /// Nothing of this script, which runs after all deltas; the deltas are kept.
    AllButThis {
        /// Whether the next run runs it.
        pending_post_all: bool,
    },
    /// The effects of its statements: it has no transaction.
    Statements(PartialProgress),
}

/// The progress of a script without a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartialProgress {
    /// Its file.
    pub script: PathBuf,
    /// How many of its statements were done.
    pub done: usize,
    /// How many it has.
    pub count: usize,
    /// The line of the first one not done; `None` if only the row is missing.
    pub line: Option<usize>,
    /// Invalid indexes that this one left.
    pub left: Vec<String>,
    /// Whether it is a program.
    pub program: bool,
}

impl PartialProgress {
    fn describe(&self) -> String {
        let Self { script, done, count, line, left, program } = self;
        let name = file_name(script);
        if *program && line.is_some() {
            return format!(
                "{name} is a program, run outside any transaction: what it did before it ended is \
                 kept"
            );
        }
        let Some(line) = line else {
            return format!(
                "all {} statements of {name} were done, only the upgrades table does not say so yet",
                grouped(*count)
            );
        };
        let before = match done {
            0 => "nothing before it".to_owned(),
            1 => "statement 1 before it, which is kept".to_owned(),
            _ => format!("statements 1 to {done} before it, which are kept"),
        };
        let index = match left.as_slice() {
            [] => String::new(),
            left => format!(
                "\nit left the invalid index {}, which the next run drops before it continues",
                left.join(", ")
            ),
        };
        format!(
            "{name} runs without a transaction and ended at statement {} of {count} (line {line}), \
             {before}{index}",
            done + 1
        )
    }
}

/// What is kept, and what to do.
pub(super) fn summary(
    kept: &Retained,
    script: &Path,
    applied: &[Applied],
    version: &Version,
) -> String {
    let name = file_name(script);
    let before = committed(applied);
    let at = format!("the database is at version {version}");
    let again = "correct the cause and run the same command again";
    match kept {
        Retained::NothingOfScript => format!(
            "nothing of {name} was kept: its transaction was rolled back\n{before}\n{at}; {again}"
        ),
        Retained::NothingOfRun => format!(
            "nothing was kept: the whole run was one transaction, and was rolled back\n{at}; {again}"
        ),
        Retained::Rehearsal => format!("nothing was kept: it was a rehearsal\n{at}"),
        Retained::AllButThis { pending_post_all: true } => format!(
            "nothing of {name} was kept: its transaction was rolled back\n{before}\n{at}, with all its \
             deltas; {again}: it runs {name}"
        ),
        Retained::AllButThis { pending_post_all: false } => format!(
            "nothing of {name} was kept: its transaction was rolled back\n{before}\n{at}, and no delta is \
             pending: {name} is not run again before the next delta. Correct it and run it by hand, \
             with psql -1 -v ON_ERROR_STOP=1 -f {}",
            script.display()
        ),
        Retained::Statements(partial_progress) if partial_progress.program => format!(
            "{}\n{before}\n{at}; check what {name} did, correct the cause, and run the same command \
             again: it runs {name} from the start",
            partial_progress.describe()
        ),
        Retained::Statements(partial_progress) => format!(
            "{}\n{before}\n{at}; correct that statement, not the ones before it, and run the same \
             command again: it continues there",
            partial_progress.describe()
        ),
    }
}

/// What a run that was asked to stop leaves.
pub(super) fn stopped(applied: &[Applied], partial_progress: Option<&PartialProgress>) -> String {
    match partial_progress {
        None => format!(": the current script was rolled back; {}", committed(applied)),
        Some(partial_progress) => format!(
            ": {}\n{}\nrun the same command again to continue{}",
            partial_progress.describe(),
            committed(applied),
            if partial_progress.program { ", with the program from the start" } else { " there" }
        ),
    }
}

/// How often a lock was asked for, and who had it.
pub(super) fn tried(failures: u32, blocker: Option<&str>) -> String {
    let who = blocker.map_or_else(String::new, |who| format!(", last blocked by {who}"));
    let times = if failures == 1 { "once".to_owned() } else { format!("{failures} times") };
    format!("\n  tried {times}{who}")
}

/// What the upgrades table has of a script that was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitSign {
    /// A row: of a delta.
    Row,
    /// No row any more: the script undoes a delta.
    NoRow,
    /// Nothing.
    Nothing,
}

/// How to find out what became of a script whose commit was not acknowledged.
pub(super) fn what_tells(sign: CommitSign, script: &str, table: &TableName) -> String {
    let [committed, rolled_back] = match sign {
        CommitSign::Row => [format!("{script} has a row there"), "it has none".to_owned()],
        CommitSign::NoRow => {
            [format!("the delta of {script} has no row there"), "it has one".to_owned()]
        }
        CommitSign::Nothing => {
            return "Run pum again: pre-all runs in every run, post-all until it has succeeded"
                .to_owned();
        }
    };
    format!(
        "Look into {table}: if {committed}, it was committed, if {rolled_back}, it was rolled back. Then \
         run pum again, which goes by that table"
    )
}

fn committed(applied: &[Applied]) -> String {
    if applied.is_empty() {
        return "nothing was committed by this run".to_owned();
    }
    let names: Vec<String> = applied.iter().map(|done| file_name(&done.path)).collect();
    format!("committed before and kept: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells_whether_a_delta_was_applied_or_undone() {
        let table: TableName = "public.upgrades".parse().unwrap();
        let told = |sign| what_tells(sign, "delta_1.1.0.down.sql", &table);
        assert_eq!(
            told(CommitSign::NoRow),
            "Look into public.upgrades: if the delta of delta_1.1.0.down.sql has no row there, it was committed, \
             if it has one, it was rolled back. Then run pum again, which goes by that table"
        );
        assert!(
            told(CommitSign::Row)
                .contains("if delta_1.1.0.down.sql has a row there, it was committed")
        );
    }
}
