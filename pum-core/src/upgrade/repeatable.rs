//! Chooses which repeatable scripts to run again.

use std::path::Path;

use super::{Installed, PlanOptions, StepRole, UpgradeError, UpgradeStep};
use crate::delta::{Checksum, DeltaSet, Header, PreparedRepeatable, Script, Variables};

/// What of the repeatable scripts a plan runs: before its deltas, and after them.
pub(super) struct Repetition {
    pub(super) before: Vec<UpgradeStep>,
    pub(super) after: Vec<UpgradeStep>,
}

impl Repetition {
    /// All of them when there are deltas to be run; else from the first one on that is not as it is
    /// recorded, since those behind it may use what it makes.
    pub(super) fn new(
        deltas: &DeltaSet,
        installed: &[Installed],
        has_deltas: bool,
        options: &PlanOptions,
    ) -> Result<Self, UpgradeError> {
        let mut wanted = Vec::new();
        for one in &deltas.repeatable {
            let header = Header::read(&one.script)?;
            if header.no_transaction {
                let script = one.script.path().to_owned();
                return Err(UpgradeError::RepeatableWithoutTransaction { script });
            }
            wanted.push((one, one.prepare(&options.variables)?, header));
        }
        let same = |((_, new, _), old): &(&(_, PreparedRepeatable, _), &Installed)| {
            new.name == old.name && new.sent.as_str() == old.sent
        };
        let unchanged = || wanted.iter().zip(installed).take_while(same).count();
        let first = if has_deltas { 0 } else { unchanged() };
        let mut before = Vec::new();
        // What an earlier delta made, or was made by hand, is not recorded.
        for (one, new, _) in wanted.iter().skip(first).rev() {
            if installed.iter().all(|old| old.name != new.name) && !new.drops.is_empty() {
                before.push(drop_step(one.script.path(), &new.name, &new.drops)?);
            }
        }
        for old in installed.iter().skip(first).rev() {
            let file = deltas.repeatable.iter().find(|one| one.name() == old.name);
            let path = file.map_or(Path::new(&old.name), |one| one.script.path());
            before.push(drop_step(path, &old.name, &old.drops)?);
        }
        let create = |(position, (one, new, header)): (
            usize,
            (&crate::delta::Repeatable, PreparedRepeatable, Header),
        )| {
            let PreparedRepeatable { name, script, sent, drops } = new;
            let checksum = one.script.checksum().clone();
            let sent = sent.as_str().to_owned();
            let recorded = checksum.as_str().to_owned();
            let installed = Installed { position, name, checksum: recorded, sent, drops };
            let files = vec![one.script.path().to_owned()];
            UpgradeStep {
                role: StepRole::Repeatable(Box::new(installed)),
                script,
                checksum,
                header,
                files,
            }
        };
        let after = wanted.into_iter().enumerate().skip(first).map(create).collect();
        Ok(Self { before, after })
    }
}

fn drop_step(path: &Path, name: &str, drops: &str) -> Result<UpgradeStep, UpgradeError> {
    // What is sent stands in no file.
    let mut shown = path.as_os_str().to_owned();
    shown.push(" (drop)");
    let script = Script::of_text(Path::new(&shown), drops)?.prepare(&Variables::default())?;
    let (role, header) = (StepRole::Drop { script: name.to_owned() }, Header::default());
    let checksum = Checksum::from_bytes(drops.as_bytes());
    Ok(UpgradeStep { role, script, checksum, header, files: Vec::new() })
}

/// Whether a repeatable script of the directory is to be run again, as far as the files tell.
pub(super) fn state_of(
    position: usize,
    name: &str,
    checksum: &Checksum,
    installed: &[Installed],
) -> RepeatableState {
    match installed.iter().find(|old| old.name == name) {
        None => RepeatableState::New,
        Some(old) if !checksum.matches(&old.checksum) => RepeatableState::Changed,
        Some(old) if old.position != position => RepeatableState::Moved,
        Some(_) => RepeatableState::Unchanged,
    }
}

/// The state of a repeatable script in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RepeatableState {
    /// It was run and has not changed.
    Unchanged,
    /// It was not run yet.
    New,
    /// It has changed since it was run.
    Changed,
    /// Its position among the others has changed.
    Moved,
    /// It was run and no longer exists.
    Removed,
}

impl RepeatableState {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::New => "new",
            Self::Changed => "changed",
            Self::Moved => "moved",
            Self::Removed => "removed",
        }
    }
}
