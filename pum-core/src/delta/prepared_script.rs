use std::path::Path;

use super::prepared::{Location, Prepared};
use super::secrets::without_passwords;
use super::{ScriptMessage, ScriptWarning, Statement, VariableForm};

/// A script ready to run: with variables substituted, and split into statements.
#[derive(Debug, Clone)]
pub struct PreparedScript {
    pub(super) prepared: Prepared,
    pub(super) warnings: Vec<ScriptWarning>,
    pub(super) form: Option<VariableForm>,
}

impl PreparedScript {
    /// The file it came from.
    pub fn path(&self) -> &Path {
        self.prepared.files.first().map_or(Path::new(""), |file| &file.path)
    }

    /// The text that the statements' spans refer to.
    pub fn text(&self) -> &str {
        &self.prepared.text
    }

    /// That text as people may see it: in statements that mention a password, strings are stars.
    pub(crate) fn shown_text(&self) -> String {
        let text = self.text();
        let (mut shown, mut at) = (String::with_capacity(text.len()), 0);
        for statement in self.statements() {
            let sql = &text[statement.span.clone()];
            shown.push_str(&text[at..statement.span.start]);
            shown.push_str(&without_passwords(sql, sql));
            at = statement.span.end;
        }
        shown.push_str(&text[at..]);
        shown
    }

    /// The statements, in order.
    pub fn statements(&self) -> &[Statement] {
        &self.prepared.statements
    }

    /// Warnings for the author.
    pub fn warnings(&self) -> &[ScriptWarning] {
        &self.warnings
    }

    /// The script's messages while it runs, in order.
    pub fn messages(&self) -> &[ScriptMessage] {
        &self.prepared.messages
    }

    /// The syntax in which it refers to variables; `None` if no variables were given.
    pub fn variable_form(&self) -> Option<VariableForm> {
        self.form
    }

    /// The file that a statement comes from: the script's, or one that it includes.
    pub fn file_of(&self, statement: &Statement) -> &Path {
        self.prepared.file_at(statement.span.start).unwrap_or(self.path())
    }

    /// Where a byte of [`text`](Self::text) comes from.
    pub fn location(&self, at: usize) -> Option<Location<'_>> {
        self.prepared.location(at)
    }
}
