use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::encoding::refuse_another;
use super::files::{Files, Unpack};
use super::prepare::prepare;
use super::source::{Source, SourceFile};
use super::substitute::uses;
use super::{
    Checksum, DeltaError, PreparedScript, Runner, ScriptWarning, Statement, StatementKind,
    VariableForm, Variables,
};
use crate::sql::lines;

/// A SQL file, with those that it includes, as it was when it was read; or a program, which is one
/// statement of its own kind.
///
/// COPY data are not held: they are read again when they are sent, and must then be what they
/// were.
#[derive(Debug, Clone)]
pub struct Script(Arc<Source>);

impl Script {
    /// Reads a file and those that it includes. A byte order mark is dropped.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is not text in UTF-8.
    pub fn read(path: &Path) -> Result<Self, DeltaError> {
        Self::read_in(&Files::Disk, path)
    }

    /// The same of a file that does not hold the SQL as it is, as a compressed one. It and those
    /// that it includes are read through `unpack`.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_through(path: &Path, unpack: Unpack) -> Result<Self, DeltaError> {
        Self::read_in(&Files::Through(unpack), path)
    }

    /// The same, wherever the files are.
    pub(super) fn read_in(files: &Files, path: &Path) -> Result<Self, DeltaError> {
        Source::read(files, path).map(Arc::new).map(Self)
    }

    /// Where its files are.
    pub(super) fn files(&self) -> &Files {
        &self.0.at
    }

    /// Reads several files of a directory as one script, in this order, each to its end. The script
    /// goes by the directory.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_several(directory: &Path, files: &[PathBuf]) -> Result<Self, DeltaError> {
        Source::read_several(directory, files).map(Arc::new).map(Self)
    }

    /// Reads a hook of PUM 1 that is written in Python.
    pub(super) fn read_hook(path: &Path) -> Result<Self, DeltaError> {
        Source::read_program(path, Runner::Hook).map(Arc::new).map(Self)
    }

    /// SQL that stands in no file but for which `path` can be shown.
    ///
    /// # Errors
    ///
    /// If the text includes a file that cannot be read.
    pub fn of_text(path: &Path, text: &str) -> Result<Self, DeltaError> {
        Source::of_text(path, text).map(Arc::new).map(Self)
    }

    fn file(&self) -> Option<&SourceFile> {
        self.0.files.first()
    }

    /// Where it was read from.
    pub fn path(&self) -> &Path {
        self.file().map_or(Path::new(""), |file| &file.path)
    }

    /// The last part of its path.
    pub fn file_name(&self) -> String {
        let path = self.path();
        path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
    }

    /// The text of its own file, without COPY data.
    pub fn text(&self) -> &str {
        self.file().map_or("", |file| &file.text)
    }

    /// The texts of the files that it is made of: of one, but for [`Script::read_several`]; without
    /// those that they include.
    pub(crate) fn own_texts(&self) -> impl Iterator<Item = (&Path, &str)> {
        let files = self.0.own.iter().filter_map(|&at| self.0.files.get(at));
        files.map(|file| (&*file.path, &*file.text))
    }

    /// Its checksum, of the bytes as they were in the file; if it includes other files, of theirs
    /// too.
    pub fn checksum(&self) -> &Checksum {
        &self.0.checksum
    }

    /// Whether it is a program, and no SQL.
    pub fn is_program(&self) -> bool {
        self.0.runner.is_some()
    }

    /// Whether Flyway's configuration of this one script, the file `….sql.conf` beside it, says so:
    /// `executeInTransaction=false`.
    ///
    /// # Errors
    ///
    /// If the file with its settings cannot be read.
    pub fn is_configured(&self, setting: &str) -> Result<bool, DeltaError> {
        let mut path = self.path().as_os_str().to_owned();
        path.push(".conf");
        let path = PathBuf::from(path);
        let text = match self.files().read_to_string(&path) {
            Ok(text) => text,
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(DeltaError::File { path, cause: source }),
        };
        Ok(lines(&text).any(|line| {
            let line: String = line.chars().filter(|c| !c.is_whitespace()).collect();
            line.eq_ignore_ascii_case(setting)
        }))
    }

    /// Whether a variable that is given occurs in the script in this form.
    pub fn uses(&self, variables: &Variables, form: VariableForm) -> bool {
        self.0.files.iter().any(|file| uses(&file.text, variables, form))
    }

    /// Puts the variables in and splits into the statements that may run inside one transaction.
    ///
    /// Psql's lines are carried out: included files are put in, branches chosen. A
    /// `BEGIN … COMMIT` that encloses the whole script is left out, with a warning: the caller
    /// makes the transaction. Anything else that would end the transaction in the middle is an
    /// error, as are commands that only psql can carry out, open quotes and variables without a
    /// value.
    ///
    /// # Errors
    ///
    /// If a variable has no value, a line of psql cannot be carried out, or transaction control
    /// would end the transaction in the middle.
    pub fn prepare(&self, variables: &Variables) -> Result<PreparedScript, DeltaError> {
        let mut script = self.split(variables)?;
        let statements = &mut script.prepared.statements;
        if let [first, .., last] = statements.as_slice()
            && first.kind == StatementKind::Begin
            && last.kind == StatementKind::Commit
        {
            script.warnings.push(ScriptWarning::EnclosingTransaction { line: first.line });
            statements.pop();
            statements.remove(0);
            for message in &mut script.prepared.messages {
                message.before = message.before.saturating_sub(1).min(statements.len());
            }
        }
        let control = |statement: &&Statement| {
            use StatementKind::{Begin, Commit, EndsTransaction};
            matches!(statement.kind, Begin | Commit | EndsTransaction)
        };
        if let Some(statement) = script.statements().iter().find(control) {
            let message = format!(
                "{} inside a delta would end its transaction in the middle; remove it: pum runs \
                 each delta and its row in the upgrades table in one transaction",
                &script.text()[statement.span.clone()]
            );
            let path = script.file_of(statement).to_owned();
            return Err(DeltaError::Syntax { path, line: statement.line, message });
        }
        Ok(script)
    }

    /// Puts the variables in and splits, as [`Script::prepare`] does, but leaves statements that
    /// begin and end transactions where they are.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare).
    pub fn split(&self, variables: &Variables) -> Result<PreparedScript, DeltaError> {
        let form = self.form(variables);
        let prepared = prepare(&self.0, variables, form)?;
        let script = PreparedScript { prepared, warnings: Vec::new(), form };
        refuse_another(&script)?;
        Ok(script)
    }

    /// In what form the script refers to the variables: the one that is set, or the first in which
    /// one of them occurs, or the classic one; none if there are no variables.
    fn form(&self, variables: &Variables) -> Option<VariableForm> {
        if variables.is_empty() {
            return None;
        }
        let found = || VariableForm::ALL.into_iter().find(|form| self.uses(variables, *form));
        variables.form().or_else(found).or(Some(VariableForm::Classic))
    }
}
