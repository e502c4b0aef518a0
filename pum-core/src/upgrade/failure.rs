//! A statement that the server refused, shown in its file.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use postgres::error::{DbError, ErrorPosition};

use crate::connect::ServerMessage;
use crate::delta::{CopyData, PreparedScript, Statement, without_passwords};

/// A statement of a script that the server refused, shown in its file.
///
/// Displayed over several lines: file and line with the server's message, the source line, a caret
/// under the place, then detail, hint and context.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatementFailure {
    /// The script's file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The text of the line.
    pub line_text: String,
    /// The server's message.
    pub server: ServerMessage,
    /// Whether the connection is gone.
    pub connection_lost: bool,
}

impl StatementFailure {
    pub(super) fn new(
        script: &PreparedScript,
        statement: &Statement,
        err: &postgres::Error,
    ) -> Self {
        let position = err.as_db_error().and_then(DbError::position);
        let at = match position {
            // The position counts characters, from 1, over the statement that was sent.
            Some(ErrorPosition::Original(characters)) => {
                let sent = &script.text()[statement.span.clone()];
                let before = usize::try_from(*characters).unwrap_or(1).saturating_sub(1);
                let offset = sent.char_indices().nth(before).map_or(sent.len(), |(at, _)| at);
                statement.span.start + offset
            }
            Some(ErrorPosition::Internal { .. }) | None => statement.span.start,
        };
        Self {
            connection_lost: err.is_closed(),
            ..Self::at(script, statement, at, ServerMessage::new(err))
        }
    }

    /// The data of a COPY cannot be read from their file.
    pub(super) fn unreadable(
        script: &PreparedScript,
        statement: &Statement,
        data: &CopyData,
        err: &io::Error,
    ) -> Self {
        let message = format!("cannot read the data from {}: {err}", data.path().display());
        let server = ServerMessage { message, ..ServerMessage::default() };
        Self::at(script, statement, statement.span.start, server)
    }

    /// A failure at a byte of the script's text.
    fn at(
        script: &PreparedScript,
        statement: &Statement,
        at: usize,
        server: ServerMessage,
    ) -> Self {
        let location = script.location(at);
        let location = location.as_ref();
        let line_text = location.map_or("", |location| location.line_text);
        let sql = script.text().get(statement.span.clone()).unwrap_or_default();
        Self {
            path: location.map_or(script.path(), |location| location.path).to_owned(),
            line: location.map_or(statement.line, |location| location.line),
            column: location.map_or(1, |location| location.column),
            line_text: without_passwords(line_text, sql).into_owned(),
            server,
            connection_lost: false,
        }
    }
}

impl fmt::Display for StatementFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, rest) = {
            let server = self.server.to_string();
            match server.split_once('\n') {
                Some((first, rest)) => (first.to_owned(), format!("\n{rest}")),
                None => (server, String::new()),
            }
        };
        writeln!(f, "{}:{}: {first}", self.path.display(), self.line)?;
        let (shown, caret) = excerpt(&self.line_text, self.column);
        let number = self.line.to_string();
        writeln!(f, "  {number} | {shown}")?;
        write!(f, "  {:width$} | {:caret$}^{rest}", "", "", width = number.len())
    }
}

impl std::error::Error for StatementFailure {}

/// A line cut to what a screen can show, and how many characters stand before the caret.
fn excerpt(line: &str, column: usize) -> (String, usize) {
    const BEFORE: usize = 60;
    const WIDTH: usize = 100;
    let start = (column - 1).saturating_sub(BEFORE);
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let shown: String = line.chars().skip(start).take(WIDTH).map(clean).collect();
    (shown, column - 1 - start)
}

/// The file name of a path, for messages.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_its_place() {
        let failure = StatementFailure {
            path: PathBuf::from("deltas/delta_1.2.0.sql"),
            line: 14,
            column: 8,
            line_text: "SELECT\tnothing FROM t;".to_owned(),
            server: ServerMessage {
                message: "column \"nothing\" does not exist".to_owned(),
                sqlstate: Some("42703".to_owned()),
                hint: Some("Look again.".to_owned()),
                ..ServerMessage::default()
            },
            connection_lost: false,
        };
        assert_eq!(
            failure.to_string(),
            "deltas/delta_1.2.0.sql:14: column \"nothing\" does not exist (SQLSTATE 42703)\n  \
             14 | SELECT nothing FROM t;\n     \
             |        ^\n  \
             hint: Look again."
        );
    }

    #[test]
    fn long_lines_are_cut_around_the_caret() {
        let line = "x".repeat(500);
        let (shown, caret) = excerpt(&line, 300);
        assert_eq!((shown.len(), caret), (100, 60));
    }
}
