//! `.pum.yaml`, the configuration of a project of PUM 1.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::dependency::Dependency;
use super::parameter::{Parameter, Scalar};
use super::roles::ProjectRole;
use super::yaml;
use super::{DeltaError, Script, Version};

/// The configuration of a project.
pub(super) const CONFIGURATION: &str = ".pum.yaml";

/// The version of PUM 1 whose projects are understood.
const FOLLOWED: (u64, u64) = (1, 8);

/// `.pum.yaml`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Configuration {
    pub(super) pum: Option<Pum>,
    pub(super) parameters: Option<Vec<Parameter>>,
    #[serde(alias = "migration_hooks")]
    pub(super) application: Option<Application>,
    pub(super) changelogs_directory: Option<String>,
    pub(super) roles: Option<Vec<ProjectRole>>,
    pub(super) dependencies: Option<Vec<Dependency>>,
    pub(super) demo_data: Option<Vec<DemoData>>,
    pub(super) uninstall: Option<Vec<Hook>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pum {
    pub(super) module: String,
    pub(super) migration_table_schema: Option<String>,
    pub(super) minimum_version: Option<Scalar>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Application {
    #[serde(alias = "pre")]
    pub(super) drop: Option<Vec<Hook>>,
    #[serde(alias = "post")]
    pub(super) create: Option<Vec<Hook>>,
}

/// Rows to try a module with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoData {
    pub(super) name: String,
    pub(super) file: Option<PathBuf>,
    #[serde(default)]
    pub(super) files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hook {
    pub(super) file: Option<PathBuf>,
    pub(super) code: Option<String>,
}

impl Configuration {
    pub(super) fn read(path: &Path) -> Result<Self, DeltaError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| DeltaError::File { path: path.to_owned(), cause: source })?;
        let read: Option<Self> = yaml::from_str(&text).map_err(|message| wrong(path, message))?;
        Ok(read.unwrap_or_default())
    }
}

/// The scripts of hooks under a key.
pub(super) fn scripts_of(
    hooks: &[Hook],
    base: &Path,
    key: &str,
) -> Result<Vec<Script>, DeltaError> {
    let hooks = hooks.iter().enumerate();
    hooks.map(|(at, hook)| hook.script(base, &format!("{key}[{at}]"))).collect()
}

impl Hook {
    pub(super) fn script(&self, base: &Path, key: &str) -> Result<Script, DeltaError> {
        let configuration = base.join(CONFIGURATION);
        match (&self.file, &self.code) {
            (Some(file), None) => {
                let path = base.join(file);
                match path.extension().and_then(|end| end.to_str()) {
                    Some("sql") => Script::read(&path),
                    Some("py") => Script::read_hook(&path),
                    _ => Err(wrong(&path, "a hook must be a .sql or .py file".to_owned())),
                }
            }
            (None, Some(code)) => {
                let mut shown = configuration.into_os_string();
                shown.push(format!(" {key}"));
                Script::of_text(Path::new(&shown), code)
            }
            _ => {
                let message = format!("{key}: a hook must have either \"file\" or \"code\"");
                Err(wrong(&configuration, message))
            }
        }
    }
}

/// Whether this version of pum does what projects expect of that version of PUM 1.
pub(super) fn follows(minimum: &str) -> Result<(), String> {
    let version = Version::of_two_or_three(minimum).ok_or_else(|| {
        format!("pum.minimum_version: \"{minimum}\" is not a version, as in 1.8.0")
    })?;
    if version >= Version::new(FOLLOWED.0, FOLLOWED.1 + 1, 0) {
        let (major, minor) = FOLLOWED;
        return Err(format!(
            "pum.minimum_version: it requires PUM {minimum}, and this version of pum follows \
             {major}.{minor}"
        ));
    }
    Ok(())
}

pub(super) fn wrong(path: &Path, message: String) -> DeltaError {
    DeltaError::Project { path: path.to_owned(), message }
}
