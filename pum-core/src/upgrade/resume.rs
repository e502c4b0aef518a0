//! Where a script without a transaction goes on after a run that ended in it.

use super::apply::Run;
use super::failure::{file_name, run_statement};
use super::interrupted_statement::{self, StatementOutcome};
use super::non_transactional::{Progress, text_of};
use super::progress_table::{Next, UnfinishedDelta};
use super::retained::PartialProgress;
use super::{Resume, UpgradeError, UpgradeStep};
use crate::delta::{Statement, resets_session, sets_session};

impl Run<'_, '_> {
    /// Goes on where an earlier run ended.
    pub(super) fn take_up(
        &mut self,
        progress: &mut Progress<'_>,
        earlier: &UnfinishedDelta,
    ) -> Result<(), UpgradeError> {
        let step = progress.step;
        if progress.checksums.get(earlier.done) != Some(&earlier.done_checksum) {
            return Err(UpgradeError::ChangedBefore {
                script: step.path().to_owned(),
                done: earlier.done,
                table: self.options.table.progress(),
            });
        }
        for statement in &step.script.statements()[..earlier.done] {
            if resets_session(text_of(step, statement)) {
                self.limit_again(step, statement)?;
            } else if sets_session(text_of(step, statement)) {
                run_statement(self.session, &step.script, statement)
                    .map_err(|err| UpgradeError::Statement(Box::new(err)))?;
            }
        }
        progress.done = earlier.done;
        let Some(statement) = progress.statement().cloned() else { return Ok(()) };
        let number = progress.done + 1;
        let mut found = match self.resume.take() {
            Some(Resume::Done) => StatementOutcome::Done("as you say".to_owned()),
            None if earlier.next == Next::Begun => {
                let same = progress.checksums.get(number) == Some(&earlier.next_checksum);
                let sql = text_of(step, &statement);
                if same { self.inspect(sql, step)? } else { StatementOutcome::Unknown }
            }
            Some(Resume::Again) | None => StatementOutcome::Again,
        };
        if found == StatementOutcome::Unknown {
            return Err(UpgradeError::Cut {
                script: step.path().to_owned(),
                line: statement.line,
                number,
                count: step.script.statements().len(),
                statement: first_line(text_of(step, &statement)),
            });
        }
        if earlier.next != Next::Waiting
            && found == StatementOutcome::Again
            && let Some(finished) = self.repair(progress, &statement)?
        {
            found = StatementOutcome::Done(finished);
        }
        if let StatementOutcome::Done(why) = &mut found {
            self.warn(&format!(
                "{}: statement {number} (line {}) is taken as done: {why}",
                file_name(step.path()),
                statement.line
            ));
            self.record_progress(progress, number, Next::Waiting)?;
            progress.done = number;
        }
        self.describe_position(progress);
        Ok(())
    }

    fn describe_position(&mut self, progress: &Progress<'_>) {
        let PartialProgress { done, count, line, program, .. } =
            progress.partial_progress(Vec::new());
        let name = file_name(progress.step.path());
        let place = match line {
            Some(_) if program => "runs again from its beginning".to_owned(),
            Some(line) => format!("goes on at statement {} of {count} (line {line})", done + 1),
            None => format!("had all of its {count} statements"),
        };
        self.warn(&format!("{name} was half done: it {place}"));
    }

    fn inspect(&mut self, sql: &str, step: &UpgradeStep) -> Result<StatementOutcome, UpgradeError> {
        interrupted_statement::inspect(self.session, sql).map_err(|err| {
            let name = file_name(step.path());
            UpgradeError::server(format!("{name}: cannot see what became of a statement"), &err)
        })
    }

    /// Brings a statement that did not end well to its end and tells how, or removes what it left
    /// behind, so that it can run again.
    pub(super) fn repair(
        &mut self,
        progress: &Progress<'_>,
        statement: &Statement,
    ) -> Result<Option<String>, UpgradeError> {
        let (step, name) = (progress.step, file_name(progress.step.path()));
        let finished = interrupted_statement::finish(self.session, text_of(step, statement))
            .map_err(|err| {
                let what = format!("{name}: cannot finish what line {} began", statement.line);
                UpgradeError::server(what, &err)
            })?;
        if finished.is_some() {
            return Ok(finished);
        }
        let dropped = interrupted_statement::repair(self.session, text_of(step, statement))
            .map_err(|err| {
                let what = format!(
                    "{name}: cannot drop the invalid index that line {} left",
                    statement.line
                );
                UpgradeError::server(what, &err)
            })?;
        for index in dropped {
            self.warn(&format!(
                "{name}: dropped the invalid index {index}, which line {} had left",
                statement.line
            ));
        }
        Ok(None)
    }
}

/// The first line of a statement, cut to what a message can hold.
fn first_line(sql: &str) -> String {
    const LONGEST: usize = 100;
    crate::sql::first_line(sql).chars().take(LONGEST).collect()
}
