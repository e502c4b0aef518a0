use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A step of the Manager, in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RunStep {
    /// Looks at production: its version, what is pending.
    Preflight,
    /// Looks at all that the rehearsal needs: test, reference, programs, roles.
    Prepare,
    /// Dumps production, and reads the dump back.
    Dump,
    /// Restores the dump to test.
    Restore,
    /// Holds the restored schema against production's.
    VerifyTest,
    /// Upgrades test, and measures what that does.
    UpgradeTest,
    /// Builds the reference.
    BuildReference,
    /// Compares test with the reference.
    Compare,
    /// Holds what was measured against the limits.
    Plan,
    /// Shows what is known, and asks whether production is upgraded.
    Approve,
    /// Checks whether production is still what was rehearsed.
    Confirm,
    /// Upgrades production, and looks before the commit whether it came out as rehearsed.
    UpgradeProduction,
    /// Does so afterwards, where it cannot be done before.
    ConfirmProduction,
}

impl RunStep {
    /// All of them, in order.
    pub const ALL: [Self; 13] = [
        Self::Preflight,
        Self::Prepare,
        Self::Dump,
        Self::Restore,
        Self::VerifyTest,
        Self::UpgradeTest,
        Self::BuildReference,
        Self::Compare,
        Self::Plan,
        Self::Approve,
        Self::Confirm,
        Self::UpgradeProduction,
        Self::ConfirmProduction,
    ];

    /// The word for it in options and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Prepare => "prepare",
            Self::Dump => "dump",
            Self::Restore => "restore",
            Self::VerifyTest => "verify-test",
            Self::UpgradeTest => "upgrade-test",
            Self::BuildReference => "build-reference",
            Self::Compare => "compare",
            Self::Plan => "plan",
            Self::Approve => "approve",
            Self::Confirm => "confirm",
            Self::UpgradeProduction => "upgrade-production",
            Self::ConfirmProduction => "confirm-production",
        }
    }

    /// What it does, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Prepare => "prepare",
            Self::Dump => "dump",
            Self::Restore => "restore to test",
            Self::VerifyTest => "check the copy",
            Self::UpgradeTest => "upgrade test",
            Self::BuildReference => "build reference",
            Self::Compare => "compare",
            Self::Plan => "check limits",
            Self::Approve => "approve",
            Self::Confirm => "re-check production",
            Self::UpgradeProduction => "upgrade production",
            Self::ConfirmProduction => "verify production",
        }
    }
}

impl fmt::Display for RunStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No step has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no step \"{name}\"; steps are: {}", RunStep::ALL.map(RunStep::name).join(", "))]
#[non_exhaustive]
pub struct UnknownStep {
    /// What was given.
    pub name: String,
}

/// Its word, or its title, in which hyphens can stand for spaces: `plan`, `check limits` or `check-limits`.
impl FromStr for RunStep {
    type Err = UnknownStep;

    fn from_str(name: &str) -> Result<Self, UnknownStep> {
        let unknown = || UnknownStep { name: name.to_owned() };
        let title = name.replace('-', " ");
        let is_meant = |step: &Self| step.name() == name || step.title().replace('-', " ") == title;
        Self::ALL.into_iter().find(is_meant).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_known_by_their_words_and_titles() {
        for step in RunStep::ALL {
            assert_eq!(step.name().parse(), Ok(step));
            assert_eq!(step.title().parse(), Ok(step));
            assert_eq!(step.title().replace(' ', "-").parse(), Ok(step));
        }
        assert!("limits".parse::<RunStep>().is_err());
    }
}
