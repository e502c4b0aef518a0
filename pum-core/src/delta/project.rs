//! The layout of PUM 1: `changelogs/<version>/*.sql`, with a `.pum.yaml` next to the directory.
//!
//! A version's directory is one delta. The hooks `application.drop` and `application.create` run
//! before and after the deltas, the roles are created first and get their permissions last, and the whole
//! run is one transaction, as in PUM 1.

use std::path::{Path, PathBuf};

use super::configuration::{
    Application, CONFIGURATION, Configuration, DemoData, Hook, Pum, follows, scripts_of, wrong,
};
use super::dependency::Dependencies;
use super::listing::{files_in, is_directory};
use super::name::DOWN;
use super::parameter::{Parameter, Scalar};
use super::role_sql;
use super::roles::{self, ProjectRole};
use super::{
    Delta, DeltaError, DeltaLanguage, DeltaName, Script, Stage, VariableValue, Variables, Version,
};

/// Where changelogs are, unless the configuration says otherwise.
const CHANGELOGS: &str = "changelogs";

/// A file that says of a version that it has no SQL: only the application is re-created.
const APP_ONLY: &str = "APP_ONLY_RELEASE";

/// A project of PUM 1: its configuration, without its deltas.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Project {
    /// The module; `None` without a configuration.
    pub module: Option<String>,
    /// The schema of its table `pum_migrations`.
    pub table_schema: Option<String>,
    /// The Python packages that its hooks need.
    pub dependencies: Dependencies,
    /// The roles that it declares.
    pub roles: Vec<ProjectRole>,
    parameters: Vec<Parameter>,
    /// Its directory.
    base: PathBuf,
    demo_data: Vec<DemoData>,
    uninstall: Vec<Hook>,
}

impl Project {
    /// The scripts that remove the module.
    ///
    /// # Errors
    ///
    /// If one cannot be read.
    pub(crate) fn uninstall_scripts(&self) -> Result<Vec<Script>, DeltaError> {
        scripts_of(&self.uninstall, &self.base, "uninstall")
    }

    /// The names of its sets of demo data.
    pub fn demo_data(&self) -> impl Iterator<Item = &str> {
        self.demo_data.iter().map(|data| &*data.name)
    }

    /// The scripts of a set of demo data; none if there is no such set.
    ///
    /// # Errors
    ///
    /// If one cannot be read.
    pub(crate) fn demo_data_scripts(&self, name: &str) -> Result<Vec<Script>, DeltaError> {
        let sets = self.demo_data.iter().filter(|data| data.name == name);
        let files = sets.flat_map(|data| data.file.iter().chain(&data.files));
        files.map(|file| Script::read(&self.base.join(file))).collect()
    }

    /// The error for a changelog that uses a parameter reserved for the application.
    pub fn explain(&self, err: DeltaError) -> DeltaError {
        let app_only =
            |name: &str| self.parameters.iter().any(|one| one.app_only && one.name == name);
        match err {
            DeltaError::MissingVariable { path, line, name, .. } if app_only(&name) => {
                let message = format!(
                    "the parameter {name} is app_only: it may change, so no changelog can use it"
                );
                DeltaError::Syntax { path, line, message }
            }
            other => other,
        }
    }

    /// These variables without the parameters that are reserved for the application, and without those
    /// that have no value.
    pub fn for_changelogs(&self, variables: &Variables) -> Variables {
        let mut variables = variables.clone();
        let is_null = |name: &str| variables.get(name) == Some(&VariableValue::Null);
        let parameters = self.parameters.iter().filter(|one| one.app_only || is_null(&one.name));
        for name in parameters.map(|one| one.name.clone()).collect::<Vec<_>>() {
            variables.remove(&name);
        }
        variables
    }

    /// The variables of a run: the given ones with the types of the configuration, else those of
    /// the last run, `before`, else the defaults, else null.
    ///
    /// # Errors
    ///
    /// If a parameter of the project has a value of another type, or another value than before.
    pub fn variables(
        &self,
        given: &Variables,
        before: impl Fn(&str) -> Option<String>,
    ) -> Result<Variables, DeltaError> {
        let mut variables = given.clone();
        for parameter in &self.parameters {
            let name = &parameter.name;
            let wrong = |message| DeltaError::Variable { name: name.clone(), message };
            let before = before(name);
            let text = given.get(name).map(VariableValue::text);
            let default = || parameter.default.as_ref().map(Scalar::text);
            let Some(text) = text.or_else(|| before.clone()).or_else(default) else {
                variables.set(name, VariableValue::Null);
                continue;
            };
            let value = parameter.value(&text).map_err(wrong)?;
            let was = before.as_ref().and_then(|text| parameter.kind.value(text).ok());
            if let (Some(was), false) = (was, parameter.app_only)
                && was != value
            {
                return Err(wrong(format!(
                    "it is \"{}\" in this database, and cannot become \"{text}\": the applied \
                     changelogs used the old value",
                    was.text()
                )));
            }
            variables.set(name, value);
        }
        Ok(variables)
    }
}

/// A part of a project that a run can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectPart {
    /// The creation of its roles. Those that are there still get their permissions.
    Roles,
    /// The permissions of its roles.
    Permissions,
    /// The scripts that drop its application, before the deltas.
    DropOfApplication,
    /// The scripts that create its application, after the deltas.
    CreationOfApplication,
}

/// A project with its scripts.
pub(super) struct Layout {
    pub(super) project: Project,
    pub(super) drop: Vec<Script>,
    pub(super) deltas: Vec<Delta>,
    pub(super) create: Vec<Script>,
    /// What creates the roles, and what grants them their permissions.
    pub(super) roles: Option<[Script; 2]>,
}

impl Layout {
    /// Reads the project whose directory, or whose directory of changelogs, this is; `None` if it
    /// is none.
    pub(super) fn read(directory: &Path) -> Result<Option<Self>, DeltaError> {
        let Some((base, changelogs, configuration)) = find(directory)? else { return Ok(None) };
        let Configuration {
            pum,
            parameters,
            application,
            roles,
            dependencies,
            demo_data,
            uninstall,
            changelogs_directory: _,
        } = configuration;
        let dependencies = Dependencies {
            configuration: base.join(CONFIGURATION),
            packages: dependencies.unwrap_or_default(),
        };
        for package in &dependencies.packages {
            package.check().map_err(|message| wrong(&base.join(CONFIGURATION), message))?;
        }
        let Application { drop, create } = application.unwrap_or_default();
        let deltas = deltas(&changelogs)?;
        let drop = scripts_of(&drop.unwrap_or_default(), &base, "application.drop")?;
        let create = scripts_of(&create.unwrap_or_default(), &base, "application.create")?;
        let (module, table_schema) = match pum {
            Some(Pum { module, migration_table_schema, minimum_version }) => {
                if let Some(minimum) = minimum_version {
                    follows(&minimum.text())
                        .map_err(|message| wrong(&base.join(CONFIGURATION), message))?;
                }
                (Some(module), migration_table_schema)
            }
            None => (None, None),
        };
        let parameters = parameters.unwrap_or_default();
        for parameter in &parameters {
            parameter.check().map_err(|message| wrong(&base.join(CONFIGURATION), message))?;
        }
        let own_roles = roles.unwrap_or_default();
        roles::check(&own_roles).map_err(|message| wrong(&base.join(CONFIGURATION), message))?;
        let script = |key: &str, sql: &str| {
            let mut shown = base.join(CONFIGURATION).into_os_string();
            shown.push(format!(" {key}"));
            Script::of_text(Path::new(&shown), sql)
        };
        let scripts = || -> Result<[Script; 2], DeltaError> {
            let create = script("roles", &role_sql::create(&own_roles))?;
            Ok([create, script("roles.permissions", &role_sql::grant(&own_roles))?])
        };
        let roles = if own_roles.is_empty() { None } else { Some(scripts()?) };
        let project = Project {
            module,
            table_schema,
            dependencies,
            roles: own_roles,
            parameters,
            base,
            demo_data: demo_data.unwrap_or_default(),
            uninstall: uninstall.unwrap_or_default(),
        };
        Ok(Some(Self { project, drop, deltas, create, roles }))
    }
}

/// Where the versions of a project are; `None` if the directory is none of a project.
#[cfg(feature = "postgres")]
pub(super) fn changelogs_of(directory: &Path) -> Result<Option<PathBuf>, DeltaError> {
    Ok(find(directory)?.map(|(_, changelogs, _)| changelogs))
}

/// The delta of a version, whose directory this is.
#[cfg(feature = "postgres")]
pub(super) fn delta_of(version: &Version, directory: &Path) -> Result<Delta, DeltaError> {
    let (script, down) = changelog(directory)?;
    Ok(Delta { name: name_of(version.clone()), script, down })
}

fn name_of(version: Version) -> DeltaName {
    let (stage, language) = (Stage::Normal, DeltaLanguage::Sql);
    DeltaName { version, stage, name: String::new(), language }
}

/// The project's directory, that of its changelogs, and its configuration.
fn find(directory: &Path) -> Result<Option<(PathBuf, PathBuf, Configuration)>, DeltaError> {
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    for base in [directory, parent] {
        if !base.join(CONFIGURATION).is_file() {
            continue;
        }
        let configuration = Configuration::read(&base.join(CONFIGURATION))?;
        let name = configuration.changelogs_directory.as_deref().unwrap_or(CHANGELOGS);
        let changelogs = base.join(name);
        if base == directory || is_same(&changelogs, directory) {
            return Ok(Some((base.to_owned(), changelogs, configuration)));
        }
    }
    for changelogs in [directory.join(CHANGELOGS), directory.to_owned()] {
        let versions = directories_in(&changelogs).unwrap_or_default();
        let is_version = |path: &PathBuf| version_of(path).is_some();
        if !versions.is_empty() && versions.iter().all(is_version) && no_deltas(directory) {
            return Ok(Some((directory.to_owned(), changelogs, Configuration::default())));
        }
    }
    Ok(None)
}

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Whether no file in the directory is named like a delta of the classic layout.
fn no_deltas(directory: &Path) -> bool {
    let is_delta = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("delta"))
    };
    !files_in(directory).unwrap_or_default().iter().any(is_delta)
}

/// One delta for each version.
fn deltas(changelogs: &Path) -> Result<Vec<Delta>, DeltaError> {
    let unreadable = |source| DeltaError::Directory { path: changelogs.to_owned(), cause: source };
    let mut deltas = Vec::new();
    for directory in directories_in(changelogs).map_err(unreadable)? {
        let version = version_of(&directory).ok_or_else(|| {
            let message = "a changelogs directory contains one directory per version, X.Y.Z";
            wrong(&directory, message.to_owned())
        })?;
        let (script, down) = changelog(&directory)?;
        deltas.push(Delta { name: name_of(version), script, down });
    }
    for file in files_in(changelogs)? {
        if file.extension().is_some_and(|end| end.eq_ignore_ascii_case("sql")) {
            let message = "a changelog belongs in the directory of its version".to_owned();
            return Err(wrong(&file, message));
        }
    }
    Ok(deltas)
}

/// The script of a version: its files, in the order of their names; and what undoes it.
fn changelog(directory: &Path) -> Result<(Script, Option<Script>), DeltaError> {
    let mut files = files_in(directory)?;
    let app_only = files.iter().any(|path| path.file_name().is_some_and(|name| name == APP_ONLY));
    for path in &files {
        let end = path.extension().map(|end| end.to_string_lossy().into_owned());
        if end.is_some_and(|end| end != "sql" && end.eq_ignore_ascii_case("sql")) {
            return Err(wrong(path, "a changelog's name must end in \".sql\"".to_owned()));
        }
    }
    files.retain(|path| path.extension().is_some_and(|end| end == "sql"));
    let is_down = |path: &PathBuf| path.to_string_lossy().ends_with(DOWN);
    let (downs, files): (Vec<PathBuf>, Vec<PathBuf>) = files.into_iter().partition(is_down);
    match (files.is_empty(), app_only) {
        (true, false) => {
            let message = format!(
                "there is no SQL file in it; if this version only changes the application, add an \
                 empty file {APP_ONLY}"
            );
            Err(wrong(directory, message))
        }
        (false, true) => {
            let message =
                format!("there are SQL files next to {APP_ONLY}: remove one or the other");
            Err(wrong(directory, message))
        }
        _ => {
            let script = Script::read_several(directory, &files)?;
            let down = (!downs.is_empty()).then(|| Script::read_several(directory, &downs));
            Ok((script, down.transpose()?))
        }
    }
}

/// The directories in a directory, by name; hidden ones are left out.
pub(crate) fn directories_in(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && is_directory(entry.file_type()?, &path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn version_of(directory: &Path) -> Option<Version> {
    Version::of_two_or_three(directory.file_name()?.to_str()?)
}
