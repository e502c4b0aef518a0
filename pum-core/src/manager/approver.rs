use super::{Question, RunReport};
use crate::progress::Observer;

/// Who runs the Manager: is told what happens, and asked where it must not decide alone.
pub trait Approver: Observer {
    /// Whether to go on, with what is known of the run so far. `false` ends the run, before what the
    /// question is about was touched.
    fn approve(&mut self, question: &Question, report: &RunReport) -> bool;
}
