//! The commands that the documentation shows.

use std::path::{Path, PathBuf};

use crate::repository;

/// A call of pum in a block of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The file, from the repository on.
    pub file: PathBuf,
    /// The line of the file, from 1.
    pub line: usize,
    /// Its words, without what a shell does with its output; `pum` is the first.
    pub words: Vec<String>,
}

/// README.md, COMPARE.md and all of `docs/`.
pub fn documents() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(repository().join("docs")).unwrap();
    let docs = docs.map(|entry| Path::new("docs").join(entry.unwrap().file_name()));
    let mut files: Vec<PathBuf> =
        docs.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    files.extend(["README.md", "COMPARE.md"].map(PathBuf::from));
    files.sort();
    files
}

/// The calls that a document shows: lines `$ pum …`, and in indented blocks, which have no output
/// between them, also lines `pum …`. A `\\` at the end goes on in the next line.
pub fn calls_in(file: &Path) -> Vec<Shown> {
    let text = std::fs::read_to_string(repository().join(file)).unwrap();
    let mut calls = Vec::new();
    let mut fenced = false;
    let mut lines = (1..).zip(text.lines());
    while let Some((line, written)) = lines.next() {
        if written.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        let indented = !fenced && written.starts_with("    ");
        let trimmed = written.trim_start();
        let call = match trimmed.strip_prefix("$ ") {
            Some(call) if fenced || indented => call,
            None if indented => trimmed,
            _ => continue,
        };
        if !call.starts_with("pum ") {
            continue;
        }
        let mut call = call.to_owned();
        while call.ends_with('\\') {
            call.pop();
            call.push_str(lines.next().expect("a line goes on").1);
        }
        calls.push(Shown { file: file.to_owned(), line, words: words(&call) });
    }
    calls
}

/// The words of the first command in a line, as a shell reads them, to a comment or to what is done
/// with its output.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                word.extend(chars.by_ref().take_while(|inside| *inside != c));
            }
            '#' if word.is_none() => break,
            '|' | '>' | '<' | ';' | '&' => break,
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_a_shell_does() {
        let read = |line: &str| words(line).join("|");
        assert_eq!(read("pum check a  b # and so on"), "pum|check|a|b");
        assert_eq!(read("pum x --reason 'a # b' \"c d\"e > \"f\""), "pum|x|--reason|a # b|c de");
        assert_eq!(read("pum lint; echo $?"), "pum|lint");
        assert_eq!(read("pum a '' b"), "pum|a||b");
    }
}
