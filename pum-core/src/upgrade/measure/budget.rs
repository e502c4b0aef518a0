//! How often the figures may be read.

use std::time::Duration;

/// When figures are read. Reading the locks costs the more the more of them are held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Readings {
    /// After each statement, as long as that takes a few percent of the time of the statements at
    /// most; then after several of them. What several did together is told of those that can have
    /// done it by their text; see [`StatementMeasurement`](super::StatementMeasurement).
    #[default]
    Affordable,
    /// After each statement, whatever that costs.
    EachStatement,
    /// At the end of each transaction only.
    EachTransaction,
}

/// What was spent on readings, and what may be.
#[derive(Debug)]
pub(super) struct Budget {
    readings: Readings,
    /// How long the statements took.
    worked: Duration,
    spent: Duration,
    /// How long the last reading took.
    last: Duration,
}

/// So much may always be spent: short scripts are read statement by statement.
const FREE: Duration = Duration::from_millis(100);

/// Of the time of the statements, within a script and at the end of one.
const WITHIN: u32 = 3;
const AT_END: u32 = 5;

impl Budget {
    pub(super) fn new(readings: Readings) -> Self {
        Self { readings, worked: Duration::ZERO, spent: Duration::ZERO, last: Duration::ZERO }
    }

    pub(super) fn worked(&mut self, duration: Duration) {
        self.worked += duration;
    }

    pub(super) fn spent(&mut self, duration: Duration) {
        self.spent += duration;
        self.last = duration;
    }

    /// The same for a reading that costs less.
    pub(super) fn spent_beside(&mut self, duration: Duration) {
        self.spent += duration;
    }

    /// Whether there may be a reading after a statement.
    pub(super) fn allows(&self) -> bool {
        self.allows_within(WITHIN)
    }

    /// Whether there may be one at the end of a script.
    pub(super) fn allows_at_end(&self) -> bool {
        self.allows_within(AT_END)
    }

    fn allows_within(&self, percent: u32) -> bool {
        match self.readings {
            Readings::EachStatement => true,
            Readings::EachTransaction => false,
            Readings::Affordable => self.spent + self.last <= FREE + self.worked * percent / 100,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_take_a_few_percent() {
        let mut budget = Budget::new(Readings::Affordable);
        for _ in 0..10_000 {
            budget.worked(Duration::from_millis(1));
            if budget.allows() {
                budget.spent(Duration::from_millis(10));
            }
        }
        let most = FREE + budget.worked * WITHIN / 100;
        assert!(budget.spent <= most && budget.spent > most / 2, "{budget:?}");
    }
}
