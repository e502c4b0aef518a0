use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files::Files;
use super::name::{FileRole, role_of};
use super::project::Layout;
use super::repeatable::refuse_same_names;
use super::{
    Delta, DeltaError, DeltaName, Project, ProjectPart, ProjectRole, Repeatable, Runner, Script,
    VariableForm, Variables,
};

/// The contents of one or more delta directories, in the order in which they run.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # for name in ["delta_1.10.0.sql", "delta_1.9.0_b.sql", "delta_1.9.0_a.post.sql", "post-all.sql"] {
/// #     std::fs::write(dir.path().join(name), "select 1;")?;
/// # }
/// use pum_core::delta::DeltaSet;
///
/// let set = DeltaSet::read(&[dir.path()])?;
/// let order: Vec<_> = set.deltas.iter().map(|d| d.script.file_name()).collect();
/// assert_eq!(order, ["delta_1.9.0_b.sql", "delta_1.9.0_a.post.sql", "delta_1.10.0.sql"]);
/// assert_eq!(set.post_all.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct DeltaSet {
    /// The directories.
    pub directories: Vec<PathBuf>,
    /// `pre-all.sql` of each directory, the last directory's first.
    pub pre_all: Vec<Script>,
    /// The deltas, in order.
    pub deltas: Vec<Delta>,
    /// `post-all.sql` of each directory, the first directory's first.
    pub post_all: Vec<Script>,
    /// The scripts in their directories `repeatable`, by name.
    pub repeatable: Vec<Repeatable>,
    /// Their project, if it is one of PUM 1.
    pub project: Option<Project>,
    /// The first of `pre_all` and the last of `post_all`, if it declares roles.
    roles: Option<RoleScripts>,
    /// What was left out of it.
    skipped: Vec<ProjectPart>,
    /// The scripts that undo deltas, until they are with these.
    downs: Vec<(DeltaName, Script)>,
}

/// What creates the roles of a project, and what grants them their permissions.
#[derive(Debug, Clone)]
struct RoleScripts {
    create: Script,
    grant: Script,
}

impl DeltaSet {
    /// The files that are programs of this kind, in order.
    pub(crate) fn programs(&self, runner: Runner) -> impl Iterator<Item = &Path> {
        let deltas = self.deltas.iter().map(|delta| &delta.script);
        let scripts = self.pre_all.iter().chain(deltas).chain(&self.post_all);
        scripts.filter(move |script| script.runner() == Some(runner)).map(Script::path)
    }

    /// Leaves out a part of the project, if it is one of PUM 1.
    pub fn skip(&mut self, part: ProjectPart) {
        if self.project.is_none() {
            return;
        }
        let [create, grant] = self.role_scripts().map(|path| path.map(Path::to_owned));
        let is_create = |script: &Script| create.as_deref() == Some(script.path());
        let is_grant = |script: &Script| grant.as_deref() == Some(script.path());
        match part {
            ProjectPart::Roles => self.pre_all.retain(|script| !is_create(script)),
            ProjectPart::Permissions => self.post_all.retain(|script| !is_grant(script)),
            ProjectPart::DropOfApplication => self.pre_all.retain(is_create),
            ProjectPart::CreationOfApplication => self.post_all.retain(is_grant),
        }
        self.skipped.push(part);
    }

    /// The parts of the project that were left out.
    pub fn skipped(&self) -> &[ProjectPart] {
        &self.skipped
    }

    /// What creates the roles, and what grants them their permissions.
    fn role_scripts(&self) -> [Option<&Path>; 2] {
        let scripts = self.roles.as_ref();
        [scripts.map(|roles| roles.create.path()), scripts.map(|roles| roles.grant.path())]
    }

    /// The roles of the project, if they get their permissions; none if these are left out.
    pub fn roles_with_permissions(&self) -> &[ProjectRole] {
        let [_, grant] = self.role_scripts();
        let grants = self.post_all.iter().any(|script| Some(script.path()) == grant);
        self.project.as_ref().filter(|_| grants).map_or(&[], |project| &project.roles)
    }

    /// The scripts that drop the application of the project, and those that create it and grant the
    /// roles their permissions.
    pub(crate) fn application_scripts(&self) -> (Vec<Script>, Vec<Script>) {
        let [create, _] = self.role_scripts();
        let drop = self.pre_all.iter().filter(|script| Some(script.path()) != create);
        (drop.cloned().collect(), self.post_all.clone())
    }

    /// Reads the directories (not their subdirectories).
    ///
    /// A directory with `changelogs/<version>/*.sql`, or such a `changelogs` directory itself, is
    /// read as a project of PUM 1, see [`Project`]; it cannot be combined with others.
    ///
    /// # Errors
    ///
    /// If a directory cannot be read, a file looks like a delta and is not named like one, or two
    /// are the same.
    pub fn read<P: AsRef<Path>>(directories: &[P]) -> Result<Self, DeltaError> {
        let paths = directories.iter().map(|path| path.as_ref().to_owned()).collect();
        Self::read_or_empty(directories)?.refuse_empty(paths)
    }

    /// The same, if there need not be a delta yet.
    pub(super) fn read_or_empty<P: AsRef<Path>>(directories: &[P]) -> Result<Self, DeltaError> {
        let mut set = Self::default();
        let mut misnamed = Vec::new();
        for directory in directories {
            let directory = directory.as_ref();
            if let Some(layout) = Layout::read(directory)? {
                if directories.len() > 1 {
                    let message = "a PUM 1 project must be the only directory, and several are \
                                   given";
                    let (path, message) = (directory.to_owned(), message.to_owned());
                    return Err(DeltaError::Project { path, message });
                }
                set.project = Some(layout.project);
                set.pre_all = layout.drop;
                set.deltas = layout.deltas;
                set.post_all = layout.create;
                if let Some([create, grant]) = layout.roles {
                    // A changelog may grant to a role.
                    set.pre_all.insert(0, create.clone());
                    set.post_all.push(grant.clone());
                    set.roles = Some(RoleScripts { create, grant });
                }
                set.directories.push(directory.to_owned());
                continue;
            }
            set.directories.push(directory.to_owned());
            set.add(&Files::Disk, directory, &mut misnamed)?;
        }
        set.finished(misnamed)
    }

    /// Adds what one directory holds, and to `misnamed` what is not named as it must be.
    pub(super) fn add(
        &mut self,
        files: &Files,
        directory: &Path,
        misnamed: &mut Vec<DeltaError>,
    ) -> Result<(), DeltaError> {
        let mut pre_all = Vec::new();
        let (mut roles, mut paths) = (Vec::new(), Vec::new());
        for path in files.of_directory(directory)? {
            let file_name = path.file_name().map(|name| name.to_string_lossy());
            match role_of(&file_name.unwrap_or_default()) {
                Ok(FileRole::Other) => {}
                Ok(role) => {
                    roles.push(role);
                    paths.push(path);
                }
                Err(err) => misnamed.push(with_path(err, &path)),
            }
        }
        for (role, script) in roles.into_iter().zip(read_scripts(files, &paths)?) {
            match role {
                FileRole::Delta(name) => self.deltas.push(Delta { name, script, down: None }),
                FileRole::Down(name) => self.downs.push((name, script)),
                FileRole::PreAll => pre_all.push(script),
                FileRole::PostAll => self.post_all.push(script),
                FileRole::Other => {}
            }
        }
        self.pre_all.splice(0..0, pre_all);
        self.repeatable.append(&mut Repeatable::read_all(files, directory)?);
        Ok(())
    }

    /// Refused if it has no delta; `paths`: where deltas were looked for.
    pub(super) fn refuse_empty(self, paths: Vec<PathBuf>) -> Result<Self, DeltaError> {
        if self.deltas.is_empty() {
            return Err(DeltaError::Empty { paths });
        }
        Ok(self)
    }

    /// In order, and refused if anything is wrong with the names.
    pub(super) fn finished(mut self, mut misnamed: Vec<DeltaError>) -> Result<Self, DeltaError> {
        match misnamed.pop() {
            Some(only) if misnamed.is_empty() => return Err(only),
            Some(last) => {
                misnamed.push(last);
                return Err(DeltaError::Several { errors: misnamed });
            }
            None => {}
        }
        self.deltas.sort_by(|a, b| a.name.cmp(&b.name));
        for (undone, script) in std::mem::take(&mut self.downs) {
            let is_undone = |delta: &&mut Delta| {
                let DeltaName { version, stage, name, .. } = &delta.name;
                (version, stage, name) == (&undone.version, &undone.stage, &undone.name)
            };
            let Some(delta) = self.deltas.iter_mut().find(is_undone) else {
                let file_name = script.path().display().to_string();
                let reason = "there is no delta of that name which it undoes".to_owned();
                return Err(DeltaError::Misnamed { file_name, reason });
            };
            delta.down = Some(script);
        }
        refuse_duplicates(&self.deltas)?;
        self.repeatable.sort_by_key(Repeatable::name);
        refuse_same_names(&self.repeatable)?;
        Ok(self)
    }

    /// All scripts.
    pub fn scripts(&self) -> impl Iterator<Item = &Script> {
        let deltas = self.deltas.iter().map(|delta| &delta.script);
        let repeatable = self.repeatable.iter().flat_map(Repeatable::scripts);
        self.pre_all.iter().chain(deltas).chain(repeatable).chain(&self.post_all)
    }

    /// The syntax in which the scripts refer to variables: the one that is set, or else the first
    /// of classic, psql's and braces in which any script refers to one of them.
    pub fn variable_form(&self, variables: &Variables) -> Option<VariableForm> {
        let used = |form: &VariableForm| self.scripts().any(|one| one.uses(variables, *form));
        variables.form().or_else(|| VariableForm::ALL.into_iter().find(used))
    }
}

/// Reads many files, on all processors if that is worth it.
fn read_scripts(files: &Files, paths: &[PathBuf]) -> Result<Vec<Script>, DeltaError> {
    const WORTH_A_THREAD: usize = 250;
    let read = |paths: &[PathBuf]| -> Result<Vec<_>, _> {
        paths.iter().map(|path| Script::read_in(files, path)).collect()
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let part = paths.len().div_ceil(processors).max(WORTH_A_THREAD);
    let mut parts = paths.chunks(part);
    let own = parts.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(move || read(part))).collect();
        let mut scripts = read(own)?;
        for other in others {
            let read = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            scripts.append(&mut read?);
        }
        Ok(scripts)
    })
}

fn with_path(err: DeltaError, path: &Path) -> DeltaError {
    match err {
        DeltaError::Misnamed { reason, .. } => {
            DeltaError::Misnamed { file_name: path.display().to_string(), reason }
        }
        other => other,
    }
}

/// Two files that the upgrades table could not tell apart.
fn refuse_duplicates(deltas: &[Delta]) -> Result<(), DeltaError> {
    let mut seen = BTreeMap::new();
    for delta in deltas {
        let recorded_as = (&delta.name.version, delta.name.name.as_str(), delta.name.type_code());
        if let Some(first) = seen.insert(recorded_as, delta) {
            return Err(DeltaError::Duplicate {
                version: delta.name.version.clone(),
                name: delta.name.name.clone(),
                first: first.script.path().to_owned(),
                second: delta.script.path().to_owned(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            std::fs::write(dir.path().join(file), format!("-- {file}\n")).unwrap();
        }
        dir
    }

    #[test]
    fn several_directories_make_one_order() {
        let a = directory(&["delta_1.0.0_z.sql", "delta_1.2.0.sql", "pre-all.sql", "post-all.sql"]);
        let b = directory(&["delta_1.0.0_a.sql", "delta_1.1.0.pre.sql", "pre-all.sql"]);
        let set = DeltaSet::read(&[a.path(), b.path()]).unwrap();
        let order: Vec<_> = set.deltas.iter().map(|delta| delta.script.file_name()).collect();
        assert_eq!(
            order,
            ["delta_1.0.0_a.sql", "delta_1.0.0_z.sql", "delta_1.1.0.pre.sql", "delta_1.2.0.sql"]
        );
        let first_pre_all = set.pre_all.first().unwrap().path();
        assert!(first_pre_all.starts_with(b.path()), "the last directory's pre-all is first");
    }

    #[test]
    fn bad_directories_are_named() {
        let empty = directory(&["README.md"]);
        let err = DeltaSet::read(&[empty.path()]).unwrap_err().to_string();
        assert!(err.contains("no deltas in"), "{err}");

        let err = DeltaSet::read(&["/nonexistent/deltas"]).unwrap_err().to_string();
        assert!(err.contains("/nonexistent/deltas") && err.contains("No such file"), "{err}");

        let file = directory(&["delta_1.0.0.sql"]);
        let err = DeltaSet::read(&[file.path().join("delta_1.0.0.sql")]).unwrap_err().to_string();
        assert!(err.contains("Not a directory"), "{err}");

        let misnamed = directory(&["delta_1.0.0.sql", "delta_1.1_x.sql"]);
        let err = DeltaSet::read(&[misnamed.path()]).unwrap_err().to_string();
        assert!(err.contains("delta_1.1_x.sql") && err.contains("three numbers"), "{err}");
        let more = directory(&["delta_1.0.0.sql", "delta_1.1_x.sql", "delta_1.2.sql"]);
        let err = DeltaSet::read(&[more.path()]).unwrap_err().to_string();
        assert!(
            err.contains("delta_1.1_x.sql") && err.contains('\n') && err.contains("delta_1.2.sql")
        );
    }

    #[test]
    fn the_same_delta_twice_is_refused() {
        let a = directory(&["delta_1.0.0_x.sql"]);
        let b = directory(&["delta_1.00.0__x.sql"]);
        let err = DeltaSet::read(&[a.path(), b.path()]).unwrap_err().to_string();
        assert!(err.contains("are the same delta"), "{err}");
    }
}
