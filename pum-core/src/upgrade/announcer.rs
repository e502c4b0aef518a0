//! Tells which statement of how many runs, and for how long the rest will.

use std::time::Duration;

use super::statement_watch::StatementWatch;
use super::{Measurements, UpgradePlan};
use crate::Context;
use crate::delta::{PreparedScript, Statement, without_passwords};
use crate::progress::Event;
use crate::sql::first_line;

/// The longest part of a statement that is told.
const LENGTH: usize = 80;

/// What is known of all statements of a run before it.
#[derive(Debug, Default)]
pub(super) struct Announcer {
    /// For each step, the number of statements in the steps before it.
    before: Vec<usize>,
    count: usize,
    /// For each statement of all steps, how long it and all that follow it took when measured.
    remaining: Vec<Duration>,
    watch: Option<StatementWatch>,
}

impl Announcer {
    /// With the durations of a rehearsal, if its statements are those of the plan.
    pub(super) fn new(
        plan: &UpgradePlan,
        measured: Option<&Measurements>,
        watch: Option<StatementWatch>,
    ) -> Self {
        let (mut before, mut count) = (Vec::new(), 0);
        for step in &plan.steps {
            before.push(count);
            count += step.script.statements().len();
        }
        let scripts = measured.map_or(&[][..], |measured| &measured.scripts);
        let all = scripts.iter().flat_map(|script| &script.statements);
        let mut remaining: Vec<Duration> = all.map(|one| one.duration).collect();
        let mut sum = Duration::ZERO;
        for one in remaining.iter_mut().rev() {
            sum += *one;
            *one = sum;
        }
        if remaining.len() != count {
            remaining.clear();
        }
        Self { before, count, remaining, watch }
    }

    /// A statement of a step begins.
    pub(super) fn statement(
        &self,
        context: &mut Context<'_>,
        (step, at): (usize, usize),
        (script, statement): (&PreparedScript, &Statement),
    ) {
        if let Some(watch) = &self.watch {
            watch.moves_on();
        }
        let index = self.before.get(step).copied().unwrap_or_default() + at;
        let remaining = self.remaining.get(index).copied();
        announce(context, (index + 1, self.count), remaining, (script, statement));
    }
}

/// Tells that a statement begins.
pub(super) fn announce(
    context: &mut Context<'_>,
    (position, count): (usize, usize),
    remaining: Option<Duration>,
    (script, statement): (&PreparedScript, &Statement),
) {
    let text = &script.text()[statement.span.clone()];
    let line = without_passwords(first_line(text), text);
    let sql: String = line.chars().take(LENGTH).collect();
    let path = script.file_of(statement);
    let line = statement.line;
    context.notify(Event::StatementStarted { path, line, sql: &sql, position, count, remaining });
}
