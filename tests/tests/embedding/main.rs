//! pum in another program: embedded deltas, a connection that the program has.

mod diesel;
mod examples;
mod lent;
