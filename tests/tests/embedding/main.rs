//! pum in another program: embedded deltas, a connection that the program has.

mod borrowed;
mod check;
mod diesel;
mod examples;
mod migrator;
