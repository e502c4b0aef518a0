//! Settings of a script in the comment lines before its first statement.
//!
//! ```sql
//! -- pum: no-transaction
//! -- pum: lock-timeout 5s
//! -- pum: statement-timeout 10min
//! -- pum: resume again
//! -- pum: allow drop-column, rename-table
//! ```
//!
//! Markers of other programs for running a script without a transaction work too, so existing files
//! need not be changed.

use std::collections::BTreeSet;
use std::time::Duration;

use super::duration::parse_time_limit;
use super::{DeltaError, LintRule, Script};
use crate::did_you_mean::nearest;
use crate::sql::{Lexer, PieceKind, line_at};

/// The settings of a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// Each statement runs on its own instead of all in one transaction.
    pub no_transaction: bool,
    /// How long a statement may wait for a lock; zero means no limit.
    pub lock_timeout: Option<Duration>,
    /// How long a statement may take; zero means no limit.
    pub statement_timeout: Option<Duration>,
    /// A statement at which a run without a transaction was interrupted may simply be run again.
    pub resume_again: bool,
    /// Risks that were reviewed and accepted.
    pub allowed: BTreeSet<LintRule>,
}

/// The settings that may stand behind `-- pum:`.
const NO_TRANSACTION: &str = "no-transaction";
const LOCK_TIMEOUT: &str = "lock-timeout";
const STATEMENT_TIMEOUT: &str = "statement-timeout";
const RESUME: &str = "resume";
const ALLOW: &str = "allow";

impl Header {
    /// The line that makes a script run without a transaction.
    pub const NO_TRANSACTION_LINE: &'static str = "-- pum: no-transaction";

    /// The line that has an interrupted statement run again.
    pub const RESUME_AGAIN_LINE: &'static str = "-- pum: resume again";

    /// Reads the header of a script, and Flyway's `.conf` file next to it, if any.
    ///
    /// # Errors
    ///
    /// If a setting is unknown or its value is not valid.
    pub fn read(script: &Script) -> Result<Self, DeltaError> {
        let mut header = Self::default();
        for (path, text) in script.own_texts() {
            for (number, text) in leading_comments(text) {
                header.read_line(number, text).map_err(|message| DeltaError::Syntax {
                    path: path.to_owned(),
                    line: number,
                    message,
                })?;
            }
        }
        header.no_transaction |=
            script.is_program() || script.is_configured("executeInTransaction=false")?;
        Ok(header)
    }

    fn read_line(&mut self, number: usize, text: &str) -> Result<(), String> {
        let text = text.trim();
        if let Some(setting) = strip_prefix_ignoring_case(text, "pum:") {
            return self.read_setting(setting.trim());
        }
        self.no_transaction |= is_foreign_marker(number, text);
        Ok(())
    }

    fn read_setting(&mut self, setting: &str) -> Result<(), String> {
        let (name, value) = setting.split_once([' ', '\t', '=', ':']).unwrap_or((setting, ""));
        let value = value.trim().trim_start_matches(['=', ':']).trim();
        let timeout = || {
            parse_time_limit(value)
                .map(Some)
                .map_err(|reason| format!("\"-- pum: {name}\" needs a duration: {reason}"))
        };
        match name.to_ascii_lowercase().as_str() {
            NO_TRANSACTION if value.is_empty() => self.no_transaction = true,
            NO_TRANSACTION => {
                return Err(format!("nothing may follow \"-- pum: {NO_TRANSACTION}\""));
            }
            LOCK_TIMEOUT => self.lock_timeout = timeout()?,
            STATEMENT_TIMEOUT => self.statement_timeout = timeout()?,
            RESUME if value.eq_ignore_ascii_case("again") => self.resume_again = true,
            RESUME => {
                return Err(format!("only \"again\" may follow \"-- pum: {RESUME}\""));
            }
            ALLOW => self.allowed.extend(rules(value)?),
            other => return Err(unknown_setting(other)),
        }
        Ok(())
    }
}

/// The rules of a list with commas.
fn rules(list: &str) -> Result<Vec<LintRule>, String> {
    let names = list.split(|c: char| c == ',' || c.is_whitespace()).filter(|name| !name.is_empty());
    let rules = names.map(|name| name.to_ascii_lowercase().parse::<LintRule>());
    let rules = rules.collect::<Result<Vec<_>, _>>().map_err(|err| err.to_string())?;
    if rules.is_empty() {
        return Err(format!("\"-- pum: {ALLOW}\" needs the name of a lint rule"));
    }
    Ok(rules)
}

/// The message for an unknown setting.
fn unknown_setting(name: &str) -> String {
    let known = [NO_TRANSACTION, LOCK_TIMEOUT, STATEMENT_TIMEOUT, RESUME, ALLOW];
    let suggestion =
        nearest(name, known).map_or_else(String::new, |name| format!(". Did you mean \"{name}\"?"));
    format!(
        "there is no setting \"-- pum: {name}\"; the settings are {}{suggestion}",
        known.join(", ")
    )
}

/// Whether another program is told by this line not to make a transaction: sqlx (first line only),
/// goose, dbmate and Flyway.
fn is_foreign_marker(number: usize, text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(str::to_ascii_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["no-transaction", ..] => number == 1,
        ["+goose", "no", "transaction"] => true,
        ["migrate:up", options @ ..] => options.contains(&"transaction:false"),
        _ => words.concat() == "flyway:executeintransaction=false",
    }
}

/// The texts behind the `--` of the comment lines before the first statement, with their numbers.
/// Comments of the other form may stand between them.
fn leading_comments(text: &str) -> Vec<(usize, &str)> {
    let (mut lexer, mut at, mut found) = (Lexer::new(true), 0, Vec::new());
    while let Some(piece) = lexer.next(text, at)
        && piece.kind == PieceKind::Space
    {
        let line = || line_at(text, piece.range.start);
        let comment = text[piece.range.clone()].strip_prefix("--");
        found.extend(comment.map(|comment| (line(), comment)));
        at = piece.range.end;
    }
    found
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Result<Header, String> {
        header_beside(text, None)
    }

    fn header_beside(text: &str, conf: Option<&str>) -> Result<Header, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("delta_1.0.0.sql");
        std::fs::write(&path, text).unwrap();
        if let Some(conf) = conf {
            std::fs::write(dir.path().join("delta_1.0.0.sql.conf"), conf).unwrap();
        }
        Header::read(&Script::read(&path).unwrap()).map_err(|err| err.to_string())
    }

    #[test]
    fn settings_are_read_from_the_leading_comments_only() {
        let read = header(
            "\u{feff}/* (c) 2026\n -- pum: nonsense\n /* nested */ */\r\n\r\n-- Why.\r\n\
             --pum: No-Transaction\r\n-- pum: lock-timeout 500ms\r\n\
             -- pum: statement-timeout = 10 min\r\n-- pum: resume again\r\nSELECT 1;\r\n-- pum: nonsense\r\n",
        )
        .unwrap();
        let expected = Header {
            no_transaction: true,
            lock_timeout: Some(Duration::from_millis(500)),
            statement_timeout: Some(Duration::from_secs(600)),
            resume_again: true,
            allowed: BTreeSet::new(),
        };
        assert_eq!(read, expected);
        // A comment ends at a lone CR, for the server too.
        let mac =
            header("-- Why.\r-- pum: no-transaction\r/* x */\r-- pum: lock-timeout 5s\rVACUUM;");
        let mac = mac.unwrap();
        assert!(mac.no_transaction && mac.lock_timeout == Some(Duration::from_secs(5)));
        let seconds = header("-- pum: lock-timeout 5\n").unwrap();
        assert_eq!(seconds.lock_timeout, Some(Duration::from_secs(5)));
        assert_eq!(header("SELECT 1;\r-- pum: nonsense\r").unwrap(), Header::default());
        let err = header("-- one\r-- pum: nonsense\r").unwrap_err();
        assert!(err.contains("delta_1.0.0.sql:2: there is no setting"), "{err}");
        assert_eq!(header("SELECT 1;\n-- pum: no-transaction\n").unwrap(), Header::default());
        assert_eq!(header("").unwrap(), Header::default());
    }

    #[test]
    fn an_unknown_setting_is_an_error_with_a_suggestion() {
        let text = header("-- one\n-- pum: no-transactions\nSELECT 1").unwrap_err();
        assert!(text.contains("delta_1.0.0.sql:2: there is no setting"), "{text}");
        assert!(text.ends_with("Did you mean \"no-transaction\"?"), "{text}");
        for (line, expected) in [
            ("-- pum: lock_timeout 5s", "Did you mean \"lock-timeout\"?"),
            ("-- pum: lock-timeout", "is not a duration"),
            ("-- pum: lock-timeout 5 weeks", "is not a duration"),
            ("-- pum: no-transaction please", "nothing may follow"),
            ("-- pum: statement-timeout 700h", "more than the server's maximum"),
            ("-- pum:", "there is no setting"),
            ("-- pum: allow", "needs the name of a lint rule"),
            ("-- pum: allow drop-table, drop-colum", "Did you mean \"drop-column\"?"),
        ] {
            let text = header(line).unwrap_err();
            assert!(text.contains(expected), "{line}: {text}");
        }
    }

    #[test]
    fn rules_are_allowed_in_lists() {
        let text = "-- pum: allow drop-table,Drop-Column\n--pum: allow: truncate\nSELECT 1";
        let expected = [LintRule::DropTable, LintRule::DropColumn, LintRule::Truncate];
        assert_eq!(header(text).unwrap().allowed, BTreeSet::from(expected));
    }

    #[test]
    fn the_markers_of_other_programs_are_known() {
        for text in [
            "-- no-transaction\nSELECT 1",
            "-- a comment\n-- +goose Up\n-- +goose NO TRANSACTION\nSELECT 1",
            "-- migrate:up transaction:false\nSELECT 1",
            "-- flyway:executeInTransaction=false\nSELECT 1",
        ] {
            assert!(header(text).unwrap().no_transaction, "{text}");
        }
        for text in
            ["-- a comment\n-- no-transaction\nSELECT 1", "-- migrate:up\n", "-- transaction:false"]
        {
            assert!(!header(text).unwrap().no_transaction, "{text}");
        }
        let beside = |conf| header_beside("SELECT 1", Some(conf)).unwrap().no_transaction;
        assert!(beside("# why\nexecuteInTransaction = false\r\n"));
        assert!(!beside("executeInTransaction=true\n"));
    }
}
