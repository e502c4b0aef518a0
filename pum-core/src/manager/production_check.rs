//! Whether production came out as the rehearsal did.

use serde::{Deserialize, Serialize};

use super::error::StepError;
use super::report::RestoreTime;
use super::schema_scope::SchemaScope;
use crate::catalog;
use crate::compare::{Comparison, versions_by_default};
use crate::connect::{ServerVersion, Session};
use crate::diff::{Difference, HiddenByRule, diff, hold_partitions};
use crate::model::Model;
use crate::upgrade::Measurements;

/// What the copy was before its upgrade, what it became, and what that took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Rehearsal {
    before: Model,
    after: Model,
    major: u32,
    pub(super) measured: Measurements,
    /// How long the restore took, if there was one.
    pub(super) restore: Option<RestoreTime>,
    /// What the rules hid in the comparison of its result with the reference.
    #[serde(default)]
    pub(super) hidden: Vec<HiddenByRule>,
}

/// How production differs from the rehearsed copy after both were upgraded, where it did not
/// before: a restore respells some SQL, and leaves out what a server does not have.
#[derive(Debug, Default)]
pub(super) struct Deviation {
    /// What differs.
    pub(super) differences: Vec<Difference>,
    /// SQL in which the two texts differ, which a restore may have canonicalized before a delta took
    /// it up. They cannot be told from real differences before the commit.
    pub(super) perhaps_spelling: Vec<Difference>,
}

impl Rehearsal {
    /// Reads the copy before its upgrade.
    pub(super) fn before(scope: SchemaScope<'_>, test: &mut Session) -> Result<Self, StepError> {
        let before = scope.without_own(catalog::read(test, &scope.of_catalog())?);
        Ok(Self {
            after: before.clone(),
            before,
            major: test.version().major(),
            measured: Measurements::default(),
            restore: None,
            hidden: Vec::new(),
        })
    }

    /// Reads it after its upgrade.
    pub(super) fn read_after(
        &mut self,
        scope: SchemaScope<'_>,
        test: &mut Session,
    ) -> Result<(), StepError> {
        self.after = scope.without_own(catalog::read(test, &scope.of_catalog())?);
        Ok(())
    }

    /// What the upgrade changed in the copy.
    pub(super) fn changes(&self, scope: SchemaScope<'_>) -> Comparison {
        let version = ServerVersion(self.major * 10_000);
        Comparison::of_change(&self.before, &self.after, version, scope.filters)
    }

    /// How many objects the copy has.
    pub(super) fn objects(&self) -> usize {
        self.after.objects().len()
    }

    /// In what the copy is not as production was when it was made.
    pub(super) fn not_as(
        &self,
        scope: SchemaScope<'_>,
        major: u32,
        production: &Model,
    ) -> Vec<Difference> {
        let mut found =
            self.differences(scope, major, &scope.without_own(production.clone()), &self.before);
        found.retain(|one| !one.may_be_spelling());
        found
    }

    /// Holds production against it, as it was before and as it is now.
    pub(super) fn deviation(
        &self,
        scope: SchemaScope<'_>,
        major: u32,
        production_before: &Model,
        production_now: Model,
    ) -> Deviation {
        let production_before = scope.without_own(production_before.clone());
        let known = self.differences(scope, major, &production_before, &self.before);
        let found = self.differences(scope, major, &scope.without_own(production_now), &self.after);
        let new = |one: &Difference| !known.iter().any(|old| old.is_about_the_same(one));
        let (perhaps_spelling, differences) =
            found.into_iter().filter(new).partition(Difference::may_be_spelling);
        Deviation { differences, perhaps_spelling }
    }

    fn differences(
        &self,
        scope: SchemaScope<'_>,
        major: u32,
        production: &Model,
        test: &Model,
    ) -> Vec<Difference> {
        let held =
            hold_partitions(production, test, &|table| scope.is_managed(table), scope.filters);
        let mut found = match held {
            Some(held) => {
                let rest = diff(&held.left, &held.right, scope.filters);
                rest.into_iter().chain(held.differences).collect()
            }
            None => diff(production, test, scope.filters),
        };
        found.retain(|one| {
            let is_by_default =
                major != self.major && versions_by_default(one, production, test).is_some();
            !is_by_default && !one.is_spelling_of_majors(major, self.major)
        });
        found
    }
}

impl Deviation {
    /// The differences in words, not too many of them.
    pub(super) fn describe(&self) -> String {
        describe(&self.differences, "the rehearsal")
    }
}

/// Differences between production and something else in words, a line each, not too many of them.
pub(super) fn describe(differences: &[Difference], other: &str) -> String {
    const MOST: usize = 10;
    let mut lines: Vec<String> = differences
        .iter()
        .take(MOST)
        .map(|one| format!("  {}", one.between("production", other)))
        .collect();
    if differences.len() > MOST {
        lines.push(format!("  and {} more", differences.len() - MOST));
    }
    lines.join("\n")
}
