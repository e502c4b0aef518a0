//! What is kept of a run, so that a later one can go on where it stopped.

use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::error::StepError;
use super::inputs_digest::InputsDigest;
use super::prepared::{Production, Ready};
use super::production_check::Rehearsal;
use super::run_directory::RECORD;
use super::{Config, DumpedData, RunDirectory};

/// The version of the format that this program writes, and the only one that it reads.
const FORMAT_VERSION: u32 = 1;

const REHEARSAL: &str = "rehearsal.json";

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    Begun,
    Dumped,
    /// Test came out as the reference, within the limits.
    Rehearsed,
    /// Production was begun to be upgraded: there is nothing to go on with.
    Committing,
}

/// `run.json`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RunRecord {
    format_version: u32,
    id: String,
    phase: Phase,
    /// The moment at which that was reached, in UTC.
    reached: Timestamp,
    production: String,
    from: String,
    to: String,
    dump: PathBuf,
    data: DumpedData,
    basis: InputsDigest,
}

/// A run that is kept.
pub(super) struct Kept {
    directory: RunDirectory,
    record: RunRecord,
}

impl Kept {
    /// Begins to keep a run, or takes up an earlier one, whose basis must be the same.
    pub(super) fn begin(
        job: &Config,
        directory: &RunDirectory,
        production: &Production,
        ready: &Ready,
    ) -> Result<Self, StepError> {
        let basis = InputsDigest::new(job, production, ready);
        if directory.resumes() {
            return Self::take_up(directory, &basis);
        }
        directory
            .create()
            .map_err(|err| wrong(directory.path(), format!("cannot be created: {err}")))?;
        let record = RunRecord {
            format_version: FORMAT_VERSION,
            id: directory.id().to_owned(),
            phase: Phase::Begun,
            reached: Timestamp::now(),
            production: job.production.label().to_owned(),
            from: production.plan.current_version.to_string(),
            to: production.plan.target_version().to_string(),
            dump: job.dump_file.clone(),
            data: production.data.clone(),
            basis,
        };
        let kept = Self { directory: directory.clone(), record };
        kept.write()?;
        Ok(kept)
    }

    fn take_up(directory: &RunDirectory, basis: &InputsDigest) -> Result<Self, StepError> {
        let record: RunRecord = read(&directory.path().join(RECORD))?;
        let changed = basis.changes_since(&record.basis);
        let id = directory.id().to_owned();
        if record.phase == Phase::Committing {
            return Err(StepError::RunEnded { id });
        }
        if !changed.is_empty() {
            return Err(StepError::RunChanged { id, changed: changed.join(", ") });
        }
        Ok(Self { directory: directory.clone(), record })
    }

    /// What of production the run dumps: what was chosen at its start.
    pub(super) fn data(&self) -> &DumpedData {
        &self.record.data
    }

    /// Since when there is a dump of that name, if the run that goes on came that far.
    pub(super) fn dumped(&self, dump: &Path) -> Option<Timestamp> {
        let is_there = self.record.phase >= Phase::Dumped && self.record.dump == dump;
        is_there.then_some(self.record.reached)
    }

    /// The rehearsal, if the run that goes on came that far, and when it was.
    pub(super) fn rehearsal(&self) -> Result<Option<(Rehearsal, Timestamp)>, StepError> {
        if self.record.phase < Phase::Rehearsed {
            return Ok(None);
        }
        read(&self.directory.path().join(REHEARSAL)).map(|found| Some((found, self.record.reached)))
    }

    /// The dump is complete.
    pub(super) fn has_dump(&mut self) -> Result<(), StepError> {
        self.reach(Phase::Dumped)
    }

    /// The rehearsal came out right.
    pub(super) fn has_rehearsal(&mut self, rehearsal: &Rehearsal) -> Result<(), StepError> {
        write(&self.directory.path().join(REHEARSAL), rehearsal)?;
        self.reach(Phase::Rehearsed)
    }

    /// From here on production is written.
    pub(super) fn commits(&mut self) -> Result<(), StepError> {
        self.reach(Phase::Committing)
    }

    /// Production was left as it was after all: the rehearsal still holds.
    pub(super) fn did_not_commit(&mut self) -> Result<(), StepError> {
        self.reach(Phase::Rehearsed)
    }

    fn reach(&mut self, phase: Phase) -> Result<(), StepError> {
        if phase > self.record.phase {
            self.record.reached = Timestamp::now();
        }
        self.record.phase = phase;
        self.write()
    }

    fn write(&self) -> Result<(), StepError> {
        write(&self.directory.path().join(RECORD), &self.record)
    }
}

fn wrong(path: &Path, what: String) -> StepError {
    StepError::Run { path: path.to_owned(), what }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, StepError> {
    #[derive(Deserialize)]
    struct Version {
        format_version: Option<u32>,
    }
    let text = std::fs::read(path).map_err(|err| wrong(path, format!("cannot be read: {err}")))?;
    let unreadable = |err: serde_json::Error| wrong(path, format!("is damaged: {err}"));
    let version: Version = serde_json::from_slice(&text).map_err(unreadable)?;
    if version.format_version.is_some_and(|version| version != FORMAT_VERSION) {
        return Err(wrong(path, "was written by another version of pum".to_owned()));
    }
    serde_json::from_slice(&text).map_err(unreadable)
}

/// Writes a file of which there is, at any moment, all or the former one.
fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), StepError> {
    let failed = |err: std::io::Error| wrong(path, format!("cannot be written: {err}"));
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(directory).map_err(failed)?;
    let text = serde_json::to_vec_pretty(value).map_err(|err| failed(err.into()))?;
    file.write_all(&text).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|err| failed(err.error))?;
    Ok(())
}
