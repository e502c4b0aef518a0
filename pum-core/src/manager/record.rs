//! What is kept of a run, so that a later one can go on where it stopped.

use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use walkdir::WalkDir;

use super::error::StepError;
use super::preflight::{Production, Ready};
use super::production_check::Rehearsal;
use super::{Config, DumpedData, Reference, TestSource};
use crate::connect::Settings;
use crate::delta::PreparedScript;
use crate::source::Source;

/// The version of the format that this program writes, and the only one that it reads.
const FORMAT_VERSION: u32 = 1;

const RECORD: &str = "run.json";
const REHEARSAL: &str = "rehearsal.json";

/// The directory of a run: what happened, the rehearsal's result, and whatever else belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDirectory {
    id: String,
    path: PathBuf,
    resume: bool,
}

impl RunDirectory {
    /// For a new run, in this directory of runs. It is made when there is something to keep.
    ///
    /// The identifier is the moment, in UTC, and the process: `20261121-140312-4711`.
    pub fn new(runs: &Path) -> Self {
        let now = Timestamp::now().strftime("%Y%m%d-%H%M%S");
        let id = format!("{now}-{}", std::process::id());
        Self { path: runs.join(&id), id, resume: false }
    }

    /// That of one of several production databases within this run; the name is made fit for a
    /// file.
    #[must_use]
    pub fn part(&self, name: &str) -> Self {
        let fit = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let name: String = name.chars().map(fit).take(100).collect();
        let name = name.trim_start_matches('.');
        Self { path: self.path.join(name), id: format!("{}/{name}", self.id), ..self.clone() }
    }

    /// That of an earlier run, which is to go on.
    pub fn resume(runs: &Path, id: &str) -> Self {
        Self { path: runs.join(id), id: id.to_owned(), resume: true }
    }

    /// The run's identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an earlier run is to go on.
    pub fn resumes(&self) -> bool {
        self.resume
    }
}

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

/// What must be the same for a run to go on: each with its words, and its value or the SHA-256 of
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InputsDigest(Vec<(String, String)>);

impl InputsDigest {
    pub(super) fn new(job: &Config, production: &Production, ready: &Ready) -> Self {
        let steps: Vec<_> = production
            .plan
            .steps
            .iter()
            .map(|step| (&step.role, step.checksum.as_str(), step.script.text()))
            .collect();
        let reference = match &job.reference {
            Reference::Database(settings) => format!("database {}", settings.label()),
            Reference::Command(command) => format!("command {command}"),
            Reference::Source(source) => format!("{source:?}\n{}", contents(source)),
            Reference::Sql(_) => ready.reference_scripts.iter().map(PreparedScript::text).collect(),
        };
        let test = match &job.test {
            TestSource::Scratch => "scratch".to_owned(),
            TestSource::Replace(settings) => format!("replace {}", settings.label()),
            TestSource::Template(named) => {
                format!("template {}", named.as_ref().map_or("", Settings::label))
            }
            TestSource::Copy(settings) => format!("copy {}", settings.label()),
            TestSource::Command { create, destroy, .. } => format!("{create}\n{destroy}"),
        };
        let options = (&job.filters, &job.run, job.script_by_script, &job.data, &job.table);
        let identity = production.identity;
        let model = serde_json::to_string(&production.model).unwrap_or_default();
        let all = [
            ("the version of pum", env!("CARGO_PKG_VERSION").to_owned()),
            (
                "which database production is",
                format!("{}/{}", identity.system_identifier, identity.database_oid),
            ),
            ("production's upgrades table", hash(&format!("{:?}", production.plan.history()))),
            ("production's schema", hash(&model)),
            ("the deltas", hash(&format!("{steps:?}"))),
            ("the reference", hash(&reference)),
            ("the test database", hash(&test)),
            ("the options", hash(&format!("{options:?}"))),
        ];
        Self(all.map(|(what, value)| (what.to_owned(), value)).to_vec())
    }

    /// What differs from an earlier one.
    fn changes_since<'a>(&'a self, earlier: &'a Self) -> Vec<&'a str> {
        let same = |one: &&(String, String)| earlier.0.contains(one);
        self.0.iter().filter(|one| !same(one)).map(|(what, _)| what.as_str()).collect()
    }
}

pub(super) fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
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
        if directory.resume {
            return Self::take_up(directory, &basis);
        }
        let mut builder = std::fs::DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(&directory.path)
            .map_err(|err| wrong(&directory.path, format!("cannot be made: {err}")))?;
        let record = RunRecord {
            format_version: FORMAT_VERSION,
            id: directory.id.clone(),
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
        let record: RunRecord = read(&directory.path.join(RECORD))?;
        let changed = basis.changes_since(&record.basis);
        let id = directory.id.clone();
        if record.phase == Phase::Committing {
            return Err(StepError::RunEnded { id });
        }
        if !changed.is_empty() {
            return Err(StepError::RunChanged { id, changed: changed.join(", ") });
        }
        Ok(Self { directory: directory.clone(), record })
    }

    /// What of production the run dumps: what was chosen at its begin.
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
        read(&self.directory.path.join(REHEARSAL)).map(|found| Some((found, self.record.reached)))
    }

    /// The dump is complete.
    pub(super) fn has_dump(&mut self) -> Result<(), StepError> {
        self.reach(Phase::Dumped)
    }

    /// The rehearsal came out right.
    pub(super) fn has_rehearsal(&mut self, rehearsal: &Rehearsal) -> Result<(), StepError> {
        write(&self.directory.path.join(REHEARSAL), rehearsal)?;
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
        write(&self.directory.path.join(RECORD), &self.record)
    }
}

/// The files of a source, with what is in them; nothing of a database.
fn contents(source: &Source) -> String {
    let Some(path) = source.path() else { return String::new() };
    let files = WalkDir::new(path).sort_by_file_name().into_iter().flatten();
    files
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let content = std::fs::read(entry.path()).unwrap_or_default();
            format!("{} {:x?}\n", entry.path().display(), Sha256::digest(content))
        })
        .collect()
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
        return Err(wrong(path, "is of another version of pum".to_owned()));
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
