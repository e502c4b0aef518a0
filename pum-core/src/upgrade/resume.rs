//! Where a script without a transaction goes on after a run that ended in it.

use super::apply::Run;
use super::cut::{self, Finding};
use super::failure::{file_name, run_statement};
use super::kept::Halfway;
use super::one_by_one::{Progress, text_of};
use super::unfinished::{Next, Unfinished};
use super::{Resume, Step, UpgradeError};
use crate::delta::{Statement, resets_session, sets_session};

impl Run<'_, '_> {
    /// Goes on where an earlier run ended.
    pub(super) fn take_up(
        &mut self,
        progress: &mut Progress<'_>,
        earlier: &Unfinished,
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
            Some(Resume::Done) => Finding::Done("as you say".to_owned()),
            None if earlier.next == Next::Begun => {
                let same = progress.checksums.get(number) == Some(&earlier.next_checksum);
                let sql = text_of(step, &statement);
                if same { self.look(sql, step)? } else { Finding::Unknown }
            }
            Some(Resume::Again) | None => Finding::Again,
        };
        if found == Finding::Unknown {
            return Err(UpgradeError::Cut {
                script: step.path().to_owned(),
                line: statement.line,
                number,
                count: step.script.statements().len(),
                statement: first_line(text_of(step, &statement)),
            });
        }
        if earlier.next != Next::Waiting
            && found == Finding::Again
            && let Some(finished) = self.repair(progress, &statement)?
        {
            found = Finding::Done(finished);
        }
        if let Finding::Done(why) = &mut found {
            self.warn(&format!(
                "{}: statement {number} (line {}) is taken as done: {why}",
                file_name(step.path()),
                statement.line
            ));
            self.record_progress(progress, number, Next::Waiting)?;
            progress.done = number;
        }
        self.tell_where(progress);
        Ok(())
    }

    fn tell_where(&mut self, progress: &Progress<'_>) {
        let Halfway { done, count, line, program, .. } = progress.halfway(Vec::new());
        let name = file_name(progress.step.path());
        let place = match line {
            Some(_) if program => "runs again from its beginning".to_owned(),
            Some(line) => format!("goes on at statement {} of {count} (line {line})", done + 1),
            None => format!("had all of its {count} statements"),
        };
        self.warn(&format!("{name} was half done: it {place}"));
    }

    fn look(&mut self, sql: &str, step: &Step) -> Result<Finding, UpgradeError> {
        cut::look(self.session, sql).map_err(|err| {
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
        let finished = cut::finish(self.session, text_of(step, statement)).map_err(|err| {
            let what = format!("{name}: cannot finish what line {} began", statement.line);
            UpgradeError::server(what, &err)
        })?;
        if finished.is_some() {
            return Ok(finished);
        }
        let dropped = cut::repair(self.session, text_of(step, statement)).map_err(|err| {
            let what =
                format!("{name}: cannot drop the invalid index that line {} left", statement.line);
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
