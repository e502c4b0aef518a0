//! What the documentation shows: sessions, calls and other blocks of code.

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

/// A fenced block of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The heading above it, without its signs.
    pub heading: String,
    /// What stands behind the fence: `toml`, `console`, or nothing.
    pub language: String,
    /// Its lines, each with its number in the file.
    pub lines: Vec<(usize, String)>,
}

/// A command in a block, as it is typed, and what is on the screen then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The line of the file, from 1.
    pub line: usize,
    /// What a shell is given. It has several lines if one ends with a `\`.
    pub typed: String,
    /// Standard output and error.
    pub shown: Vec<String>,
}

/// README.md, COMPARE.md and all of `docs/`.
pub fn documents() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::from(["README.md", "COMPARE.md"].map(PathBuf::from));
    for directory in ["docs", "docs/lint"].map(Path::new) {
        let entries = std::fs::read_dir(repository().join(directory)).unwrap();
        let entries = entries.map(|entry| directory.join(entry.unwrap().file_name()));
        files.extend(entries.filter(|path| path.extension().is_some_and(|end| end == "md")));
    }
    files.sort();
    files
}

/// The fenced blocks of a document.
pub fn blocks_in(file: &Path) -> Vec<Block> {
    Document::read(file).blocks
}

/// The calls that a document shows: commands `pum …` of sessions, and in indented blocks, which
/// have no output between them, lines `pum …`. A `\` at the end goes on in the next line.
pub fn calls_in(file: &Path) -> Vec<Shown> {
    let document = Document::read(file);
    let commands = document.blocks.iter().flat_map(Block::commands);
    let mut calls: Vec<(usize, String)> =
        commands.map(|command| (command.line, command.typed.replace("\\\n", ""))).collect();
    let mut lines = document.indented.iter();
    while let Some((line, text)) = lines.next() {
        let mut call = text.clone();
        while call.ends_with('\\') {
            call.pop();
            call.push_str(&lines.next().expect("a line goes on").1);
        }
        calls.push((*line, call));
    }
    calls.retain(|(_, call)| call.starts_with("pum "));
    calls.sort_unstable();
    let shown =
        |(line, call): (usize, String)| Shown { file: file.to_owned(), line, words: words(&call) };
    calls.into_iter().map(shown).collect()
}

/// Where a session stands in an indented block, in which no one looks for one.
pub fn indented_sessions(file: &Path) -> Vec<usize> {
    let indented = Document::read(file).indented;
    indented.into_iter().filter(|(_, text)| text.starts_with("$ ")).map(|(line, _)| line).collect()
}

impl Block {
    /// Its text as it stands in the file.
    pub fn text(&self) -> String {
        self.lines.iter().map(|(_, text)| format!("{text}\n")).collect()
    }

    /// Whether it shows what is on a screen.
    pub fn is_session(&self) -> bool {
        ["", "console"].contains(&&*self.language)
    }

    /// The commands of a session: lines that begin with `$ `, each with what follows it up to the
    /// next one. Any other block has none.
    pub fn commands(&self) -> Vec<Command> {
        let mut commands: Vec<Command> = Vec::new();
        if !self.is_session() {
            return commands;
        }
        let mut lines = self.lines.iter();
        while let Some((line, text)) = lines.next() {
            if let Some(typed) = text.strip_prefix("$ ") {
                let mut typed = typed.to_owned();
                while typed.ends_with('\\') {
                    typed.push('\n');
                    typed.push_str(&lines.next().expect("a line goes on").1);
                }
                commands.push(Command { line: *line, typed, shown: Vec::new() });
            } else if let Some(command) = commands.last_mut() {
                command.shown.push(text.clone());
            }
        }
        commands
    }
}

/// The code in a document.
#[derive(Default)]
struct Document {
    blocks: Vec<Block>,
    /// Lines of indented blocks, without the indentation.
    indented: Vec<(usize, String)>,
}

impl Document {
    fn read(file: &Path) -> Self {
        Self::parse(&std::fs::read_to_string(repository().join(file)).unwrap())
    }

    fn parse(text: &str) -> Self {
        let mut document = Self::default();
        let mut heading = String::new();
        let mut open: Option<Block> = None;
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(behind) = line.trim_start().strip_prefix("```") {
                match open.take() {
                    Some(block) => document.blocks.push(block),
                    None => {
                        open = Some(Block {
                            heading: heading.clone(),
                            language: behind.to_owned(),
                            lines: Vec::new(),
                        });
                    }
                }
            } else if let Some(block) = &mut open {
                block.lines.push((number, line.to_owned()));
            } else if let Some(indented) = line.strip_prefix("    ") {
                document.indented.push((number, indented.trim_start().to_owned()));
            } else if line.starts_with('#') {
                line.trim_start_matches('#').trim().clone_into(&mut heading);
            }
        }
        assert!(open.is_none(), "a block of code has no end");
        document
    }
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

    #[test]
    fn a_session_is_found_with_its_heading() {
        let text = "# One\n## Two\n```console\nbefore\n$ pum a \\\n  b\nsaid\n\n$ ls\n```\n    pum c\n\
                    ```toml\n# no heading\n$ no = \"command\"\n```\n";
        let document = Document::parse(text);
        let [session, toml] = &document.blocks[..] else { panic!("two blocks") };
        assert_eq!((&*session.heading, &*session.language), ("Two", "console"));
        let commands = session.commands();
        assert_eq!(commands.len(), 2);
        assert_eq!((commands[0].line, &*commands[0].typed), (5, "pum a \\\n  b"));
        assert_eq!(commands[0].shown, ["said", ""]);
        assert_eq!((commands[1].line, commands[1].shown.len()), (9, 0));
        assert_eq!((&*toml.heading, toml.commands().len()), ("Two", 0));
        assert_eq!(document.indented, [(11, "pum c".to_owned())]);
    }
}
