use std::path::{Path, PathBuf};

use super::statement::{SplitError, line_at, split};
use super::variables::SubstituteError;
use super::{Checksum, DeltaError, Statement, StatementKind, Variables};

/// A SQL file as it was when it was read.
#[derive(Debug, Clone)]
pub struct Script {
    path: PathBuf,
    text: String,
    checksum: Checksum,
}

impl Script {
    /// Reads a file. A byte order mark is dropped.
    ///
    /// Fails when the file cannot be read or is not UTF-8.
    pub fn read(path: &Path) -> Result<Self, DeltaError> {
        let bytes = std::fs::read(path)
            .map_err(|source| DeltaError::File { path: path.to_owned(), source })?;
        let checksum = Checksum::of(&bytes);
        let text = String::from_utf8(bytes).map_err(|err| {
            let valid = err.utf8_error().valid_up_to();
            let line = line_at(&String::from_utf8_lossy(&err.as_bytes()[..valid]), valid);
            DeltaError::Encoding { path: path.to_owned(), line }
        })?;
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        Ok(Self { path: path.to_owned(), text, checksum })
    }

    /// Where it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last part of its path.
    pub fn file_name(&self) -> String {
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its checksum, of the bytes as they were in the file.
    pub fn checksum(&self) -> &Checksum {
        &self.checksum
    }

    /// Puts the variables in and splits into the statements that may run inside one transaction.
    ///
    /// A `BEGIN … COMMIT` that encloses the whole script is left out, with a warning: the caller
    /// makes the transaction. Anything else that would end the transaction in the middle is an
    /// error, as are psql commands, open quotes and variables without a value.
    pub fn prepare(&self, variables: &Variables) -> Result<PreparedScript, DeltaError> {
        let text = variables
            .substitute(&self.text)
            .map_err(|err| self.substitute_error(err, variables))?;
        let mut statements = split(&text)
            .map_err(|SplitError { at, message }| self.syntax(line_at(&text, at), message))?;
        let mut warnings = Vec::new();
        if let [first, .., last] = statements.as_slice()
            && first.kind == StatementKind::Begin
            && last.kind == StatementKind::Commit
        {
            warnings.push(ScriptWarning::EnclosingTransaction { line: first.line });
            statements.pop();
            statements.remove(0);
        }
        let control = |statement: &&Statement| {
            use StatementKind::{Begin, Commit, EndsTransaction};
            matches!(statement.kind, Begin | Commit | EndsTransaction)
        };
        if let Some(statement) = statements.iter().find(control) {
            let message = format!(
                "{} inside a delta would end its transaction in the middle; remove it: pum runs \
                 each delta and its row in the upgrades table in one transaction",
                &text[statement.span.clone()]
            );
            return Err(self.syntax(statement.line, message));
        }
        Ok(PreparedScript { path: self.path.clone(), text, statements, warnings })
    }

    fn syntax(&self, line: usize, message: String) -> DeltaError {
        DeltaError::Syntax { path: self.path.clone(), line, message }
    }

    fn substitute_error(&self, err: SubstituteError, variables: &Variables) -> DeltaError {
        match err {
            SubstituteError::Missing { at, name } => DeltaError::MissingVariable {
                path: self.path.clone(),
                line: line_at(&self.text, at),
                name,
                given: variables.names().map(str::to_owned).collect(),
            },
            SubstituteError::BadPlaceholder { at } => {
                let message = "\"%\" must be written \"%%\" in a script that is run with \
                               variables (or be a variable: %(NAME)s)";
                self.syntax(line_at(&self.text, at), message.to_owned())
            }
        }
    }
}

/// A script ready to run: variables put in, split into statements.
#[derive(Debug, Clone)]
pub struct PreparedScript {
    path: PathBuf,
    text: String,
    statements: Vec<Statement>,
    warnings: Vec<ScriptWarning>,
}

impl PreparedScript {
    /// The file it came from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text that the statements' spans refer to.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The statements, in order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// What the author should know.
    pub fn warnings(&self) -> &[ScriptWarning] {
        &self.warnings
    }
}

/// Something in a script that pum handles but its author should change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptWarning {
    /// The script opens and ends a transaction around itself.
    #[error(
        "line {line}: BEGIN and COMMIT around the script are left out, pum makes the transaction"
    )]
    EnclosingTransaction {
        /// Line of the `BEGIN`.
        line: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(bytes: &[u8]) -> Script {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("delta_1.0.0.sql");
        std::fs::write(&path, bytes).unwrap();
        Script::read(&path).unwrap()
    }

    #[test]
    fn an_enclosing_transaction_is_absorbed() {
        let prepared = script(b"\xef\xbb\xbfBEGIN;\r\nselect 1;\r\nCOMMIT;\r\n")
            .prepare(&Variables::default())
            .unwrap();
        assert_eq!(prepared.statements().len(), 1);
        assert_eq!(prepared.warnings(), [ScriptWarning::EnclosingTransaction { line: 1 }]);
    }

    #[test]
    fn a_commit_in_the_middle_is_refused() {
        for sql in [
            "select 1;\ncommit;\nselect 2;",
            "select 1;\nrollback;",
            "a;\nbegin;",
            "begin;\ncommit; begin; commit;",
        ] {
            let err = script(sql.as_bytes()).prepare(&Variables::default()).unwrap_err();
            let text = err.to_string();
            assert!(text.contains("delta_1.0.0.sql:2: ") && text.contains("transaction"), "{text}");
        }
    }

    #[test]
    fn bad_bytes_are_located() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("delta_1.0.0.sql");
        std::fs::write(&path, b"select 1;\n-- Z\xfcrich\n").unwrap();
        let err = Script::read(&path).unwrap_err().to_string();
        assert!(err.contains("delta_1.0.0.sql:2: the file is not UTF-8"), "{err}");
    }
}
