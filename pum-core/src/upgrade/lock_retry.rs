//! Retries statements that could not acquire a lock in time.

use std::time::{Duration, Instant};

use super::blockers::Blockers;
use super::timeouts::shown;
use super::{RunOptions, Timeouts, UpgradeError, UpgradeStep};
use crate::Context;
use crate::connect::SessionOn;
use crate::progress::Event;

/// The longest pause before another try.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How a run waits for locks.
pub(super) struct LockRetry<'a> {
    options: &'a RunOptions,
    /// Watches which sessions block this one, once a timeout is set.
    blockers: Option<Blockers>,
}

impl<'a> LockRetry<'a> {
    pub(super) fn new(options: &'a RunOptions) -> Self {
        Self { options, blockers: None }
    }

    /// The limits for a step. If locks are waited for with one, those in the way are watched from
    /// now on.
    pub(super) fn limits_of(
        &mut self,
        step: &UpgradeStep,
        session: &mut SessionOn<'_>,
    ) -> Timeouts {
        let timeouts = self.options.timeouts.with(&step.header);
        if let Some(limit) = timeouts.lock_limit()
            && self.blockers.is_none()
        {
            self.blockers = Blockers::watch(session, limit);
        }
        timeouts
    }

    /// After a failure for want of a lock, the `failures`th in a row: waits and returns, so that
    /// the work can be tried again. Any other error, and this one after too many tries, comes back.
    pub(super) fn wait(
        &mut self,
        step: &UpgradeStep,
        err: UpgradeError,
        failures: u32,
        context: &mut Context<'_>,
    ) -> Result<(), UpgradeError> {
        let limit = self.options.timeouts.with(&step.header).lock_limit();
        let Some(limit) = limit.filter(|_| is_want_of_a_lock(&err)) else { return Err(err) };
        let blocker = self.blockers.as_ref().and_then(Blockers::take_last);
        self.report_ended(context);
        let retries = self.options.lock_retries.unwrap_or(RunOptions::LOCK_RETRIES);
        let by = || blocker.as_ref().map_or_else(String::new, |who| format!(", blocked by {who}"));
        if failures == retries + 1
            && self.options.terminate_blockers
            && let Some(blockers) = &self.blockers
        {
            blockers.set_ends_them(true);
            context.warn(&format!(
                "{} could not acquire a lock within {} in {failures} attempts{}; rolled back. On \
                 the next attempt, blocking sessions are terminated",
                step.file_name(),
                shown(limit),
                by(),
            ));
            return Ok(());
        }
        if failures > retries {
            return Err(UpgradeError::LockTimeout { cause: Box::new(err), failures, blocker });
        }
        let pause = (limit * 2_u32.saturating_pow(failures - 1)).min(LONGEST_PAUSE);
        let reason = format!(
            "{} could not acquire a lock within {}{}; rolled back, attempt {} of {} in {}",
            step.file_name(),
            shown(limit),
            by(),
            failures + 1,
            retries + 1,
            shown(pause)
        );
        context.notify(Event::Waiting { reason: &reason });
        let until = Instant::now() + pause;
        while Instant::now() < until && !context.interrupt().is_triggered() {
            std::thread::sleep(Duration::from_millis(20));
        }
        if context.interrupt().is_triggered() { Err(err) } else { Ok(()) }
    }

    /// Reports whose sessions were ended so far.
    fn report_ended(&self, context: &mut Context<'_>) {
        for message in self.blockers.iter().flat_map(Blockers::take_ended) {
            context.warn(&message);
        }
    }

    /// A step got all its locks: the next one is polite again.
    pub(super) fn acquired(&self, context: &mut Context<'_>) {
        self.report_ended(context);
        if let Some(blockers) = &self.blockers {
            blockers.set_ends_them(false);
        }
    }
}

/// Whether a lock could not be acquired in time, or in a deadlock.
fn is_want_of_a_lock(err: &UpgradeError) -> bool {
    matches!(err.sqlstate(), Some("55P03" | "40P01"))
}
