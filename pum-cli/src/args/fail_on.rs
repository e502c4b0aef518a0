//! What fails a check.

use std::str::FromStr;

use pum_core::diff::{Change, Difference, Filters};
use pum_core::lint::{LintFinding, LintRule};

/// Which differences fail `pum check`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FailOn {
    Any,
    None,
    OnlyLeft,
    OnlyRight,
    Values,
    /// An element or an attribute, as filters name them.
    Element(String),
}

/// The words, beside the names of elements.
const WORDS: &str =
    "any, none, only-left, only-right, values, or an element or attribute as for --ignore";

impl FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "any" => Self::Any,
            "none" => Self::None,
            "only-left" => Self::OnlyLeft,
            "only-right" => Self::OnlyRight,
            "values" => Self::Values,
            element => {
                // What is known to filters is known here, with the same suggestions.
                if let Err(err) = Filters::default().ignore(element) {
                    let err = err.to_string();
                    let near = err.split_once("(did you mean").and_then(|(_, near)| {
                        Some(format!(" (did you mean{})", near.split_once(')')?.0))
                    });
                    return Err(format!("known are {WORDS}{}", near.unwrap_or_default()));
                }
                Self::Element(element.to_owned())
            }
        })
    }
}

impl FailOn {
    fn matches(&self, difference: &Difference) -> bool {
        let element = difference.identity.kind.element();
        match self {
            Self::Any => true,
            Self::None => false,
            Self::OnlyLeft => difference.change == Change::OnlyLeft,
            Self::OnlyRight => difference.change == Change::OnlyRight,
            Self::Values => matches!(difference.change, Change::Attribute { .. }),
            Self::Element(named) => {
                named == element
                    || matches!(difference.change, Change::Attribute { name, .. }
                        if named == name || named.split_once('.') == Some((element, name)))
            }
        }
    }

    /// How it is written.
    fn word(&self) -> &str {
        match self {
            Self::Any => "any",
            Self::None => "none",
            Self::OnlyLeft => "only-left",
            Self::OnlyRight => "only-right",
            Self::Values => "values",
            Self::Element(name) => name,
        }
    }
}

/// Whether one of these fails the check; without any, each difference does.
pub(crate) fn fails(all: &[FailOn], difference: &Difference) -> bool {
    all.is_empty() || all.iter().any(|one| one.matches(difference))
}

/// `tables, columns.data_type`
pub(crate) fn words(all: &[FailOn]) -> String {
    all.iter().map(FailOn::word).collect::<Vec<_>>().join(", ")
}

/// Which findings fail `pum lint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LintFailOn {
    Any,
    None,
    Rule(LintRule),
}

impl FromStr for LintFailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "any" => Self::Any,
            "none" => Self::None,
            rule => Self::Rule(rule.parse().map_err(|err| {
                format!("known are any, none, and the rules of pum lint --list-rules: {err}")
            })?),
        })
    }
}

/// Whether a finding fails the lint; without any, each does.
pub(crate) fn lint_fails(all: &[LintFailOn], finding: &LintFinding) -> bool {
    let matches = |one: &LintFailOn| match one {
        LintFailOn::Any => true,
        LintFailOn::None => false,
        LintFailOn::Rule(rule) => *rule == finding.rule,
    };
    all.is_empty() || all.iter().any(matches)
}
