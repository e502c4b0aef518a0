use std::path::{Path, PathBuf};

use super::{Checksum, DeltaError, VariableValue, Variables};

/// The interpreter of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// It is a delta of the classic Python kind: a class with a method `run()`.
    Python,
    /// It is a hook of PUM 1: a class with a method `run_hook()`.
    Hook,
    /// It is executed directly.
    Itself,
}

impl Runner {
    /// The runner that a file's name asks for; `None` for SQL.
    pub(super) fn from_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "py" => Some(Self::Python),
            "sh" => Some(Self::Itself),
            _ => None,
        }
    }
}

/// A delta, or a script before or after the deltas, that is a program. It runs outside of any
/// transaction.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Program {
    /// Its file.
    pub path: PathBuf,
    /// The program that runs it.
    pub runner: Runner,
    /// The checksum of its file.
    pub checksum: Checksum,
    /// The variables of the run.
    pub variables: Vec<(String, VariableValue)>,
}

// A float that is no number is never in two plans that are compared.
impl Eq for Program {}

impl Program {
    pub(super) fn new(
        path: &Path,
        runner: Runner,
        checksum: &Checksum,
        variables: &Variables,
    ) -> Self {
        let variables = variables.iter().map(|(name, value)| (name.to_owned(), value.clone()));
        Self {
            path: path.to_owned(),
            runner,
            checksum: checksum.clone(),
            variables: variables.collect(),
        }
    }

    /// The command line.
    pub fn shown(&self) -> String {
        match self.runner {
            Runner::Python | Runner::Hook => format!("python3 {}", self.path.display()),
            Runner::Itself => self.path.display().to_string(),
        }
    }
}

/// Reads the file of a program: its checksum.
pub(super) fn read(path: &Path, runner: Runner) -> Result<Checksum, DeltaError> {
    let failed = |source| DeltaError::File { path: path.to_owned(), cause: source };
    let bytes = std::fs::read(path).map_err(failed)?;
    if runner == Runner::Itself && !is_executable(path).map_err(failed)? {
        return Err(DeltaError::NotExecutable { path: path.to_owned() });
    }
    Ok(Checksum::from_bytes(&bytes))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_path: &Path) -> std::io::Result<bool> {
    Ok(true)
}
