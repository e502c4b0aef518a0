//! Where to resume a script without a transaction after an unfinished run.

use super::execute::run_statement;
use super::interrupted_statement::{self, StatementOutcome};
use super::progress_table::{Next, UnfinishedDelta};
use super::statement_progress::StatementProgress;
use super::{PartialProgress, Resume, UpgradeError};
use crate::delta::{Statement, resets_session, sets_session};
use crate::humanize::grouped;

/// Goes on where an earlier run ended.
pub(super) fn take_up(
    progress: &mut StatementProgress<'_, '_, '_>,
    earlier: &UnfinishedDelta,
) -> Result<(), UpgradeError> {
    let step = progress.step;
    if progress.checksums.get(earlier.done) != Some(&earlier.done_checksum) {
        return Err(UpgradeError::ChangedBefore {
            script: step.path().to_owned(),
            done: earlier.done,
            table: progress.run.table().progress(),
        });
    }
    for statement in &step.script.statements()[..earlier.done] {
        if resets_session(step.sql_of(statement)) {
            progress.restore_limits(statement)?;
        } else if sets_session(step.sql_of(statement)) {
            run_statement(progress.run.session, &step.script, statement)
                .map_err(|err| UpgradeError::Statement(Box::new(err)))?;
        }
    }
    progress.done = earlier.done;
    if let Some(statement) = progress.statement() {
        decide(progress, earlier, statement)?;
        warn_where(progress);
    }
    Ok(())
}

/// Whether the statement at which the earlier run ended was done, or is to be run.
fn decide(
    progress: &mut StatementProgress<'_, '_, '_>,
    earlier: &UnfinishedDelta,
    statement: &Statement,
) -> Result<(), UpgradeError> {
    let step = progress.step;
    let number = progress.done + 1;
    let mut found = match progress.run.resume.take() {
        Some(Resume::Done) => StatementOutcome::Done("as you say".to_owned()),
        None if earlier.next == Next::Begun => {
            let same = progress.checksums.get(number) == Some(&earlier.next_checksum);
            match (same, step.header.resume_again) {
                (false, _) => StatementOutcome::Unknown,
                (true, is_safe) => match inspect(progress, statement)? {
                    StatementOutcome::Unknown if is_safe => StatementOutcome::Again,
                    found => found,
                },
            }
        }
        Some(Resume::Again) | None => StatementOutcome::Again,
    };
    if found == StatementOutcome::Unknown {
        return Err(UpgradeError::Cut {
            script: step.path().to_owned(),
            line: statement.line,
            number,
            count: step.script.statements().len(),
            statement: first_line(step.sql_of(statement)),
        });
    }
    if earlier.next != Next::Waiting
        && found == StatementOutcome::Again
        && let Some(finished) = progress.repair(statement)?
    {
        found = StatementOutcome::Done(finished);
    }
    if let StatementOutcome::Done(why) = found {
        progress.run.context.warn(&format!(
            "{}: statement {number} (line {}) is taken as done: {why}",
            step.file_name(),
            statement.line
        ));
        progress.record(number, Next::Waiting)?;
        progress.done = number;
    }
    Ok(())
}

fn inspect(
    progress: &mut StatementProgress<'_, '_, '_>,
    statement: &Statement,
) -> Result<StatementOutcome, UpgradeError> {
    let step = progress.step;
    let found = interrupted_statement::inspect(progress.run.session, step.sql_of(statement));
    found.map_err(|err| {
        let name = step.file_name();
        UpgradeError::server(format!("{name}: cannot check whether a statement completed"), &err)
    })
}

/// Reports where the run goes on.
fn warn_where(progress: &mut StatementProgress<'_, '_, '_>) {
    let PartialProgress { done, count, line, program, .. } = progress.partial_progress(Vec::new());
    let name = progress.step.file_name();
    let place = match line {
        Some(_) if program => "runs again from the start".to_owned(),
        Some(line) => {
            let (next, all) = (grouped(done + 1), grouped(count));
            format!("continues at statement {next} of {all} (line {line})")
        }
        None => format!("had all of its {} statements", grouped(count)),
    };
    progress.run.context.warn(&format!("{name} was half done: it {place}"));
}

/// The first line of a statement, cut to what a message can hold.
fn first_line(sql: &str) -> String {
    const LONGEST: usize = 100;
    crate::sql::first_line(sql).chars().take(LONGEST).collect()
}
