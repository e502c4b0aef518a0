use std::time::Duration;

use crate::delta::{NewDelta, NextVersion};
use crate::model::Identity;
use crate::plan::{
    AllowedLosses, Answer, ConversionSpec, MeasuredWays, OnlineMode, PlanRequest, RenameSpec,
};

/// How the delta is made that would close a gap between the upgraded copy and the reference.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClosingOptions {
    /// The free part of its name.
    pub name: String,
    /// Which version it gets, after those of production and the deltas.
    pub next: NextVersion,
    /// Objects that get other names.
    pub renames: Vec<RenameSpec>,
    /// Look for renames that can be seen, and make them too.
    pub find_renames: bool,
    /// By which expressions the values of columns are converted that get other types.
    pub conversions: Vec<ConversionSpec>,
    /// For which tables its statements let others read and write meanwhile.
    pub online: OnlineMode,
    /// For how long it is measured on the rehearsed copy in which way each change is made: at once, or so
    /// that others can read and write. Not at all if nothing is said.
    pub measure_for: Option<Duration>,
    /// For how long what is rebuilt is left out, one after the other, to see whether it must be.
    pub minimal: Option<Duration>,
    /// What it may destroy.
    pub losses: AllowedLosses,
}

impl Default for ClosingOptions {
    fn default() -> Self {
        Self {
            name: "to_reference".to_owned(),
            next: NextVersion::default(),
            renames: Vec::new(),
            find_renames: true,
            conversions: Vec::new(),
            online: OnlineMode::Never,
            measure_for: None,
            minimal: None,
            losses: AllowedLosses::None,
        }
    }
}

impl ClosingOptions {
    /// How it is planned between what is compared like this.
    pub(super) fn applied_to(&self, request: &PlanRequest) -> PlanRequest {
        let mut request = request.clone();
        request.renames.clone_from(&self.renames);
        request.conversions.clone_from(&self.conversions);
        request.online = self.online;
        request.find_renames = self.find_renames;
        request.minimal = self.minimal;
        request
    }
}

/// The delta that would close the gap between the upgraded copy and the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClosingDelta {
    /// The delta, with the next version. It is ready to be written if [`problem`](Self::problem) says
    /// nothing.
    pub delta: NewDelta,
    /// What it destroys and was not allowed to: what is lost, and the object.
    pub losses: Vec<(&'static str, Identity)>,
    /// What cannot be done by statements, with the reason.
    pub refused: Vec<(Identity, String)>,
    /// Rows that stand in the way: it is not applied until it is decided what becomes of them.
    pub answers: Vec<Answer>,
    /// In which way each change is made that can be made in two, if that was measured.
    pub measured: MeasuredWays,
    /// What came of running it.
    pub proof: ClosingProof,
}

/// What came of running the delta that closes a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClosingProof {
    /// It was run on the rehearsed copy, which was what the reference is then.
    OnCopy {
        /// Whether the copy had all rows of production.
        has_all_rows: bool,
    },
    /// It was run on a copy of the schema only.
    OnSchema {
        /// Why not on the rehearsed copy.
        reason: String,
    },
    /// It does not do what it should, or could not be run.
    Failed {
        /// What went wrong.
        reason: String,
    },
}

impl ClosingDelta {
    /// Why it is not to be written; none if it can be.
    pub fn problem(&self) -> Option<String> {
        if let Some((identity, reason)) = self.refused.first() {
            return Some(format!("{identity}: {reason}"));
        }
        if let Some((loss, identity)) = self.losses.first() {
            return Some(format!("data would be lost, such as {loss} ({identity})"));
        }
        match &self.proof {
            ClosingProof::Failed { reason } => Some(reason.clone()),
            ClosingProof::OnCopy { .. } | ClosingProof::OnSchema { .. } => None,
        }
    }
}
