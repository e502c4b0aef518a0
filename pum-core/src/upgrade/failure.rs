//! One script run statement by statement, and where in its file it failed.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

use postgres::error::{DbError, ErrorPosition};

use crate::connect::{ServerMessage, Session};
use crate::delta::{PreparedScript, Statement, StatementKind};

/// A statement of a script that the server refused, shown in its file.
///
/// Displayed over several lines: file and line with the server's message, the source line, a caret
/// under the place, then detail, hint and context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementFailure {
    /// The script's file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The text of the line.
    pub line_text: String,
    /// What the server said.
    pub server: ServerMessage,
    /// Whether the connection is gone.
    pub connection_lost: bool,
}

impl StatementFailure {
    fn new(script: &PreparedScript, statement: &Statement, err: &postgres::Error) -> Self {
        let text = script.text();
        let position = err.as_db_error().and_then(DbError::position);
        let at = match position {
            // The position counts characters, from 1, over the statement that was sent.
            Some(ErrorPosition::Original(characters)) => {
                let sent = &text[statement.span.clone()];
                let before = usize::try_from(*characters).unwrap_or(1).saturating_sub(1);
                let offset = sent.char_indices().nth(before).map_or(sent.len(), |(at, _)| at);
                statement.span.start + offset
            }
            Some(ErrorPosition::Internal { .. }) | None => statement.span.start,
        };
        let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let line_text = text[line_start..].lines().next().unwrap_or_default();
        Self {
            path: script.path().to_owned(),
            line: 1 + text[..at].matches('\n').count(),
            column: 1 + text[line_start..at].chars().count(),
            line_text: line_text.to_owned(),
            server: ServerMessage::new(err),
            connection_lost: err.is_closed(),
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

/// Runs the statements of a script, one after the other, in whatever transaction the session is
/// in. Stops at the first that fails.
pub fn run_script(session: &mut Session, script: &PreparedScript) -> Result<(), StatementFailure> {
    script.statements().iter().try_for_each(|statement| run_statement(session, script, statement))
}

/// Runs one statement of a script.
pub(super) fn run_statement(
    session: &mut Session,
    script: &PreparedScript,
    statement: &Statement,
) -> Result<(), StatementFailure> {
    send(session, script, statement).map_err(|err| StatementFailure::new(script, statement, &err))
}

fn send(
    session: &mut Session,
    script: &PreparedScript,
    statement: &Statement,
) -> Result<(), postgres::Error> {
    let sql = &script.text()[statement.span.clone()];
    let StatementKind::CopyFromStdin { data } = &statement.kind else {
        return session.client().batch_execute(sql);
    };
    let mut writer = session.client().copy_in(sql)?;
    for chunk in script.text().as_bytes()[data.clone()].chunks(COPY_CHUNK) {
        // A failed write is told again, and better, by `finish`.
        if writer.write_all(chunk).is_err() {
            break;
        }
    }
    writer.finish().map(drop)
}

/// How much COPY data is sent at once.
const COPY_CHUNK: usize = 256 * 1024;

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
