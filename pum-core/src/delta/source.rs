//! A script's files: their SQL, kept in memory; the location of their COPY data; and the files that
//! they include.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::Files;
use super::program::{self, Runner};
use super::psql::{Arguments, Command, Conditionals, Copy, CopyFrom, parse};
use super::reader::FileReader;
use super::{Checksum, CopyData, DeltaError};
use crate::sql::{Lexer, PieceKind, line_at};

/// A script's file and those that it includes.
#[derive(Debug)]
pub(super) struct Source {
    /// Where the files are.
    pub(super) at: Files,
    /// The script's own file is the first.
    pub(super) files: Vec<SourceFile>,
    pub(super) checksum: Checksum,
    /// The program that runs it, if it is not SQL.
    pub(super) runner: Option<Runner>,
    /// The files that are the script itself, and not included by it.
    pub(super) own: Vec<usize>,
}

/// One file.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    /// Its text without COPY data.
    pub(super) text: Arc<str>,
    /// The COPY data that were taken out, in order.
    pub(super) blocks: Arc<[Block]>,
    /// What its `\i`, `\ir` and `\copy … FROM 'FILE'` lead to, in order.
    pub(super) links: Vec<Link>,
}

/// COPY data that stand between two lines of a file.
#[derive(Debug)]
pub(super) struct Block {
    /// How many lines of the text without COPY data stand before them.
    pub(super) after: usize,
    /// How many lines of the file they take.
    pub(super) lines: usize,
    pub(super) data: CopyData,
}

/// What a command of psql leads to.
#[derive(Debug, Clone)]
pub(super) enum Link {
    /// An included file, by its place in [`Source::files`].
    File(usize),
    /// A file with data.
    Data(CopyData),
}

impl Source {
    pub(super) fn read(files: &Files, path: &Path) -> Result<Self, DeltaError> {
        if let Some(runner) = Runner::from_path(path) {
            if !files.are_on_disk() {
                return Err(DeltaError::program_in_memory(path));
            }
            return Self::read_program(path, runner);
        }
        let unreadable = |source| DeltaError::File { path: path.to_owned(), cause: source };
        let reader = FileReader::open(files, path).map_err(unreadable)?;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        let mut survey = IncludeResolver {
            at: files.clone(),
            directory: directory.to_owned(),
            found: Vec::new(),
            known: HashMap::new(),
            open: vec![path.to_owned()],
            included: Vec::new(),
        };
        let checksum = survey.file(reader, path, 0, &mut true)?;
        let checksum = if survey.included.is_empty() {
            checksum
        } else {
            checksum.with_included(survey.included)
        };
        let at = survey.at;
        let files = survey.found.into_iter().flatten().collect();
        Ok(Self { at, files, checksum, runner: None, own: vec![0] })
    }

    /// Several files, as if one that is not there included one after the other.
    pub(super) fn read_several(directory: &Path, paths: &[PathBuf]) -> Result<Self, DeltaError> {
        let unreadable =
            |path: &Path, source| DeltaError::File { path: path.to_owned(), cause: source };
        let mut survey = IncludeResolver {
            at: Files::Disk,
            directory: directory.to_owned(),
            found: vec![None],
            known: HashMap::new(),
            open: Vec::new(),
            included: Vec::new(),
        };
        let mut text = String::new();
        let mut own = Vec::new();
        let mut standard_strings = true;
        for path in paths {
            let reader =
                FileReader::open(&Files::Disk, path).map_err(|err| unreadable(path, err))?;
            let (at, place) = (survey.found.len(), survey.included.len());
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            survey.included.push((name, Checksum::from_bytes(b"")));
            survey.open = vec![path.clone()];
            survey.included[place].1 = survey.file(reader, path, at, &mut standard_strings)?;
            own.push(at);
            text.push_str("\\ir file\n");
        }
        let checksum = Checksum::from_bytes(b"").with_included(survey.included);
        let links = own.iter().map(|&at| Link::File(at)).collect();
        let blocks = Arc::from([]);
        let path = directory.to_owned();
        survey.found[0] = Some(SourceFile { path, text: text.into(), blocks, links });
        let files = survey.found.into_iter().flatten().collect();
        Ok(Self { at: Files::Disk, files, checksum, runner: None, own })
    }

    pub(super) fn of_text(path: &Path, text: &str) -> Result<Self, DeltaError> {
        let mut lexer = Lexer::new(true);
        let mut at = 0;
        while let Some(piece) = lexer.next(text, at) {
            at = piece.range.end;
            let what = match piece.kind {
                PieceKind::Backslash => "a line of psql",
                PieceKind::Semicolon if lexer.end_statement().copies_from_stdin() => "COPY data",
                _ => continue,
            };
            let message = format!("{what} is only possible in a file");
            let line = line_at(text, piece.range.start);
            return Err(DeltaError::Syntax { path: path.to_owned(), line, message });
        }
        let checksum = Checksum::from_bytes(text.as_bytes());
        let (text, blocks) = (Arc::from(text), Arc::from([]));
        let file = SourceFile { path: path.to_owned(), text, blocks, links: Vec::new() };
        Ok(Self { at: Files::Disk, files: vec![file], checksum, runner: None, own: vec![0] })
    }

    pub(super) fn read_program(path: &Path, runner: Runner) -> Result<Self, DeltaError> {
        let checksum = program::read(path, runner)?;
        let (text, blocks) = (Arc::from(""), Arc::from([]));
        let file = SourceFile { path: path.to_owned(), text, blocks, links: Vec::new() };
        Ok(Self {
            at: Files::Disk,
            files: vec![file],
            checksum,
            runner: Some(runner),
            own: vec![0],
        })
    }
}

/// Reads files one after the other, as they include each other.
struct IncludeResolver {
    /// Where files are.
    at: Files,
    /// Nothing outside of it is read.
    directory: PathBuf,
    /// The files, each at its place once it was read.
    found: Vec<Option<SourceFile>>,
    known: HashMap<PathBuf, Link>,
    /// The files at work, each included by the one before.
    open: Vec<PathBuf>,
    /// What counts in the checksum beside the script's own file, by names within the directory.
    included: Vec<(String, Checksum)>,
}

/// A file inside of the delta directory.
struct Inside {
    real: PathBuf,
    /// As a message names it.
    shown: PathBuf,
    /// Within the directory.
    short: String,
}

/// A file being read.
struct Reading {
    path: PathBuf,
    text: String,
    blocks: Vec<Block>,
    links: Vec<Link>,
    lexer: Lexer,
    branches: Conditionals<Lexer>,
    /// How many COPYs of the present line have their data in the next ones.
    awaiting_data: usize,
}

impl IncludeResolver {
    /// Reads a file, to be the one at place `at`.
    fn file(
        &mut self,
        mut reader: FileReader,
        path: &Path,
        at: usize,
        standard_strings: &mut bool,
    ) -> Result<Checksum, DeltaError> {
        self.found.resize_with(self.found.len().max(at + 1), || None);
        let lexer = Lexer::new(*standard_strings);
        let mut reading = Reading {
            path: path.to_owned(),
            text: String::new(),
            blocks: Vec::new(),
            links: Vec::new(),
            lexer,
            branches: Conditionals::default(),
            awaiting_data: 0,
        };
        let is_python = path.extension().is_some_and(|extension| extension == "py");
        let mut lines = 0;
        while let Some(line) = reader.line()? {
            lines += 1;
            let number = reader.line_number();
            if !is_python {
                self.line(&line, &mut reading).map_err(|err| err.at(path, number))?;
            }
            reading.text.push_str(&line);
            for _ in 0..std::mem::take(&mut reading.awaiting_data) {
                let (data, taken) = reader.copy_data()?;
                reading.blocks.push(Block { after: lines, lines: taken, data });
            }
        }
        *standard_strings = reading.lexer.standard_strings;
        let Reading { path, text, blocks, links, .. } = reading;
        let file = SourceFile { path, text: text.into(), blocks: blocks.into(), links };
        self.found[at] = Some(file);
        Ok(reader.finish())
    }

    /// Looks for COPYs and psql commands in a line.
    fn line(&mut self, line: &str, reading: &mut Reading) -> Result<(), LineError> {
        let mut at = 0;
        while let Some(piece) = reading.lexer.next(line, at) {
            at = piece.range.end;
            match piece.kind {
                PieceKind::Semicolon => {
                    let words = reading.lexer.end_statement();
                    reading.awaiting_data += usize::from(words.copies_from_stdin());
                }
                PieceKind::Escaped if line[..at].ends_with(';') => {
                    drop(std::mem::take(&mut reading.lexer.words));
                }
                PieceKind::Backslash => at = self.command(line, at, reading)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// A command of psql whose name begins at byte `at`; gives where it ends.
    fn command(
        &mut self,
        line: &str,
        at: usize,
        reading: &mut Reading,
    ) -> Result<usize, LineError> {
        let (name, start) = command_name(line, at);
        let mut arguments = Arguments::new(line, start, None);
        // What is wrong with a command, and is not passed over by an \if, is said later.
        match parse(name, &mut arguments) {
            Ok(Command::Include { file, beside }) => {
                let included = self.include(&file, beside, reading)?;
                reading.links.push(included);
            }
            Ok(Command::Copy(Copy { from: CopyFrom::File(file), .. })) => {
                reading.links.push(self.data(&file)?);
            }
            Ok(Command::Copy(Copy { from: CopyFrom::Script, .. })) => reading.awaiting_data += 1,
            Ok(Command::Conditional(conditional)) => {
                reading.branches.survey(conditional, &mut reading.lexer);
            }
            Ok(_) => {}
            Err(_) => return Ok(line.len()),
        }
        Ok(arguments.end().unwrap_or(line.len()))
    }

    fn include(
        &mut self,
        name: &str,
        beside: bool,
        reading: &mut Reading,
    ) -> Result<Link, LineError> {
        let base = if beside { reading.path.parent() } else { None };
        let base = base.unwrap_or(&self.directory).to_owned();
        let Inside { real, shown, short } = self.inside(&base, name)?;
        let is_real = |open: &PathBuf| self.at.real(open).is_ok_and(|open| open == real);
        if self.open.iter().any(is_real) {
            return Err(LineError::here(format!("{name} includes itself")));
        }
        if self.open.len() > MOST_NESTED {
            return Err(LineError::here(format!(
                "more than {MOST_NESTED} files include each other"
            )));
        }
        if let Some(link @ Link::File(_)) = self.known.get(&real) {
            return Ok(link.clone());
        }
        let reader = FileReader::open(&self.at, &real).map_err(|err| cannot_read(name, &err))?;
        let at = self.found.len();
        let place = self.included.len();
        self.included.push((short, Checksum::from_bytes(b"")));
        self.open.push(real.clone());
        let result = self.file(reader, &shown, at, &mut reading.lexer.standard_strings);
        self.open.pop();
        self.included[place].1 = result?;
        self.known.insert(real, Link::File(at));
        Ok(Link::File(at))
    }

    fn data(&mut self, name: &str) -> Result<Link, LineError> {
        let Inside { real, short, .. } = self.inside(&self.directory, name)?;
        if let Some(link @ Link::Data(_)) = self.known.get(&real) {
            return Ok(link.clone());
        }
        let reader = FileReader::open(&self.at, &real).map_err(|err| cannot_read(name, &err))?;
        let (data, checksum) = reader.all_data()?;
        self.included.push((short, checksum));
        self.known.insert(real, Link::Data(data.clone()));
        Ok(Link::Data(data))
    }

    /// Finds a file that must be inside of the directory.
    fn inside(&self, base: &Path, name: &str) -> Result<Inside, LineError> {
        let shown = base.join(name);
        let real = self.at.real(&shown).map_err(|err| cannot_read(name, &err))?;
        let directory = self.at.real(&self.directory).map_err(|err| cannot_read(name, &err))?;
        let Ok(short) = real.strip_prefix(&directory) else {
            return Err(LineError::here(format!(
                "{name} is outside of the delta directory {}; move it there",
                self.directory.display()
            )));
        };
        let short = short.to_string_lossy().into_owned();
        if !self.at.is_file(&real) {
            return Err(LineError::here(format!("{name} is not a file")));
        }
        Ok(Inside { real, shown, short })
    }
}

/// Deeper than any real nesting of included files.
const MOST_NESTED: usize = 50;

/// The name of the command that begins at byte `at`, and where its arguments begin.
pub(super) fn command_name(line: &str, at: usize) -> (&str, usize) {
    let rest = &line[at..];
    // A name of one backslash ends nothing: `\\` is no command.
    let end = rest.find(|c: char| c.is_whitespace() || c == '\\').unwrap_or(rest.len());
    (&rest[..end], at + end)
}

fn cannot_read(name: &str, err: &std::io::Error) -> LineError {
    LineError::here(format!("cannot read {name}: {err}"))
}

/// The problem in a line, or in a file that it includes.
enum LineError {
    Here(String),
    Elsewhere(DeltaError),
}

impl LineError {
    fn here(message: String) -> Self {
        Self::Here(message)
    }

    fn at(self, path: &Path, line: usize) -> DeltaError {
        match self {
            Self::Here(message) => DeltaError::Syntax { path: path.to_owned(), line, message },
            Self::Elsewhere(err) => err,
        }
    }
}

impl From<DeltaError> for LineError {
    fn from(err: DeltaError) -> Self {
        Self::Elsewhere(err)
    }
}
