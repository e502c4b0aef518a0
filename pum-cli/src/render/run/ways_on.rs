//! What can be done when a run failed by something that need not be put right.

use crate::text::printable;
use pum_core::Hint;
use pum_core::manager::{Config, ManagerError, TestSource};

use crate::hint;

/// Each with the option that it takes.
pub(super) fn ways_on(job: &Config, err: &ManagerError) -> Vec<String> {
    let (entries, can_be_ignored) = match err.hint() {
        Some(Hint::RestoreOtherwise { entries, can_be_ignored }) => (entries, can_be_ignored),
        Some(hint) => return hint::words(&hint).into_iter().collect(),
        None => return Vec::new(),
    };
    let mut ways = Vec::new();
    if can_be_ignored && !job.ignore_restore_errors {
        ways.push(format!(
            "-x restores the rest, and lists each error: {}. What the copy then lacks is reported \
             as a difference from production; a rule in pum.toml can leave it out of the \
             comparison with the reference: [[ignore]] object = \"schema.name\", reason = \"...\"",
            without(&entries)
        ));
    }
    if can_be_ignored {
        ways.push(
            "-N SCHEMA leaves out the schema that it is in, from the dump to the comparison"
                .to_owned(),
        );
    }
    if matches!(job.test, TestSource::Scratch | TestSource::Replace(_)) {
        ways.push(
            "--test-source template makes production's own server copy production, without \
             restoring a dump"
                .to_owned(),
        );
    }
    ways.push(match job.test {
        TestSource::Scratch => {
            "-pt B names a test database on a server that has what the dump needs".to_owned()
        }
        _ => "without -pt the test database is on a scratch server, which gets all roles of \
              production"
            .to_owned(),
    });
    ways
}

/// What a restore that goes on does without.
fn without(entries: &[String]) -> String {
    if entries.is_empty() {
        return "it continues without what cannot be created there and what depends on it"
            .to_owned();
    }
    format!("it continues without {} and what depends on it", printable(&entries.join(", ")))
}
