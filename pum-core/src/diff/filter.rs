use std::collections::BTreeSet;

use super::filter_error::FilterError;
use super::preset::Preset;
use super::{Change, Difference};
use crate::did_you_mean::nearest;
use crate::model::{Attributes, Identity, Kind, Object};
use crate::pattern::Pattern;

/// The exclusions of a comparison. The default is [`Preset::Default`].
#[derive(Debug, Clone, Default)]
pub struct Filters {
    preset: Preset,
    /// Against the preset.
    included: BTreeSet<Element>,
    ignored: BTreeSet<Element>,
    schemas: Vec<(String, Pattern)>,
    columns: Vec<Pattern>,
    objects: Vec<Pattern>,
    rules: Vec<IgnoreRule>,
    managed: Vec<Pattern>,
    ignores_managers: bool,
}

/// A kind, or an attribute of one.
type Element = (Kind, Option<&'static str>);

/// A rule that hides known differences, with a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreRule {
    elements: Vec<Element>,
    object: Option<Pattern>,
    reason: String,
}

impl IgnoreRule {
    /// A rule for `elements` (as in [`Filters::ignore`]; empty for all) of objects whose qualified
    /// name, or that of their table, matches the glob `object` (`None` for all objects).
    ///
    /// # Errors
    ///
    /// If an element is unknown, or the glob is not valid.
    pub fn new(
        elements: &[String],
        object: Option<&str>,
        reason: &str,
    ) -> Result<Self, FilterError> {
        if elements.is_empty() && object.is_none() {
            return Err(FilterError::Boundless { reason: reason.to_owned() });
        }
        let named =
            elements.iter().map(|name| elements_named(name)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            elements: named.concat(),
            object: object.map(glob).transpose()?,
            reason: reason.to_owned(),
        })
    }

    /// Why the differences are accepted.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    fn matches(&self, difference: &Difference) -> bool {
        let Difference { identity, change } = difference;
        let element = self.elements.is_empty()
            || self.elements.contains(&(identity.kind, None))
            || matches!(change, Change::Attribute { name, .. }
                        if self.elements.contains(&(identity.kind, Some(name))));
        element && self.object.as_ref().is_none_or(|pattern| matches_object(pattern, identity))
    }
}

impl Filters {
    /// Applies the exclusions of a preset.
    pub fn new(preset: Preset) -> Self {
        Self { preset, ..Self::default() }
    }

    /// Excludes an element (`tables`, `columns` …), an attribute of all kinds (`owner`) or an
    /// attribute of one kind (`tables.owner`).
    ///
    /// # Errors
    ///
    /// If the element is unknown.
    ///
    /// ```
    /// use pum_core::diff::Filters;
    ///
    /// let mut filters = Filters::default();
    /// filters.ignore("triggers")?;
    /// filters.ignore("columns.comment")?;
    /// let err = filters.ignore("trigers").unwrap_err().to_string();
    /// assert!(err.contains("did you mean \"triggers\"?"));
    /// # Ok::<(), pum_core::diff::FilterError>(())
    /// ```
    pub fn ignore(&mut self, name: &str) -> Result<(), FilterError> {
        self.ignored.extend(elements_named(name)?);
        Ok(())
    }

    /// Whether an element or attribute, named as in [`Self::ignore`], is compared for any object.
    pub fn counts(&self, name: &str) -> bool {
        elements_named(name).is_ok_and(|elements| {
            elements.into_iter().any(|(kind, attribute)| {
                !self.hides_kind(kind)
                    && attribute.is_none_or(|attribute| !self.hides_attribute(kind, attribute))
            })
        })
    }

    /// Includes an element or attribute that the preset excludes, such as `databases`,
    /// `columns.position` or `tablespace`. Exclusions by [`Self::ignore`] take precedence.
    ///
    /// # Errors
    ///
    /// If the element is unknown.
    pub fn include(&mut self, name: &str) -> Result<(), FilterError> {
        self.included.extend(elements_named(name)?);
        Ok(())
    }

    /// Excludes schemas whose name matches a glob, with all objects in them.
    ///
    /// # Errors
    ///
    /// If the glob is not valid.
    pub fn exclude_schema(&mut self, schema: &str) -> Result<(), FilterError> {
        self.schemas.push((schema.to_owned(), glob(schema)?));
        Ok(())
    }

    /// Excludes columns whose name matches an SQL `LIKE` pattern.
    ///
    /// # Errors
    ///
    /// If the pattern is not valid.
    pub fn exclude_columns(&mut self, pattern: &str) -> Result<(), FilterError> {
        self.columns.push(Pattern::like(pattern).ok_or_else(|| broken(pattern))?);
        Ok(())
    }

    /// Excludes objects whose qualified name, or that of their table, matches a glob:
    /// `app.audit_*`, `*.usr_*`.
    ///
    /// # Errors
    ///
    /// If the glob is not valid.
    pub fn exclude_objects(&mut self, pattern: &str) -> Result<(), FilterError> {
        self.objects.push(glob(pattern)?);
        Ok(())
    }

    /// Says of tables whose qualified name matches a glob that their partitions come and go: which there are is
    /// no difference, but what deviates from the shape of the table is.
    ///
    /// # Errors
    ///
    /// If the glob is not valid.
    pub fn manage_partitions(&mut self, parent: &str) -> Result<(), FilterError> {
        self.managed.push(glob(parent)?);
        Ok(())
    }

    /// Whether tables whose partitions `pg_partman` or `TimescaleDB` makes are recognized as such, as they are by
    /// default.
    pub fn recognize_partition_managers(&mut self, recognize: bool) {
        self.ignores_managers = !recognize;
    }

    /// Whether what makes partitions is to be recognized.
    #[cfg(feature = "postgres")]
    pub(crate) fn recognizes_managers(&self) -> bool {
        !self.ignores_managers
    }

    /// Whether a pattern says of a table that its partitions come and go.
    #[cfg(feature = "postgres")]
    pub(crate) fn has_managed_partitions(&self, table: &Identity) -> bool {
        let name = table.qualified_name();
        self.managed.iter().any(|pattern| pattern.matches(&name))
    }

    /// Hides known differences, and counts them.
    pub fn add_rule(&mut self, rule: IgnoreRule) {
        self.rules.push(rule);
    }

    /// The globs of excluded schemas, which need not be read.
    pub fn excluded_schemas(&self) -> impl Iterator<Item = &str> {
        self.schemas.iter().map(|(name, _)| name.as_str())
    }

    /// The excluded kinds, which need not be read either.
    pub fn excluded_kinds(&self) -> impl Iterator<Item = Kind> {
        Kind::ALL.iter().copied().filter(|&kind| self.hides_kind(kind))
    }

    /// Whether an object is of what the `catalog` room does not even read.
    pub(crate) fn leaves_unread(&self, identity: &Identity) -> bool {
        self.hides_kind(identity.kind) || self.hides_schema(identity)
    }

    fn hides_schema(&self, identity: &Identity) -> bool {
        let schema = if identity.kind == Kind::Schema { &identity.name } else { &identity.schema };
        self.excludes_schema(schema)
    }

    /// Whether a schema is left out by its name.
    pub(crate) fn excludes_schema(&self, schema: &str) -> bool {
        self.schemas.iter().any(|(_, pattern)| pattern.matches(schema))
    }

    fn hides_kind(&self, kind: Kind) -> bool {
        let included = || self.included.iter().any(|(included, _)| *included == kind);
        self.ignored.contains(&(kind, None)) || self.preset.hides_kind(kind) && !included()
    }

    pub(crate) fn hides_object(&self, identity: &Identity) -> bool {
        self.leaves_unread(identity)
            || self.objects.iter().any(|pattern| matches_object(pattern, identity))
            || (identity.kind == Kind::Column
                && self.columns.iter().any(|pattern| pattern.matches(&identity.name)))
    }

    pub(super) fn hides_attribute(&self, kind: Kind, attribute: &'static str) -> bool {
        let included = self.included.contains(&(kind, Some(attribute)))
            || self.included.contains(&(kind, None));
        self.ignored.contains(&(kind, Some(attribute)))
            || self.preset.hides_attribute(kind, attribute) && !included
    }

    /// Whether an object is a partition's copy of a constraint, and which those are is left out, as
    /// where one side is a snapshot of an older version, which has none.
    pub(super) fn hides_copy(&self, object: &Object) -> bool {
        matches!(&object.attributes, Attributes::Constraint(it) if it.partition_of.is_some())
            && self.hides_attribute(Kind::Constraint, "partition_of")
    }

    /// Whether the order of a table's columns, and what the server prints in that order, is left
    /// out.
    pub(super) fn hides_column_order(&self) -> bool {
        let included = self.included.contains(&(Kind::Column, Some("position")))
            || self.included.contains(&(Kind::Column, None));
        let ignored = self.ignored.contains(&(Kind::Column, Some("position")));
        ignored || self.preset.hides_column_order() && !included
    }

    /// Takes out the differences that the rules hide, and tells of each rule how many it hid. A
    /// difference counts for the first rule that matches.
    pub(crate) fn apply_rules(&self, differences: &mut Vec<Difference>) -> Vec<HiddenByRule> {
        let mut hidden: Vec<HiddenByRule> = self
            .rules
            .iter()
            .map(|rule| HiddenByRule { reason: rule.reason.clone(), differences: 0 })
            .collect();
        differences.retain(|difference| {
            let rule = self.rules.iter().position(|rule| rule.matches(difference));
            match rule.and_then(|at| hidden.get_mut(at)) {
                Some(found) => found.differences += 1,
                None => return true,
            }
            false
        });
        hidden
    }
}

/// The effect of an [`IgnoreRule`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HiddenByRule {
    /// The rule's reason.
    pub reason: String,
    /// The number of differences; if it is zero, the rule may no longer be needed.
    pub differences: usize,
}

fn glob(pattern: &str) -> Result<Pattern, FilterError> {
    Pattern::glob(pattern).ok_or_else(|| broken(pattern))
}

fn broken(pattern: &str) -> FilterError {
    FilterError::Pattern { pattern: pattern.to_owned() }
}

fn matches_object(pattern: &Pattern, identity: &Identity) -> bool {
    pattern.matches(&identity.qualified_name())
        || identity.owner_name().is_some_and(|owner| pattern.matches(&owner))
}

/// The kinds and attributes that a name means.
fn elements_named(name: &str) -> Result<Vec<Element>, FilterError> {
    let mut named = Vec::new();
    for &kind in Kind::ALL {
        if kind.element() == name {
            return Ok(vec![(kind, None)]);
        }
        named.extend(kind.attribute_names().iter().filter_map(|&attribute| {
            let meant =
                name == attribute || name.split_once('.') == Some((kind.element(), attribute));
            meant.then_some((kind, Some(attribute)))
        }));
    }
    if named.is_empty() {
        return Err(FilterError::UnknownElement {
            name: name.to_owned(),
            suggestion: nearest_element(name),
        });
    }
    Ok(named)
}

/// The element, or else the attribute, with the nearest name.
fn nearest_element(name: &str) -> Option<String> {
    let elements = Kind::ALL.iter().map(|kind| kind.element());
    let attributes = Kind::ALL.iter().flat_map(|kind| kind.attribute_names()).copied();
    nearest(name, elements.chain(attributes)).map(str::to_owned)
}
