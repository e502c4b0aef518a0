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
    /// A script that undoes a delta, whose row goes from the upgrades table.
    Undo(DeltaName),
    /// Drops the objects of a repeatable script and deletes its record.
    Drop {
        /// That script's file name.
        script: String,
    },
    /// A repeatable script; recorded in a table next to the upgrades table.
    Repeatable(Box<Installed>),
    /// `post-all.sql`; not recorded.
    PostAll,
}

/// A script to run, in its own transaction unless its header says otherwise.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UpgradeStep {
    /// What it is.
    pub role: StepRole,
    /// What it runs.
    pub script: PreparedScript,
    /// The checksum of its file.
    pub checksum: Checksum,
    /// The settings in its header.
    pub header: Header,
    /// Its files, without the files that they include.
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

    /// The name of the delta that it applies or undoes; `None` for `pre-all` and `post-all` scripts.
    pub fn delta(&self) -> Option<&DeltaName> {
        match &self.role {
            StepRole::Delta(name) | StepRole::Undo(name) => Some(name),
            _ => None,
        }
    }

    /// Whether it undoes its delta.
    pub(super) fn undoes(&self) -> bool {
        matches!(self.role, StepRole::Undo(_))
    }

    /// The text of one of its statements.
    pub(super) fn sql_of(&self, statement: &Statement) -> &str {
        &self.script.text()[statement.span.clone()]
    }

    /// Whether it runs a program instead of SQL.
    pub fn is_program(&self) -> bool {
        let is_program = |one: &Statement| matches!(one.kind, StatementKind::Program(_));
        self.script.statements().iter().any(is_program)
    }
}
