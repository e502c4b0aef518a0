//! What rows may stand in the way of a plan: what would fail, or be lost, is counted before it is tried.
//!
//! Each question is a query that finds the rows, made from the step and both schemas. A database with
//! rows answers them ([`ask`]); what is found is written into the delta, which is not applied until
//! it was decided what becomes of the rows.

#[cfg(feature = "scratch")]
mod ask;
mod bound;
mod constraint;
mod find;
mod narrowed;
mod question;

#[cfg(feature = "scratch")]
pub use ask::{Answer, ask};
pub use question::Question;
