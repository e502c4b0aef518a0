use std::fmt;
use std::time::Duration;

use crate::delta::{Header, written_duration as written};

/// Timeouts for the statements of a script. `None` keeps the server's setting; zero means no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// How long a statement may wait for a lock.
    pub lock: Option<Duration>,
    /// How long a statement may take.
    pub statement: Option<Duration>,
}

impl Timeouts {
    /// Timeouts for waiting for a lock and for a whole statement.
    pub fn new(lock: Option<Duration>, statement: Option<Duration>) -> Self {
        Self { lock, statement }
    }

    /// The timeouts for a script with this header, whose settings take precedence.
    #[must_use]
    pub fn with(self, header: &Header) -> Self {
        Self {
            lock: header.lock_timeout.or(self.lock),
            statement: header.statement_timeout.or(self.statement),
        }
    }

    /// The limit for locks, if there is one.
    pub(super) fn lock_limit(self) -> Option<Duration> {
        self.lock.filter(|limit| !limit.is_zero())
    }

    /// Statements that set the limits, `set` being `SET` or `SET LOCAL`; each ends in a semicolon.
    pub(super) fn to_sql(self, set: &str) -> String {
        let one = |name: &str, limit: Option<Duration>| {
            limit.map_or_else(String::new, |limit| {
                format!("{set} {name} = '{}ms'; ", limit.as_millis())
            })
        };
        one("lock_timeout", self.lock) + &one("statement_timeout", self.statement)
    }
}

/// `lock timeout 5s, statement timeout 10min`; nothing where there is no limit of pum's.
impl fmt::Display for Timeouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = [("lock", self.lock), ("statement", self.statement)]
            .into_iter()
            .filter_map(|(name, limit)| Some(format!("{name} timeout {}", shown(limit?))))
            .collect();
        f.write_str(&parts.join(", "))
    }
}

/// A limit, for messages.
pub(super) fn shown(limit: Duration) -> String {
    if limit.is_zero() { "off".to_owned() } else { written(limit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_comes_before_the_options() {
        let options = Timeouts { lock: Some(Duration::from_secs(5)), statement: None };
        let header = Header {
            lock_timeout: Some(Duration::ZERO),
            statement_timeout: Some(Duration::from_millis(1500)),
            ..Header::default()
        };
        let both = options.with(&header);
        assert_eq!(both.to_string(), "lock timeout off, statement timeout 1500ms");
        assert_eq!(
            both.to_sql("SET LOCAL"),
            "SET LOCAL lock_timeout = '0ms'; SET LOCAL statement_timeout = '1500ms'; "
        );
        assert_eq!(both.lock_limit(), None);
        assert_eq!(options.with(&Header::default()).to_string(), "lock timeout 5s");
    }
}
