//! Which schemas of one side are compared with which of the other.

use std::fmt;
use std::str::FromStr;

use crate::did_you_mean::nearest;
use crate::pattern::Pattern;
use crate::{ErrorKind, Hint};

/// Schemas of the left side that are each compared with a schema of another name of the right side:
/// the schemas of tenants with the one of the model.
///
/// Only these are compared. A reference to an object of the one schema counts as one to that of the
/// other; text (the bodies of functions, strings, comments) counts as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchemaMap(Vec<SchemaMapping>);

/// One entry of a [`SchemaMap`]: `tenant_7=public`, or a glob of schemas, `tenant_*=public`.
///
/// ```
/// use pum_core::compare::SchemaMapping;
///
/// let mapping: SchemaMapping = "tenant_*=public".parse()?;
/// assert!("tenant_*".parse::<SchemaMapping>().is_err());
/// # Ok::<(), pum_core::compare::SchemaMapError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaMapping {
    text: String,
    left: Pattern,
    /// What is before and behind the only wildcard, if that is a `*`.
    around: Option<(String, String)>,
    right: String,
    is_glob: bool,
}

/// Why schemas cannot be compared so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaMapError {
    /// The text is not an entry.
    #[error(
        "\"{text}\" is not of the form A=B: {problem}, such as tenant_7=public or tenant_*=public"
    )]
    NotAMapping {
        /// The given text.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The left side has no such schema.
    #[error(
        "no schema of the first source matches \"{pattern}\"{}",
        listed("the first source", schemas, suggestion.as_deref())
    )]
    NoMatch {
        /// The name or glob.
        pattern: String,
        /// The schemas that are there.
        schemas: Vec<String>,
        /// The nearest name.
        suggestion: Option<String>,
    },
    /// The right side has no such schema.
    #[error(
        "the second source has no schema \"{schema}\"{}",
        listed("the second source", schemas, suggestion.as_deref())
    )]
    Missing {
        /// The name.
        schema: String,
        /// The schemas that are there.
        schemas: Vec<String>,
        /// The nearest name.
        suggestion: Option<String>,
    },
    /// Only comparisons take them.
    #[error("schemas of different names can be compared, but no SQL can be written for them")]
    NotForPlans,
}

fn listed(side: &str, schemas: &[String], suggestion: Option<&str>) -> String {
    const MOST: usize = 20;
    if let Some(near) = suggestion {
        return format!(" (did you mean \"{near}\"?)");
    }
    let shown: Vec<&str> = schemas.iter().take(MOST).map(String::as_str).collect();
    let more = if schemas.len() > MOST { ", ..." } else { "" };
    format!(
        "; {side} has {}{more}",
        if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
    )
}

impl SchemaMapError {
    /// What to do about it, in addition to its text.
    pub fn hint(&self) -> Option<Hint> {
        None
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

impl FromStr for SchemaMapping {
    type Err = SchemaMapError;

    fn from_str(text: &str) -> Result<Self, SchemaMapError> {
        let wrong = |problem| SchemaMapError::NotAMapping { text: text.to_owned(), problem };
        let (left, right) = text.split_once('=').ok_or_else(|| wrong("there is no ="))?;
        let (left, right) = (left.trim(), right.trim());
        if left.is_empty() || right.is_empty() {
            return Err(wrong("the name of a schema is missing"));
        }
        if right.contains(['*', '?', '\\', '=']) {
            return Err(wrong("B is the name of one schema"));
        }
        let pattern = Pattern::glob(left).ok_or_else(|| wrong("A ends in a lone backslash"))?;
        let is_glob = left.contains(['*', '?']);
        let around = left.split_once('*').filter(|(before, behind)| {
            !before.contains(['?', '\\']) && !behind.contains(['*', '?', '\\'])
        });
        let around = around.map(|(before, behind)| (before.to_owned(), behind.to_owned()));
        Ok(Self { text: left.to_owned(), left: pattern, around, right: right.to_owned(), is_glob })
    }
}

impl fmt::Display for SchemaMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.text, self.right)
    }
}

impl SchemaMapping {
    /// What the `*` stands for in a name that matches.
    fn captured<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (before, behind) = self.around.as_ref()?;
        name.strip_prefix(&**before)?.strip_suffix(&**behind)
    }
}

/// Schemas that are compared at the same time, those of one tenant: each of the left side with its
/// counterpart.
pub(super) type Group = Vec<(String, String)>;

impl SchemaMap {
    /// A map of these entries.
    pub fn new(entries: impl IntoIterator<Item = SchemaMapping>) -> Self {
        Self(entries.into_iter().collect())
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its entries.
    pub fn entries(&self) -> &[SchemaMapping] {
        &self.0
    }

    /// What is compared, by the schemas of both sides. Entries with other counterparts belong together:
    /// `a_app=app,a_log=log,b_app=app,b_log=log` are two groups, as are `*_app=app,*_log=log`.
    pub(super) fn groups(
        &self,
        left: &[String],
        right: &[String],
        is_same_database: bool,
    ) -> Result<Vec<Group>, SchemaMapError> {
        let mut groups: Vec<(Option<String>, Group)> = Vec::new();
        for entry in &self.0 {
            if !right.contains(&entry.right) {
                let (schema, schemas) = (entry.right.clone(), right.to_vec());
                let suggestion = nearest(&schema, right.iter().map(String::as_str));
                let suggestion = suggestion.map(str::to_owned);
                return Err(SchemaMapError::Missing { schema, schemas, suggestion });
            }
            // A schema is not compared with itself because it looks like a tenant's.
            let is_itself =
                |name: &String| entry.is_glob && is_same_database && *name == entry.right;
            let found = left.iter().filter(|name| entry.left.matches(name) && !is_itself(name));
            let found: Vec<&String> = found.collect();
            if found.is_empty() {
                let (pattern, schemas) = (entry.text.clone(), left.to_vec());
                let suggestion = nearest(&pattern, left.iter().map(String::as_str));
                let suggestion = suggestion.map(str::to_owned);
                return Err(SchemaMapError::NoMatch { pattern, schemas, suggestion });
            }
            for name in found {
                let pair = (name.clone(), entry.right.clone());
                if groups.iter().any(|(_, group)| group.contains(&pair)) {
                    continue;
                }
                let key = entry.captured(name).map(str::to_owned);
                let fits = |(other, group): &&mut (Option<String>, Group)| {
                    *other == key
                        && group.iter().all(|(left, right)| left != name && *right != entry.right)
                };
                match groups.iter_mut().find(fits) {
                    Some((_, group)) => group.push(pair),
                    None => groups.push((key, vec![pair])),
                }
            }
        }
        Ok(groups.into_iter().map(|(_, group)| group).collect())
    }
}

impl FromIterator<SchemaMapping> for SchemaMap {
    fn from_iter<T: IntoIterator<Item = SchemaMapping>>(entries: T) -> Self {
        Self::new(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(map: &str, left: &str, right: &str) -> Result<Vec<String>, SchemaMapError> {
        let names = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let map: Result<SchemaMap, _> = map.split(',').map(str::parse).collect();
        let groups = map?.groups(&names(left), &names(right), true)?;
        let pair = |(left, right): &(String, String)| format!("{left}={right}");
        Ok(groups
            .iter()
            .map(|group| group.iter().map(pair).collect::<Vec<_>>().join("+"))
            .collect())
    }

    #[test]
    fn schemas_of_one_tenant_are_compared_together() {
        let left = "t1 t1_log t2 t2_log t10_log model";
        let found = |map: &str| groups(map, left, "model log").unwrap();
        assert_eq!(found("t1=model"), ["t1=model"]);
        assert_eq!(found("t1=model,t2=model"), ["t1=model", "t2=model"]);
        assert_eq!(
            found("t1=model,t1_log=log,t2=model,t2_log=log"),
            ["t1=model+t1_log=log", "t2=model+t2_log=log"]
        );
        assert_eq!(
            found("t1=model,t2=model,t*_log=log"),
            ["t1=model", "t2=model", "t1_log=log", "t2_log=log", "t10_log=log"]
        );
        let of_both = groups("*_app=a,*_log=b", "x_app x_log y_app y_log", "a b").unwrap();
        assert_eq!(of_both, ["x_app=a+x_log=b", "y_app=a+y_log=b"]);
        // Named twice it is compared once, and a model is no tenant of itself.
        assert_eq!(found("t1=model,t?=model"), ["t1=model", "t2=model"]);
        assert_eq!(found("*o*=model"), ["t1_log=model", "t2_log=model", "t10_log=model"]);
    }

    #[test]
    fn a_wrong_map_is_an_error_that_says_what_there_is() {
        let problem = |map: &str| groups(map, "t1 t2", "model").unwrap_err().to_string();
        for (map, told) in [
            ("t1", "\"t1\" is not of the form A=B: there is no =, such as tenant_7=public"),
            ("=model", "the name of a schema is missing"),
            ("t1=", "the name of a schema is missing"),
            ("t1=m*", "B is the name of one schema"),
            ("t1\\=model", "A ends in a lone backslash"),
            (
                "x*=model",
                "no schema of the first source matches \"x*\"; the first source has t1, t2",
            ),
            ("t1=modle", "the second source has no schema \"modle\" (did you mean \"model\"?)"),
        ] {
            assert!(problem(map).contains(told), "{map}: {}", problem(map));
        }
    }
}
