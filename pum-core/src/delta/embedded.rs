//! Deltas embedded in a program, which needs no files at run time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use super::files::{Files, plain};
use super::{DeltaError, DeltaSet, Version};

impl DeltaSet {
    /// Deltas embedded in a program: each file with its path within the delta directory. The list
    /// comes from `include_str!`, from [`embedding`] in a build script, or from the crate
    /// `include_dir`.
    ///
    /// The result is the same as with [`DeltaSet::read`] from the directory, including checksums:
    /// `pre-all.sql` and `post-all.sql`, `repeatable/`, files included with `\ir`, and data files
    /// of `\copy`. You can upgrade a database with the program and later with the `pum` command.
    ///
    /// # Errors
    ///
    /// As [`DeltaSet::read`]; if there are programs, which cannot be run from memory; if it is a
    /// project of PUM 1; if two files have the same path; or if a path leads out of the directory.
    ///
    /// ```
    /// use pum_core::delta::DeltaSet;
    ///
    /// let set = DeltaSet::embedded([
    ///     ("delta_1.0.0_pipes.sql", "create table pipes (id int primary key);\n\\ir comments.sql\n"),
    ///     ("comments.sql", "comment on table pipes is 'All pipes';\n"),
    /// ])?;
    /// assert_eq!(set.deltas[0].script.file_name(), "delta_1.0.0_pipes.sql");
    /// # Ok::<(), pum_core::delta::DeltaError>(())
    /// ```
    pub fn embedded<B: AsRef<[u8]> + ?Sized + 'static>(
        files: impl IntoIterator<Item = (&'static str, &'static B)>,
    ) -> Result<Self, DeltaError> {
        let mut tree = BTreeMap::new();
        for (path, bytes) in files {
            let wrong = |message: &str| DeltaError::Embedded {
                path: PathBuf::from(path),
                message: message.to_owned(),
            };
            let inside = plain(Path::new(path)).filter(|inside| inside.file_name().is_some());
            let inside =
                inside.ok_or_else(|| wrong("its path must be one within the delta directory"))?;
            if tree.insert(inside, bytes.as_ref()).is_some() {
                return Err(wrong("two files have this path"));
            }
        }
        if let Some(path) = tree.keys().find(|path| is_of_project(path)) {
            return Err(project(path));
        }
        let files = Files::Embedded(Arc::new(tree));
        let (mut set, mut misnamed) = (Self::default(), Vec::new());
        set.add(&files, Path::new(""), &mut misnamed)?;
        set.finished(misnamed)?.refuse_empty(vec![PathBuf::from("the embedded files")])
    }
}

/// The files of a delta directory embedded with [`embed_deltas!`](crate::embed_deltas).
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedDeltas(&'static [(&'static str, &'static [u8])]);

impl EmbeddedDeltas {
    /// Files, each with its path within the delta directory.
    pub const fn new(files: &'static [(&'static str, &'static [u8])]) -> Self {
        Self(files)
    }

    /// The deltas.
    ///
    /// # Errors
    ///
    /// As [`DeltaSet::embedded`].
    pub fn read(&self) -> Result<DeltaSet, DeltaError> {
        DeltaSet::embedded(self.0.iter().copied())
    }
}

/// Converts to a [`DeltaSet`].
pub trait IntoDeltaSet {
    /// The deltas.
    ///
    /// # Errors
    ///
    /// Of files that are wrong, as [`DeltaSet::read`].
    fn into_delta_set(self) -> Result<DeltaSet, DeltaError>;
}

impl IntoDeltaSet for DeltaSet {
    fn into_delta_set(self) -> Result<DeltaSet, DeltaError> {
        Ok(self)
    }
}

impl IntoDeltaSet for Result<DeltaSet, DeltaError> {
    fn into_delta_set(self) -> Result<DeltaSet, DeltaError> {
        self
    }
}

impl IntoDeltaSet for EmbeddedDeltas {
    fn into_delta_set(self) -> Result<DeltaSet, DeltaError> {
        self.read()
    }
}

/// Whether only a project of PUM 1 has such a file: its configuration, or a changelog in the
/// directory of its version.
fn is_of_project(path: &Path) -> bool {
    let directory = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    path == Path::new(".pum.yaml")
        || directory.is_some_and(|name| Version::of_two_or_three(name).is_some())
}

/// For a build script: the Rust expression that lists a delta directory, for
/// [`DeltaSet::embedded`]. The contents of the directory are embedded when the program is built.
///
/// The deltas are read first, so a program with invalid deltas does not build. Fails as
/// [`DeltaSet::read`] and [`DeltaSet::embedded`] do.
///
/// # Errors
///
/// As [`DeltaSet::read`] and [`DeltaSet::embedded`].
///
/// ```no_run
/// // build.rs; in Cargo.toml, pum-core is a build dependency without default features
/// use std::{env, fs, path::Path};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let list = pum_core::delta::embedding("deltas".as_ref())?;
///     fs::write(Path::new(&env::var("OUT_DIR")?).join("deltas.rs"), list)?;
///     println!("cargo::rerun-if-changed=deltas");
///     Ok(())
/// }
/// ```
///
/// ```ignore
/// // in the program
/// let deltas = DeltaSet::embedded(include!(concat!(env!("OUT_DIR"), "/deltas.rs")))?;
/// ```
pub fn embedding(directory: &Path) -> Result<String, DeltaError> {
    refuse_what_needs_a_directory(directory, &DeltaSet::read(&[directory])?)?;
    let unreadable = |source| DeltaError::Directory { path: directory.to_owned(), cause: source };
    let root = directory.canonicalize().map_err(unreadable)?;
    let mut list = String::from("[\n");
    for entry in WalkDir::new(&root).follow_links(true).sort_by_file_name() {
        let entry = entry.map_err(|err| DeltaError::listing(directory, err))?;
        let Ok(inside) = entry.path().strip_prefix(&root) else { continue };
        if entry.file_type().is_dir() || is_hidden(inside) {
            continue;
        }
        let not_text = || DeltaError::Embedded {
            path: entry.path().to_owned(),
            message: "its path is not UTF-8, which the generated Rust list cannot hold: rename it"
                .to_owned(),
        };
        let path = entry.path().to_str().ok_or_else(not_text)?;
        let inside: Vec<&str> = inside
            .iter()
            .map(|part| part.to_str().ok_or_else(not_text))
            .collect::<Result<_, _>>()?;
        let inside = inside.join("/");
        list += &format!("    ({inside:?}, include_bytes!({path:?}).as_slice()),\n");
    }
    Ok(list + "]\n")
}

/// Refuses when the program is built what [`DeltaSet::embedded`] would refuse when it runs.
fn refuse_what_needs_a_directory(directory: &Path, set: &DeltaSet) -> Result<(), DeltaError> {
    if set.project.is_some() {
        return Err(project(directory));
    }
    let program = set.scripts().find(|script| script.is_program());
    program.map_or(Ok(()), |script| Err(DeltaError::program_in_memory(script.path())))
}

/// Whether a path within a directory leads through what people do not see in it.
fn is_hidden(path: &Path) -> bool {
    path.iter().any(|part| part.as_encoded_bytes().starts_with(b"."))
}

fn project(path: &Path) -> DeltaError {
    let message = "a PUM 1 project cannot be embedded: read it from its directory".to_owned();
    DeltaError::Embedded { path: path.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delta::{StatementKind, Variables};

    /// Every sort of file that a delta directory may have.
    const FILES: [(&str, &str); 8] = [
        ("delta_1.10.0.sql", "copy pipes from stdin;\n1\n2\n\\.\nselect 1;\n"),
        ("delta_1.9.0_pipes.sql", "create table pipes (id int);\n\\ir sub/more.sql\n"),
        ("sub/more.sql", "\\copy pipes from 'sub/pipes.txt'\n\\ir ../last.sql\n"),
        ("sub/pipes.txt", "3\n4\n"),
        ("last.sql", "select 2;\n"),
        ("pre-all.sql", "select 'before';\n"),
        ("repeatable/views.sql", "create view all_pipes as table pipes;\n"),
        ("delta_1.9.0_pipes.sql.conf", "executeInTransaction=false\n"),
    ];

    #[test]
    fn embedded_deltas_are_those_of_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in FILES {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let read = DeltaSet::read(&[dir.path()]).unwrap();
        let embedded = DeltaSet::embedded(FILES).unwrap();
        let shown = |set: &DeltaSet| -> Vec<_> {
            set.scripts().map(|one| (one.file_name(), one.checksum().clone())).collect()
        };
        assert_eq!(shown(&embedded), shown(&read));
        let names: Vec<_> = embedded.scripts().map(super::super::Script::file_name).collect();
        assert_eq!(
            names,
            ["pre-all.sql", "delta_1.9.0_pipes.sql", "delta_1.10.0.sql", "views.sql"]
        );
        let header = super::super::Header::read(&embedded.deltas[0].script).unwrap();
        assert!(header.no_transaction, "Flyway's file beside it counts");
        let data: Vec<String> =
            embedded.deltas.iter().flat_map(|delta| data(&delta.script)).collect();
        assert_eq!(data, ["3\n4\n", "1\n2\n"]);
    }

    fn data(script: &super::super::Script) -> Vec<String> {
        let prepared = script.prepare(&Variables::default()).unwrap();
        let statements = prepared.statements().iter();
        let data = statements.filter_map(|statement| match &statement.kind {
            StatementKind::CopyFromStdin { data } => Some(data.open().unwrap()),
            _ => None,
        });
        data.map(|reader| std::io::read_to_string(reader).unwrap()).collect()
    }

    #[test]
    fn what_cannot_be_embedded_is_refused() {
        let refused = |files: &[(&'static str, &'static str)]| {
            DeltaSet::embedded(files.iter().copied()).unwrap_err().to_string()
        };
        let err = refused(&[("delta_1.0.0.py", "pass")]);
        assert!(err.contains("delta_1.0.0.py: a program cannot run from memory"), "{err}");
        let err = refused(&[("changelogs/1.0.0/a.sql", "")]);
        assert!(err.contains("a PUM 1 project cannot be embedded"), "{err}");
        let err = refused(&[("../delta_1.0.0.sql", "")]);
        assert!(err.contains("within the delta directory"), "{err}");
        let err = refused(&[("delta_1.0.0.sql", ""), ("./delta_1.0.0.sql", "")]);
        assert!(err.contains("two files have this path"), "{err}");
        let err = refused(&[("delta_1.0.sql", "")]);
        assert!(err.contains("delta_1.0.sql looks like a delta"), "{err}");
        let err = refused(&[("delta_1.0.0.sql", "select 1;\n\\ir none.sql\n")]);
        assert!(err.contains("delta_1.0.0.sql:2: cannot read none.sql"), "{err}");
        let err = refused(&[("delta_1.0.0.sql", "\\ir ../out.sql\n")]);
        assert!(err.contains("delta_1.0.0.sql:1: cannot read ../out.sql"), "{err}");
        assert!(refused(&[("README.md", "")]).contains("no deltas in the embedded files"));
    }

    #[test]
    fn a_build_script_lists_a_directory() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("repeatable")).unwrap();
        for file in ["delta_1.0.0.sql", "repeatable/views.sql", ".hidden.sql"] {
            std::fs::write(dir.path().join(file), "select 1;\n").unwrap();
        }
        let root = dir.path().canonicalize().unwrap();
        let line = |inside: &str| {
            let path = root.join(inside);
            format!("    ({inside:?}, include_bytes!({path:?}).as_slice()),\n")
        };
        let expected = format!("[\n{}{}]\n", line("delta_1.0.0.sql"), line("repeatable/views.sql"));
        assert_eq!(embedding(dir.path()).unwrap(), expected);
        std::fs::write(dir.path().join("delta_1.1.0.py"), "pass\n").unwrap();
        let err = embedding(dir.path()).unwrap_err().to_string();
        assert!(err.contains("delta_1.1.0.py: a program cannot run"), "{err}");
    }
}
