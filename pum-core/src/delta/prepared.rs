use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{ScriptMessage, Statement};
use crate::sql::{first_line, line_at, line_start};

/// What comes of a script's files.
#[derive(Debug, Clone, Default)]
pub(super) struct Prepared {
    pub(super) files: Vec<PreparedFile>,
    /// The statements, one after the other.
    pub(super) text: String,
    pub(super) statements: Vec<Statement>,
    /// Where the parts of `text` come from, in order.
    pub(super) origins: Vec<Origin>,
    pub(super) messages: Vec<ScriptMessage>,
}

/// A file of a script, with the variables put in that are put in before it is split.
#[derive(Debug, Clone)]
pub(super) struct PreparedFile {
    pub(super) path: PathBuf,
    /// Without COPY data.
    pub(super) text: Arc<str>,
    /// Where COPY data stand: after how many lines of the text, and how many lines they take.
    pub(super) blocks: Arc<[(usize, usize)]>,
}

/// Where a part of the prepared text comes from; it goes on to the next part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    /// Byte offset in the prepared text.
    pub(super) text: usize,
    /// The file.
    pub(super) file: usize,
    /// Byte offset in the file's text.
    pub(super) at: usize,
    /// Whether the part is the file's text, and not something that stands for it.
    pub(super) verbatim: bool,
}

/// A position in one of a script's files.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Location<'a> {
    /// The file: the script's, or one that it includes.
    pub path: &'a Path,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The text of the line, as sent.
    pub line_text: &'a str,
}

impl PreparedFile {
    /// The line in the file of a line in its text without COPY data.
    pub(super) fn file_line(&self, line: usize) -> usize {
        let before = self.blocks.iter().take_while(|(after, _)| *after < line);
        line + before.map(|(_, lines)| lines).sum::<usize>()
    }

    fn location(&self, at: usize) -> Location<'_> {
        let line_start = line_start(&self.text, at);
        Location {
            path: &self.path,
            line: self.file_line(line_at(&self.text, at)),
            column: 1 + self.text[line_start..at].chars().count(),
            line_text: first_line(&self.text[line_start..]),
        }
    }
}

impl Prepared {
    /// The file that a byte of the prepared text comes from.
    pub(super) fn file_at(&self, at: usize) -> Option<&Path> {
        self.origin_of(at).map(|(_, file)| &*file.path)
    }

    fn origin_of(&self, at: usize) -> Option<(&Origin, &PreparedFile)> {
        let next = self.origins.partition_point(|origin| origin.text <= at);
        let origin = self.origins.get(next.checked_sub(1)?)?;
        Some((origin, self.files.get(origin.file)?))
    }

    /// Where a byte of the prepared text comes from.
    pub(super) fn location(&self, at: usize) -> Option<Location<'_>> {
        let (origin, file) = self.origin_of(at)?;
        let offset = if origin.verbatim { at - origin.text } else { 0 };
        Some(file.location((origin.at + offset).min(file.text.len())))
    }
}
