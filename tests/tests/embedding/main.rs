//! pum in another program: embedded deltas, a connection that the program has.

mod check;
mod diesel;
mod examples;
mod lent;
