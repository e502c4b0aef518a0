//! The errors that `pg_restore` ignored.

use crate::process::Listener;

/// An error of `pg_restore`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IgnoredError {
    /// The entry of the dump, such as `TABLE t ann`; empty if unknown.
    pub entry: String,
    /// The server's message and the statement.
    pub message: String,
}

/// Collects what `pg_restore` complains about.
#[derive(Debug, Default)]
pub(super) struct RestoreErrors {
    pub(super) errors: Vec<IgnoredError>,
    /// How many it counted itself, which it says when it finished.
    pub(super) counted: Option<usize>,
    entry: String,
    inside: bool,
}

/// What `pg_restore` says to every server since 17, and older ones do not know. It goes on after
/// that if it goes on after errors at all, and nothing is lost.
pub(super) const UNKNOWN_BEFORE_17: &str = "SET transaction_timeout = 0;";

impl RestoreErrors {
    /// Those that mean something.
    pub(super) fn real(&self) -> impl Iterator<Item = &IgnoredError> {
        // What another program says may follow in the same pipe.
        let is_statement =
            |line: &str| line.strip_prefix("Command was: ") == Some(UNKNOWN_BEFORE_17);
        self.errors.iter().filter(move |error| !error.message.lines().any(is_statement))
    }

    /// Error, where what means nothing would stand before it.
    pub(super) fn described(&self) -> Option<String> {
        let real: Vec<String> =
            self.real().map(|error| format!("{}: {}", error.entry, error.message)).collect();
        let among_others = !real.is_empty() && real.len() < self.errors.len();
        among_others.then(|| real.join("\n"))
    }

    /// Whether `pg_restore` did all that it could, with errors that may be ignored. Only who comes
    /// to the end counts them; one that it counts and that was not seen may be any error.
    pub(super) fn completed(&self, with_any_error: bool) -> bool {
        let are_known = self.counted.is_some_and(|counted| counted <= self.errors.len());
        self.counted.is_some() && (with_any_error || are_known && self.real().next().is_none())
    }
}

impl Listener for RestoreErrors {
    fn line(&mut self, line: &str) {
        let Some(message) = line.strip_prefix("pg_restore: ") else {
            // More of the last one: the statement, a hint, the line of the data.
            if let Some(error) = self.errors.last_mut().filter(|_| self.inside)
                && !line.is_empty()
            {
                error.message.push('\n');
                error.message.push_str(line);
            }
            return;
        };
        self.inside = false;
        if let Some(entry) = message.strip_prefix("from TOC entry ") {
            // `216; 1259 16393 TABLE t ann`
            let words = entry.splitn(4, ' ').nth(3).unwrap_or(entry);
            words.clone_into(&mut self.entry);
        } else if let Some(message) = message.strip_prefix("error: ") {
            let message = message.strip_prefix("could not execute query: ").unwrap_or(message);
            self.errors
                .push(IgnoredError { entry: self.entry.clone(), message: message.to_owned() });
            self.inside = true;
        } else if let Some(count) = message.strip_prefix("warning: errors ignored on restore: ") {
            self.counted = count.trim().parse().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_an_older_server_does_not_know_is_no_loss() {
        let text = "pg_restore: while INITIALIZING:\n\
            pg_restore: error: could not execute query: ERROR:  unrecognized configuration \
            parameter \"transaction_timeout\"\n\
            Command was: SET transaction_timeout = 0;\n\
            pg_restore: error: could not execute query: ERROR:  no\n\
            Command was: SELECT 1;\n\
            pg_restore: warning: errors ignored on restore: 2\n";
        let mut complaints = RestoreErrors::default();
        text.lines().for_each(|line| complaints.line(line));
        let real: Vec<&str> = complaints.real().map(|error| error.message.as_str()).collect();
        assert_eq!(real, ["ERROR:  no\nCommand was: SELECT 1;"]);
        assert!(complaints.completed(true) && !complaints.completed(false));
    }

    /// The line of another error may have been lost.
    #[test]
    fn an_error_that_is_counted_and_was_not_seen_is_one() {
        let mut complaints = RestoreErrors::default();
        for line in [
            "pg_restore: error: could not execute query: ERROR:  unrecognized",
            "Command was: SET transaction_timeout = 0;",
            "pg_restore: warning: errors ignored on restore: 1",
        ] {
            complaints.line(line);
        }
        assert!(complaints.completed(false));
        complaints.line("pg_restore: warning: errors ignored on restore: 2");
        assert!(!complaints.completed(false));
    }

    #[test]
    fn each_error_has_its_entry_and_statement() {
        let text = "pg_restore: connecting to database for restore\n\
            pg_restore: while PROCESSING TOC:\n\
            pg_restore: from TOC entry 216; 1259 16393 TABLE t ann\n\
            pg_restore: error: could not execute query: ERROR:  role \"ann\" does not exist\n\
            Command was: ALTER TABLE public.t OWNER TO ann;\n\n\
            pg_restore: creating TABLE \"public.u\"\n\
            pg_restore: from TOC entry 3; 1 2 TABLE DATA u bob\n\
            pg_restore: error: COPY failed for table \"u\": ERROR:  no\n\
            CONTEXT:  COPY u, line 1\n\
            pg_restore: warning: errors ignored on restore: 2\n";
        let mut complaints = RestoreErrors::default();
        text.lines().for_each(|line| complaints.line(line));
        assert_eq!(complaints.counted, Some(2));
        let found: Vec<_> =
            complaints.errors.iter().map(|e| (e.entry.as_str(), e.message.as_str())).collect();
        assert_eq!(
            found,
            [
                (
                    "TABLE t ann",
                    "ERROR:  role \"ann\" does not exist\n\
                     Command was: ALTER TABLE public.t OWNER TO ann;"
                ),
                (
                    "TABLE DATA u bob",
                    "COPY failed for table \"u\": ERROR:  no\nCONTEXT:  COPY u, line 1"
                ),
            ]
        );
    }
}
