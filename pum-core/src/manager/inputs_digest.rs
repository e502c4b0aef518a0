//! What a run was made from, in a form that can be kept and held against a later one.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::prepared::{Production, Ready};
use super::{Config, Reference, TestSource};
use crate::connect::Settings;
use crate::delta::PreparedScript;
use crate::model::Kind;
use crate::source::Source;

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
            Reference::None => "none".to_owned(),
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
        let model = job.schema_scope().without_managed(&production.model);
        let model = serde_json::to_string(&model).unwrap_or_default();
        let all = [
            ("the version of pum", env!("CARGO_PKG_VERSION").to_owned()),
            (
                "the identity of the production database",
                format!("{}/{}", identity.system_identifier, identity.database_oid),
            ),
            ("production's upgrades table", hash(&format!("{:?}", production.plan.history()))),
            ("production's schema", hash(&model)),
            ("the deltas", hash(&format!("{steps:?}"))),
            ("the reference", hash(&reference)),
            ("the test database", hash(&test)),
            ("the options", hash(&format!("{options:?}"))),
            ("the project's roles in production", hash(&format!("{:?}", production.roles))),
        ];
        Self(all.map(|(what, value)| (what.to_owned(), value)).to_vec())
    }

    /// What differs from an earlier one.
    pub(super) fn changes_since<'a>(&'a self, earlier: &'a Self) -> Vec<&'a str> {
        let same = |one: &&(String, String)| earlier.0.contains(one);
        self.0.iter().filter(|one| !same(one)).map(|(what, _)| what.as_str()).collect()
    }
}

pub(super) fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
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

/// What two productions must have in common to share a rehearsal: the major version, all objects
/// within the database, whether their rows are rehearsed on, and what is to be run, in which order.
pub(super) fn starting_point(job: &Config, production: &Production) -> String {
    let model = job.schema_scope().without_own(production.model.clone());
    let objects: Vec<_> = model
        .objects()
        .iter()
        .filter(|object| object.identity.kind != Kind::Database)
        .map(|object| serde_json::to_string(object).unwrap_or_default())
        .collect();
    let steps: Vec<_> = production
        .plan
        .steps
        .iter()
        .map(|step| (&step.role, step.checksum.as_str(), step.script.text()))
        .collect();
    let version = &production.plan.current_version;
    let major = production.session.version().major();
    let data = &production.data;
    hash(&format!("{major} {version} {data:?} {steps:?} {objects:?}"))
}
