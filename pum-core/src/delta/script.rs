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

/// An SQL file with the files that it includes, as read; or a program, which is a single statement
/// of its own kind.
///
/// COPY data are not kept in memory: they are read again when they are sent, and must not have
/// changed.
#[derive(Debug, Clone)]
pub struct Script(Arc<Source>);

impl Script {
    /// Reads a file and the files that it includes. A byte order mark is ignored.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or is not UTF-8 text.
    pub fn read(path: &Path) -> Result<Self, DeltaError> {
        Self::read_in(&Files::Disk, path)
    }

    /// The same for a file that contains SQL in another form, such as a compressed one. All files
    /// are read through `unpack`.
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

    /// Reads several files of a directory as one script, in this order. The script is named after
    /// the directory.
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

    /// SQL that is not in a file; messages show `path`.
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

    /// Its path.
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

    /// The checksum of its bytes, including those of the files that it includes.
    pub fn checksum(&self) -> &Checksum {
        &self.0.checksum
    }

    /// What runs it, if it is a program.
    pub(crate) fn runner(&self) -> Option<Runner> {
        self.0.runner
    }

    /// Whether it is a program instead of SQL.
    pub fn is_program(&self) -> bool {
        self.0.runner.is_some()
    }

    /// Whether Flyway's configuration file for this script, `….sql.conf` next to it, has
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

    /// Whether the script refers to one of the given variables in this syntax.
    pub fn uses(&self, variables: &Variables, form: VariableForm) -> bool {
        self.0.files.iter().any(|file| uses(&file.text, variables, form))
    }

    /// Substitutes variables and splits the script into statements that can run in one transaction.
    ///
    /// psql commands are executed: files are included and branches chosen. A `BEGIN … COMMIT`
    /// around the whole script is skipped with a warning, because the caller starts the
    /// transaction. Anything else that would end the transaction in the middle is an error, as are
    /// commands that only psql can execute, unterminated quotes, and variables without a value.
    ///
    /// # Errors
    ///
    /// If a variable has no value, a psql command cannot be executed, or transaction control
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

    /// Like [`Script::prepare`], but keeps statements that begin and end transactions.
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
