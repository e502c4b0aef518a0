use std::collections::BTreeSet;

use super::like::LikePattern;
use crate::model::{Identity, Kind};

/// What a comparison leaves out.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    kinds: BTreeSet<Kind>,
    attributes: BTreeSet<(Option<Kind>, &'static str)>,
    schemas: BTreeSet<String>,
    columns: Vec<LikePattern>,
}

/// A filter that means nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterError {
    /// No element or attribute has this name.
    #[error("there is no element or attribute \"{name}\" to ignore{}; elements are: {}",
            suggestion.as_ref().map(|s| format!(" (did you mean \"{s}\"?)")).unwrap_or_default(),
            Kind::ALL.iter().map(|kind| kind.element()).collect::<Vec<_>>().join(", "))]
    UnknownElement {
        /// What was given.
        name: String,
        /// The nearest name that exists.
        suggestion: Option<String>,
    },
    /// A `LIKE` pattern is broken.
    #[error("the pattern \"{pattern}\" ends in a lone backslash")]
    Pattern {
        /// What was given.
        pattern: String,
    },
}

impl Filters {
    /// Leaves out an element (`tables`, `columns` …), an attribute of all kinds (`owner`) or of
    /// one kind (`tables.owner`).
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
        let mut known = false;
        for &kind in Kind::ALL {
            if kind.element() == name {
                self.kinds.insert(kind);
                return Ok(());
            }
            for &attribute in kind.attribute_names() {
                if name == attribute {
                    self.attributes.insert((None, attribute));
                    known = true;
                } else if name.split_once('.') == Some((kind.element(), attribute)) {
                    self.attributes.insert((Some(kind), attribute));
                    known = true;
                }
            }
        }
        if known {
            return Ok(());
        }
        Err(FilterError::UnknownElement { name: name.to_owned(), suggestion: nearest(name) })
    }

    /// Leaves out a schema and all in it.
    pub fn exclude_schema(&mut self, schema: &str) {
        self.schemas.insert(schema.to_owned());
    }

    /// Leaves out the columns whose name matches a pattern of SQL's `LIKE`.
    pub fn exclude_columns(&mut self, pattern: &str) -> Result<(), FilterError> {
        let parsed = LikePattern::new(pattern)
            .ok_or_else(|| FilterError::Pattern { pattern: pattern.to_owned() })?;
        self.columns.push(parsed);
        Ok(())
    }

    /// The schemas left out, for the `catalog` room to not even read them.
    pub fn excluded_schemas(&self) -> impl Iterator<Item = &str> {
        self.schemas.iter().map(String::as_str)
    }

    pub(super) fn hides_object(&self, identity: &Identity) -> bool {
        self.kinds.contains(&identity.kind)
            || self.schemas.contains(&identity.schema)
            || (identity.kind == Kind::Column
                && self.columns.iter().any(|pattern| pattern.matches(&identity.name)))
    }

    pub(super) fn hides_attribute(&self, kind: Kind, attribute: &'static str) -> bool {
        self.attributes.contains(&(None, attribute))
            || self.attributes.contains(&(Some(kind), attribute))
    }
}

fn nearest(name: &str) -> Option<String> {
    let elements = Kind::ALL.iter().map(|kind| kind.element());
    let attributes = Kind::ALL.iter().flat_map(|kind| kind.attribute_names().iter().copied());
    elements
        .chain(attributes)
        .map(|known| (strsim::osa_distance(known, name), known))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, known)| known.to_owned())
}
