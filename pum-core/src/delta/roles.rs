//! The roles that the configuration of a project of PUM 1 declares.

use serde::Deserialize;

/// A role of a project: what it may do in which schemas.
///
/// ```
/// # use pum_core::delta::DeltaSet;
/// # let directory = tempfile::tempdir()?;
/// # std::fs::create_dir_all(directory.path().join("changelogs/1.0.0"))?;
/// # std::fs::write(directory.path().join("changelogs/1.0.0/one.sql"), "CREATE SCHEMA shop;")?;
/// # let configuration = "pum: {module: shop}\nroles:\n\
/// #   - {name: shop_viewer, permissions: [{type: read, schemas: [shop]}]}\n";
/// # std::fs::write(directory.path().join(".pum.yaml"), configuration)?;
/// # let directory = directory.path();
/// let deltas = DeltaSet::read(&[directory])?;
/// let roles = deltas.project.unwrap_or_default().roles;
/// assert_eq!(roles[0].with_suffix("lausanne").name, "shop_viewer_lausanne");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ProjectRole {
    /// Its name.
    pub name: String,
    /// What it may do.
    #[serde(default)]
    pub permissions: Vec<Permission>,
    /// The role that it becomes a member of when it is created.
    pub inherit: Option<String>,
    /// Its comment.
    pub description: Option<String>,
}

/// What a role may do in some schemas.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Permission {
    /// Reading or writing.
    #[serde(rename = "type")]
    pub access: Access,
    /// The schemas.
    #[serde(default)]
    pub schemas: Vec<String>,
}

/// A kind of permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Access {
    /// To select from all tables, use all sequences, and execute all routines.
    Read,
    /// All privileges on the schema and on all that is in it.
    Write,
}

impl ProjectRole {
    /// The same role for one of several databases on a server, as `viewer_lausanne`. It is a member of none.
    #[must_use]
    pub fn with_suffix(&self, suffix: &str) -> Self {
        let specific = |description: &String| format!("{description} (specific to {suffix})");
        Self {
            name: format!("{}_{suffix}", self.name),
            permissions: self.permissions.clone(),
            inherit: None,
            description: self.description.as_ref().map(specific),
        }
    }

    /// What it may do in which schema, one after the other.
    pub(crate) fn accesses(&self) -> impl Iterator<Item = (Access, &str)> {
        self.permissions.iter().flat_map(|permission| {
            permission.schemas.iter().map(|schema| (permission.access, &**schema))
        })
    }
}

/// What is wrong with the roles of a configuration.
pub(super) fn check(roles: &[ProjectRole]) -> Result<(), String> {
    for (at, role) in roles.iter().enumerate() {
        let name = &role.name;
        if roles[..at].iter().any(|other| other.name == *name) {
            return Err(format!("the role {name} is declared twice"));
        }
        if let Some(parent) = &role.inherit
            && roles[..at].iter().all(|other| other.name != *parent)
        {
            return Err(format!(
                "role {name}: it inherits from {parent}, which must be declared before it"
            ));
        }
        if role.permissions.iter().any(|permission| permission.schemas.is_empty()) {
            return Err(format!("role {name}: a permission must name its schemas"));
        }
    }
    Ok(())
}
