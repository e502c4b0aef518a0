//! A directory into which deltas are written, in the layout that it has.

use std::fs::{File, create_dir, hard_link, remove_dir_all, remove_file, rename};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::name::{DOWN, LONGEST_NAME};
use super::project::{changelogs_of, delta_of};
use super::{Delta, DeltaError, DeltaName, DeltaSet, NewDelta, NextVersion, Script, Version};

/// A delta directory with what is in it, into which new deltas are written: as
/// `delta_X.Y.Z_NAME.sql`, or in a project of PUM 1 as `changelogs/X.Y.Z/NAME.sql`.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("delta_1.9.0.sql"), "select 1;")?;
/// use pum_core::delta::{DeltaDirectory, DeltaSection, NewDelta, NextVersion};
///
/// let directory = DeltaDirectory::read(&[dir.path()])?;
/// let version = directory.next_version(None, &NextVersion::Minor)?;
/// let section = DeltaSection::new("ALTER TABLE pipes ADD depth numeric;");
/// let staged = directory.stage(&NewDelta::new("depth", version, vec![section]))?;
/// assert_eq!(staged.deltas().deltas.len(), 2);
/// let written = staged.write()?;
/// assert_eq!(written, [dir.path().join("delta_1.10.0_depth.sql")]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct DeltaDirectory {
    /// Where new deltas go.
    target: Target,
    deltas: DeltaSet,
}

#[derive(Debug, Clone)]
enum Target {
    /// The directory with the files.
    Classic(PathBuf),
    /// The directory with a directory for each version.
    Changelogs(PathBuf),
}

impl DeltaDirectory {
    /// Reads the directories, which need not have a delta yet. New ones are written to the first.
    ///
    /// # Errors
    ///
    /// As [`DeltaSet::read`], but for that.
    pub fn read<P: AsRef<Path>>(directories: &[P]) -> Result<Self, DeltaError> {
        let deltas = DeltaSet::read_or_empty(directories)?;
        let first = directories.first().map_or(Path::new("."), AsRef::as_ref);
        let target = match changelogs_of(first)? {
            Some(changelogs) => Target::Changelogs(changelogs),
            None => Target::Classic(first.to_owned()),
        };
        Ok(Self { target, deltas })
    }

    /// Deltas that were read before, to which new ones are added in another directory, in their
    /// layout. The directory must be there.
    pub fn beside(deltas: DeltaSet, directory: &Path) -> Self {
        let directory = directory.to_owned();
        let target = match deltas.project {
            Some(_) => Target::Changelogs(directory),
            None => Target::Classic(directory),
        };
        Self { target, deltas }
    }

    /// What is in it.
    pub fn deltas(&self) -> &DeltaSet {
        &self.deltas
    }

    /// The deltas and those that were written into the directory before; what is known of them already is
    /// left out.
    ///
    /// # Errors
    ///
    /// If the directory or one of its deltas cannot be read.
    pub fn with_written(self) -> Result<DeltaSet, DeltaError> {
        let base = self.base().to_owned();
        let inside = files_below(&base)?;
        let mut deltas = self.deltas.clone();
        for delta in read_files(&base, &inside, self.has_version_each())? {
            if deltas.deltas.iter().all(|other| other.name != delta.name) {
                deltas.deltas.push(delta);
            }
        }
        deltas.finished(Vec::new())
    }

    /// Puts the files of another directory of this layout among these: all of them or none. What is here
    /// already, and the same, stays. Gives the paths of the others.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or written, or another one of its name is here.
    pub fn copy_from(&self, directory: &Path) -> Result<Vec<PathBuf>, DeltaError> {
        let base = self.base().to_owned();
        let unwritable = |cause| DeltaError::Write { path: base.clone(), cause };
        let staging = tempfile::Builder::new().prefix(".pum-").tempdir_in(&base);
        let staging = staging.map_err(unwritable)?;
        let mut inside = Vec::new();
        for own in files_below(directory)? {
            let path = directory.join(&own);
            let text = std::fs::read_to_string(&path);
            let text = text.map_err(|cause| DeltaError::File { path: path.clone(), cause })?;
            if std::fs::read_to_string(base.join(&own)).is_ok_and(|there| there == text) {
                continue;
            }
            let to = staging.path().join(&own);
            std::fs::create_dir_all(parent_of(&to)).map_err(unwritable)?;
            write(&to, &text).map_err(unwritable)?;
            inside.push(own);
        }
        let whole_directories = self.has_version_each();
        let deltas = self.deltas.clone();
        StagedDelta { staging, base: base.clone(), inside, whole_directories, deltas }.write()
    }

    /// The directory with the files.
    fn base(&self) -> &Path {
        match &self.target {
            Target::Classic(directory) | Target::Changelogs(directory) => directory,
        }
    }

    /// Whether each version is run by itself, so that parts of a delta which cannot be one
    /// transaction must have versions of their own.
    fn has_version_each(&self) -> bool {
        matches!(self.target, Target::Changelogs(_))
    }

    /// The version of a new delta of a database that is at version `current`: higher than that, and
    /// than all that there are.
    ///
    /// # Errors
    ///
    /// If a version was asked for that is not.
    pub fn next_version(
        &self,
        current: Option<&Version>,
        next: &NextVersion,
    ) -> Result<Version, DeltaError> {
        let last = self.deltas.deltas.last().map(|delta| &delta.name.version);
        next.after(last.max(current))
    }

    /// Writes a delta into a hidden directory beside those that there are, and reads it again as
    /// part of them. A delta of several parts has a file for each, numbered; in a project of PUM 1 a
    /// version for each.
    ///
    /// # Errors
    ///
    /// If the name cannot be one, one of its files is there already, or nothing can be written there.
    pub fn stage(&self, delta: &NewDelta) -> Result<StagedDelta, DeltaError> {
        check_name(&delta.name, delta.sections.len())?;
        let base = &self.base().to_owned();
        let names = self.names(delta);
        for (_, inside) in &names {
            let path = base.join(if self.has_version_each() { parent_of(inside) } else { inside });
            if path.symlink_metadata().is_ok() {
                return Err(DeltaError::Exists { path });
            }
        }
        let unwritable = |cause| DeltaError::Write { path: base.clone(), cause };
        let staging = tempfile::Builder::new().prefix(".pum-").tempdir_in(base);
        let staging = staging.map_err(unwritable)?;
        let mut deltas = self.deltas.clone();
        let mut inside = Vec::new();
        let downs = delta.downs();
        for (at, ((version, own), section)) in names.iter().zip(&delta.sections).enumerate() {
            let path = staging.path().join(own);
            if self.has_version_each() {
                create_dir(staging.path().join(parent_of(own))).map_err(unwritable)?;
            }
            write(&path, &section.text()).map_err(unwritable)?;
            inside.push(own.clone());
            let mut down = None;
            if let Some(section) = downs.get(at) {
                let own = own.with_extension(DOWN.trim_start_matches('.'));
                let path = staging.path().join(&own);
                write(&path, &section.text()).map_err(unwritable)?;
                down = Some(Script::read(&path)?);
                inside.push(own);
            }
            deltas.deltas.push(if self.has_version_each() {
                delta_of(version, parent_of(&path))?
            } else {
                let name = own.to_string_lossy();
                let name = DeltaName::parse(&name).ok_or_else(|| wrong_name(&delta.name))?;
                Delta { name, script: Script::read(&path)?, down }
            });
        }
        let deltas = deltas.finished(Vec::new())?;
        let whole_directories = self.has_version_each();
        Ok(StagedDelta { staging, base: base.clone(), inside, whole_directories, deltas })
    }

    /// The files, within the directory, each with its version.
    fn names(&self, delta: &NewDelta) -> Vec<(Version, PathBuf)> {
        let NewDelta { name, version, sections, .. } = delta;
        let digits = sections.len().to_string().len();
        let (major, minor, first) = version.numbers();
        let name = |(at, _): (usize, _)| match &self.target {
            Target::Changelogs(_) => {
                let version = Version::new(major, minor, first + at as u64);
                let path = Path::new(&version.to_string()).join(format!("{name}.sql"));
                (version, path)
            }
            Target::Classic(_) if sections.len() == 1 => {
                (version.clone(), format!("delta_{version}_{name}.sql").into())
            }
            Target::Classic(_) => {
                let file = format!("delta_{version}_{name}_{:0digits$}.sql", at + 1);
                (version.clone(), file.into())
            }
        };
        sections.iter().enumerate().map(name).collect()
    }
}

/// A delta that is written, but not yet where it belongs. If it is dropped, nothing is left of it.
#[derive(Debug)]
pub struct StagedDelta {
    staging: TempDir,
    base: PathBuf,
    /// The files, within either directory.
    inside: Vec<PathBuf>,
    /// Whether the directories of the files are moved with them.
    whole_directories: bool,
    deltas: DeltaSet,
}

impl StagedDelta {
    /// All deltas of the directory and the new one, as an upgrade reads them.
    pub fn deltas(&self) -> &DeltaSet {
        &self.deltas
    }

    /// The directory in which the files are until then.
    pub(crate) fn directory(&self) -> &Path {
        self.staging.path()
    }

    /// Where the files will be.
    pub fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.inside.iter().map(|inside| self.base.join(inside))
    }

    /// Puts all files where they belong, or none, and gives their paths.
    ///
    /// # Errors
    ///
    /// If one of them is there by now, which is never overwritten, or cannot be written.
    pub fn write(self) -> Result<Vec<PathBuf>, DeltaError> {
        self.put()?;
        Ok(self.paths().collect())
    }

    /// The same; gives all deltas, the new ones as they are where they belong.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write), or if they cannot be read again.
    pub fn write_and_read(self) -> Result<DeltaSet, DeltaError> {
        self.put()?;
        let Self { staging, base, inside, whole_directories, mut deltas } = self;
        deltas.deltas.retain(|delta| !delta.script.path().starts_with(staging.path()));
        deltas.deltas.extend(read_files(&base, &inside, whole_directories)?);
        deltas.finished(Vec::new())
    }

    fn put(&self) -> Result<(), DeltaError> {
        let mut done: Vec<PathBuf> = Vec::new();
        let mut moved_already: Vec<&Path> = Vec::new();
        for inside in &self.inside {
            let inside = if self.whole_directories { parent_of(inside) } else { inside };
            if moved_already.contains(&inside) {
                continue;
            }
            moved_already.push(inside);
            let (from, to) = (self.staging.path().join(inside), self.base.join(inside));
            let moved =
                if self.whole_directories { move_new(&from, &to) } else { link(&from, &to) };
            if let Err(cause) = moved {
                for path in done {
                    let _ = if path.is_dir() { remove_dir_all(path) } else { remove_file(path) };
                }
                return Err(match cause.kind() {
                    io::ErrorKind::AlreadyExists => DeltaError::Exists { path: to },
                    _ => DeltaError::Write { path: to, cause },
                });
            }
            done.push(to);
        }
        // The names are on the disk as well then; the files are.
        let _ = File::open(&self.base).and_then(|directory| directory.sync_all());
        Ok(())
    }
}

/// The files of a directory and of those in it, by their paths within it, but for hidden ones.
fn files_below(directory: &Path) -> Result<Vec<PathBuf>, DeltaError> {
    let is_hidden = |entry: &walkdir::DirEntry| {
        entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.')
    };
    let all = walkdir::WalkDir::new(directory).sort_by_file_name().into_iter();
    let mut files = Vec::new();
    for entry in all.filter_entry(|entry| !is_hidden(entry)) {
        let entry = entry.map_err(|err| DeltaError::listing(directory, err))?;
        if entry.file_type().is_file() {
            let path = entry.path();
            files.push(path.strip_prefix(directory).unwrap_or(path).to_owned());
        }
    }
    Ok(files)
}

/// The deltas of files, which are given within their directory.
fn read_files(
    base: &Path,
    inside: &[PathBuf],
    whole_directories: bool,
) -> Result<Vec<Delta>, DeltaError> {
    let read = |own: &PathBuf| {
        let path = base.join(own);
        if whole_directories {
            let name = parent_of(own).to_string_lossy();
            return delta_of(&name.parse()?, parent_of(&path));
        }
        let name = own.to_string_lossy();
        let name = DeltaName::parse(&name).ok_or_else(|| wrong_name(&name))?;
        let down = own.with_extension(DOWN.trim_start_matches('.'));
        let down = inside.contains(&down).then(|| Script::read(&base.join(down)));
        Ok(Delta { name, script: Script::read(&path)?, down: down.transpose()? })
    };
    inside.iter().filter(|own| !is_down(own)).map(read).collect()
}

/// Whether a file undoes a delta.
fn is_down(path: &Path) -> bool {
    path.to_string_lossy().ends_with(DOWN)
}

fn parent_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Gives a file its name, which must be free.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    match hard_link(from, to) {
        Err(err) if err.kind() != io::ErrorKind::AlreadyExists => {
            // Some file systems have no links.
            let text = std::fs::read_to_string(from)?;
            write(to, &text)
        }
        result => result,
    }
}

/// The same for a directory.
fn move_new(from: &Path, to: &Path) -> io::Result<()> {
    // To rename a directory replaces an empty one.
    if to.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    rename(from, to)
}

/// Whether something can be the free part of the names of so many files.
fn check_name(name: &str, sections: usize) -> Result<(), DeltaError> {
    let wrong = |reason: &str| {
        Err(DeltaError::NewName { name: name.to_owned(), reason: reason.to_owned() })
    };
    if name.is_empty() {
        return wrong("it is empty");
    }
    if let Some(other) = name.chars().find(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-')) {
        return wrong(&format!("\"{}\" cannot stand in one", other.escape_debug()));
    }
    if name.starts_with('_') {
        return wrong("it begins with \"_\"");
    }
    let number = if sections > 1 { sections.to_string().len() + 1 } else { 0 };
    // In bytes, of which a file name has at most 255.
    if name.len() + number > LONGEST_NAME {
        return wrong("it is too long");
    }
    Ok(())
}

fn wrong_name(name: &str) -> DeltaError {
    DeltaError::NewName { name: name.to_owned(), reason: "it cannot be read again".to_owned() }
}

#[cfg(test)]
mod tests {

    use super::super::DeltaSection;
    use super::*;

    fn in_directory(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "SELECT 1;").unwrap();
        }
        dir
    }

    fn delta(name: &str, version: &str, sections: usize) -> NewDelta {
        let section = |at| DeltaSection::new(format!("SELECT {at};"));
        NewDelta::new(name, version.parse().unwrap(), (0..sections).map(section).collect())
    }

    fn files_below(directory: &Path) -> Vec<String> {
        let all = walkdir::WalkDir::new(directory).sort_by_file_name();
        let files = all.into_iter().map(Result::unwrap).filter(|it| it.file_type().is_file());
        let name = |it: walkdir::DirEntry| {
            it.path().strip_prefix(directory).unwrap().display().to_string()
        };
        files.map(name).collect()
    }

    #[test]
    fn the_parts_of_a_delta_are_read_again_in_their_order() {
        let dir = in_directory(&["delta_1.0.0.sql"]);
        let directory = DeltaDirectory::read(&[dir.path()]).unwrap();
        directory.stage(&delta("many", "1.1.0", 11)).unwrap().write().unwrap();
        let read = DeltaSet::read(&[dir.path()]).unwrap();
        let texts: Vec<&str> = read.deltas.iter().map(|one| one.script.text()).collect();
        let expected: Vec<String> = (0..11).map(|at| format!("SELECT {at};\n")).collect();
        assert_eq!(texts[1..], expected);
        assert!(files_below(dir.path()).contains(&"delta_1.1.0_many_02.sql".to_owned()));
    }

    #[test]
    fn a_project_of_pum_1_has_a_version_for_each_part() {
        let dir = in_directory(&["changelogs/1.0.0/a.sql"]);
        for given in [dir.path().to_owned(), dir.path().join("changelogs")] {
            let directory = DeltaDirectory::read(&[&given]).unwrap();
            let version = directory.next_version(None, &NextVersion::Patch).unwrap();
            let staged = directory.stage(&delta("x", &version.to_string(), 2)).unwrap();
            assert_eq!(staged.deltas().deltas.len(), directory.deltas().deltas.len() + 2);
            staged.write().unwrap();
        }
        let expected = ["1.0.0/a", "1.0.1/x", "1.0.2/x", "1.0.3/x", "1.0.4/x"];
        let expected = expected.map(|name| format!("changelogs/{name}.sql"));
        assert_eq!(files_below(dir.path()), expected);
        let directory = DeltaDirectory::read(&[dir.path()]).unwrap();
        std::fs::create_dir(dir.path().join("changelogs/1.1.0")).unwrap();
        let err = directory.stage(&delta("x", "1.1.0", 1)).unwrap_err();
        assert!(matches!(err, DeltaError::Exists { .. }), "{err}");
    }

    #[test]
    fn nothing_is_overwritten_and_either_all_files_are_there_or_none() {
        let dir = in_directory(&["delta_1.0.0.sql"]);
        let directory = DeltaDirectory::read(&[dir.path()]).unwrap();
        let staged = directory.stage(&delta("x", "1.1.0", 3)).unwrap();
        std::fs::write(dir.path().join("delta_1.1.0_x_3.sql"), "mine").unwrap();
        let err = staged.write().unwrap_err();
        assert!(
            matches!(&err, DeltaError::Exists { path } if path.ends_with("delta_1.1.0_x_3.sql"))
        );
        assert_eq!(files_below(dir.path()), ["delta_1.0.0.sql", "delta_1.1.0_x_3.sql"]);
        let kept = std::fs::read_to_string(dir.path().join("delta_1.1.0_x_3.sql")).unwrap();
        assert_eq!(kept, "mine");
        let err = directory.stage(&delta("x", "1.1.0", 3)).unwrap_err();
        assert!(err.to_string().contains("is never overwritten"), "{err}");
        drop(directory.stage(&delta("y", "1.1.0", 3)).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn names_versions_and_directories_that_cannot_be_are_errors() {
        let dir = in_directory(&["delta_1.2.0.sql"]);
        let directory = DeltaDirectory::read(&[dir.path()]).unwrap();
        let long = "x".repeat(201);
        for name in ["", "a b", "../x", "a/b", "a.b", "_a", "a\n", &long] {
            let err = directory.stage(&delta(name, "1.3.0", 1)).unwrap_err();
            assert!(matches!(err, DeltaError::NewName { .. }), "{name:?}: {err}");
        }
        let database: Version = "1.4.2".parse().unwrap();
        let next = |current, next: &NextVersion| directory.next_version(current, next);
        assert_eq!(next(None, &NextVersion::Patch).unwrap().to_string(), "1.2.1");
        assert_eq!(next(Some(&database), &NextVersion::Minor).unwrap().to_string(), "1.5.0");
        let wanted = NextVersion::Exactly("1.4.2".parse().unwrap());
        assert!(next(None, &wanted).is_ok());
        let err = next(Some(&database), &wanted).unwrap_err().to_string();
        assert!(err.contains("1.4.2 is not higher than 1.4.2"), "{err}");
        assert!(DeltaDirectory::read(&[dir.path().join("nowhere")]).is_err());
        let empty = in_directory(&[]);
        let directory = DeltaDirectory::read(&[empty.path()]).unwrap();
        assert_eq!(directory.next_version(None, &NextVersion::Patch).unwrap().to_string(), "0.0.1");
        // Root may write where others may not, but not into what is gone.
        std::fs::remove_dir(empty.path()).unwrap();
        let err = directory.stage(&delta("x", "1.0.0", 1)).unwrap_err();
        assert!(matches!(err, DeltaError::Write { .. }), "{err}");
    }
}
