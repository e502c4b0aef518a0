use std::path::{Path, PathBuf};

use super::Installed;
use super::failure::file_name;
use crate::delta::{Checksum, DeltaName, Header, PreparedScript, Statement, StatementKind};

/// The role of a step in a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepRole {
    /// `pre-all.sql`; not recorded.
    PreAll,
    /// A delta; recorded in the upgrades table.
    Delta(DeltaName),
    /// What drops that which a repeatable script made; its record goes.
    Drop {
        /// That script's file name.
        script: String,
    },
    /// A repeatable script; recorded beside the upgrades table.
    Repeatable(Box<Installed>),
    /// `post-all.sql`; not recorded.
    PostAll,
}

/// A script that is to be run, in a transaction of its own unless its header says otherwise.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UpgradeStep {
    /// What it is.
    pub role: StepRole,
    /// What it runs.
    pub script: PreparedScript,
    /// The checksum of its file.
    pub checksum: Checksum,
    /// How its file says that it is to be run.
    pub header: Header,
    /// The files that it is made of, without those that they include.
    pub files: Vec<PathBuf>,
}

impl UpgradeStep {
    /// Its file.
    pub fn path(&self) -> &Path {
        self.script.path()
    }

    /// The name of its file, for messages.
    pub(super) fn file_name(&self) -> String {
        file_name(self.path())
    }

    /// The name of its delta; `None` of a script around the run.
    pub fn delta(&self) -> Option<&DeltaName> {
        match &self.role {
            StepRole::Delta(name) => Some(name),
            _ => None,
        }
    }

    /// The text of one of its statements.
    pub(super) fn sql_of(&self, statement: &Statement) -> &str {
        &self.script.text()[statement.span.clone()]
    }

    /// Whether it runs a program, and no SQL.
    pub fn is_program(&self) -> bool {
        let is_program = |one: &Statement| matches!(one.kind, StatementKind::Program(_));
        self.script.statements().iter().any(is_program)
    }
}
