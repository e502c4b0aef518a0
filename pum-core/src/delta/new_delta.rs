//! What is written as a new delta.

use std::time::Duration;

use super::duration::written;
use super::{DeltaError, Header, Version};

/// A delta that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewDelta {
    /// The free part of its file name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// Its parts, in the order in which they run. Each becomes a file.
    pub sections: Vec<DeltaSection>,
    /// What undoes it, in the order in which it is run; none if nothing does. It has no more parts than
    /// there are sections.
    pub down: Vec<DeltaSection>,
}

/// A part of a delta, which is run by itself: in a transaction of its own, or in none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeltaSection {
    /// What there is to say of it, a line each.
    pub comments: Vec<String>,
    /// Whether its statements run one by one.
    pub no_transaction: bool,
    /// Whether a statement at which a run was interrupted is run again.
    pub resume_again: bool,
    /// How long a statement may wait for a lock; zero means no limit.
    pub lock_timeout: Option<Duration>,
    /// Its statements.
    pub sql: String,
}

impl NewDelta {
    /// A delta without statements.
    pub fn empty(name: impl Into<String>, version: Version) -> Self {
        Self::new(name, version, vec![DeltaSection::default()])
    }

    /// A delta of these parts.
    pub fn new(name: impl Into<String>, version: Version, sections: Vec<DeltaSection>) -> Self {
        Self { name: name.into(), version, sections, down: Vec::new() }
    }
}

impl NewDelta {
    /// What undoes each part: the last part is undone first. The first parts may have nothing to undo.
    pub(super) fn downs(&self) -> Vec<DeltaSection> {
        if self.down.is_empty() {
            return Vec::new();
        }
        let nothing = || DeltaSection {
            comments: vec!["nothing: the scripts of the other parts undo this one".to_owned()],
            ..DeltaSection::default()
        };
        let last = self.sections.len();
        (0..last).map(|at| self.down.get(last - 1 - at).cloned().unwrap_or_else(nothing)).collect()
    }
}

impl DeltaSection {
    /// Statements that run in one transaction.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), ..Self::default() }
    }

    /// The text of its file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for comment in &self.comments {
            // A line break would end the comment, and begin a statement.
            let comment = comment.replace(['\n', '\r'], " ");
            text.push_str(&format!("-- {comment}\n"));
        }
        if self.no_transaction {
            text.push_str(Header::NO_TRANSACTION_LINE);
            text.push('\n');
        }
        if self.resume_again {
            text.push_str(Header::RESUME_AGAIN_LINE);
            text.push('\n');
        }
        if let Some(limit) = self.lock_timeout {
            text.push_str(&format!("-- pum: lock-timeout {}\n", written(limit)));
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&self.sql);
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }
}

/// Which version a new delta gets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum NextVersion {
    /// The next patch: 1.2.3 becomes 1.2.4.
    #[default]
    Patch,
    /// The next minor version: 1.2.3 becomes 1.3.0.
    Minor,
    /// The next major version: 1.2.3 becomes 2.0.0.
    Major,
    /// This one.
    Exactly(Version),
}

impl NextVersion {
    /// The version that follows on `highest`, which is the highest one that there is.
    ///
    /// # Errors
    ///
    /// If the version that was asked for is not higher.
    ///
    /// ```
    /// use pum_core::delta::{NextVersion, Version};
    ///
    /// let highest: Version = "1.2.3".parse()?;
    /// assert_eq!(NextVersion::Patch.after(Some(&highest))?.to_string(), "1.2.4");
    /// assert_eq!(NextVersion::Minor.after(Some(&highest))?.to_string(), "1.3.0");
    /// assert_eq!(NextVersion::Major.after(None)?.to_string(), "1.0.0");
    /// assert!(NextVersion::Exactly("1.2.3".parse()?).after(Some(&highest)).is_err());
    /// # Ok::<(), pum_core::delta::DeltaError>(())
    /// ```
    pub fn after(&self, highest: Option<&Version>) -> Result<Version, DeltaError> {
        let (major, minor, patch) = highest.map_or((0, 0, 0), Version::numbers);
        Ok(match self {
            Self::Patch => Version::new(major, minor, patch + 1),
            Self::Minor => Version::new(major, minor + 1, 0),
            Self::Major => Version::new(major + 1, 0, 0),
            Self::Exactly(wanted) => match highest {
                Some(highest) if wanted <= highest => {
                    let (wanted, highest) = (wanted.clone(), highest.clone());
                    return Err(DeltaError::VersionTooLow { wanted, highest });
                }
                _ => wanted.clone(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_one_line_and_no_setting_stands_in_a_statement() {
        let section = DeltaSection {
            comments: vec!["from: a\nDROP TABLE t; \rx".to_owned()],
            no_transaction: true,
            resume_again: true,
            lock_timeout: Some(Duration::from_millis(1500)),
            sql: "SELECT 1;".to_owned(),
        };
        assert_eq!(
            section.text(),
            "-- from: a DROP TABLE t;  x\n-- pum: no-transaction\n-- pum: resume again\n-- pum: lock-timeout 1500ms\n\n\
             SELECT 1;\n"
        );
        assert_eq!(DeltaSection::default().text(), "");
    }
}
