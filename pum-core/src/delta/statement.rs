use std::ops::Range;

use super::{CopyData, Program};
use crate::sql::StatementState;

/// One SQL statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statement {
    /// Its range in the prepared text, from its first word to before its semicolon.
    pub span: Range<usize>,
    /// The line of its first word in its file, from 1.
    pub line: usize,
    /// How it must be sent.
    pub kind: StatementKind,
}

/// How a statement must be sent to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatementKind {
    /// As it is.
    Plain,
    /// `COPY … FROM STDIN`, with the data lines that follow it in the script.
    CopyFromStdin {
        /// The data, without the closing `\.`.
        data: CopyData,
    },
    /// `BEGIN` or `START TRANSACTION`.
    Begin,
    /// `COMMIT` or `END`.
    Commit,
    /// A program instead of SQL, which runs on its own connection.
    Program(Program),
    /// Another statement that ends its transaction: `ROLLBACK`, `PREPARE TRANSACTION`.
    EndsTransaction,
}

/// What a statement is by its first words. Its data, if it is a COPY, are found later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Plain,
    CopyFromStdin,
    Begin,
    Commit,
    EndsTransaction,
    TwoPhase,
}

impl Sort {
    pub(super) fn from_state(words: &StatementState) -> Self {
        match words.first().as_slice() {
            _ if words.copies_from_stdin() => Self::CopyFromStdin,
            ["begin", ..] | ["start", "transaction", ..] => Self::Begin,
            ["commit" | "rollback", "prepared", ..] => Self::TwoPhase,
            ["commit" | "end", ..] => Self::Commit,
            ["rollback", "to", ..] | ["rollback", "work" | "transaction", "to", ..] => Self::Plain,
            ["rollback" | "abort", ..] | ["prepare", "transaction", ..] => Self::EndsTransaction,
            _ => Self::Plain,
        }
    }
}
