//! Turns a script's files into statements: substitutes variables and executes psql commands.

use std::sync::Arc;

use super::prepared::{Origin, Prepared, PreparedFile};
use super::psql::{
    Arguments, Channel, Command, Conditional, Conditionals, Copy, CopyFrom, Scope, Stored,
    condition, parse,
};
use super::source::{Block, Link, Source, SourceFile, command_name};
use super::statement::Sort;
use super::substitute::{SubstituteError, substitute};
use super::{
    CopyData, DeltaError, Program, ScriptMessage, Statement, StatementKind, VariableForm, Variables,
};
use crate::sql::{Lexer, Piece, PieceKind, Reference, line_at, split_lines, variable_name};

/// Goes through the files as psql would.
pub(super) fn prepare(
    source: &Source,
    variables: &Variables,
    form: Option<VariableForm>,
) -> Result<Prepared, DeltaError> {
    if let Some(program) = program_of(source, variables) {
        return Ok(program);
    }
    let mut files = Vec::with_capacity(source.files.len());
    for file in &source.files {
        files.push(prepared_file(file, variables, form)?);
    }
    let mut scope = Scope::default();
    if form == Some(VariableForm::Psql) {
        for (name, value) in variables.iter() {
            scope.set(name, Stored::Given(value.clone()));
        }
    }
    let out = Prepared { files, ..Prepared::default() };
    let mut run = Preprocessor { source, scope, standard_strings: true, out };
    run.file(0)?;
    Ok(run.out)
}

/// A program stands as one statement for itself.
fn program_of(source: &Source, variables: &Variables) -> Option<Prepared> {
    let (runner, file) = (source.runner?, source.files.first()?);
    let program = Program::new(&file.path, runner, &source.checksum, variables);
    let text = program.shown();
    let kind = StatementKind::Program(program);
    let statement = Statement { span: 0..text.len(), line: 1, kind };
    let blocks = Arc::from([]);
    let path = file.path.clone();
    Some(Prepared {
        files: vec![PreparedFile { path, text: Arc::from(text.as_str()), blocks }],
        origins: vec![Origin { text: 0, file: 0, at: 0, verbatim: true }],
        text,
        statements: vec![statement],
        messages: Vec::new(),
    })
}

/// A file with the variables put in that are no business of psql's.
fn prepared_file(
    file: &SourceFile,
    variables: &Variables,
    form: Option<VariableForm>,
) -> Result<PreparedFile, DeltaError> {
    let blocks = file.blocks.iter().map(|block| (block.after, block.lines)).collect();
    let mut prepared =
        PreparedFile { path: file.path.clone(), text: Arc::clone(&file.text), blocks };
    match substitute(&file.text, variables, form) {
        Ok(None) => {}
        Ok(Some(text)) => prepared.text = text.into(),
        Err(SubstituteError::Missing { at, form, name }) => {
            return Err(DeltaError::MissingVariable {
                path: file.path.clone(),
                line: prepared.file_line(line_at(&file.text, at)),
                written: form.written(&name),
                name,
                given: variables.names().map(str::to_owned).collect(),
            });
        }
        Err(SubstituteError::BadPlaceholder { at, message }) => {
            let line = prepared.file_line(line_at(&file.text, at));
            return Err(DeltaError::Syntax {
                path: file.path.clone(),
                line,
                message: message.to_owned(),
            });
        }
    }
    Ok(prepared)
}

/// A psql variable in a text.
struct VariableUse<'t> {
    reference: Reference,
    /// As it is written.
    written: &'t str,
    /// Where it is, in the file.
    place: usize,
}

struct Preprocessor<'a> {
    source: &'a Source,
    scope: Scope,
    /// What the statements so far left `standard_conforming_strings` at.
    standard_strings: bool,
    out: Prepared,
}

/// A file being gone through.
struct FileRun<'a> {
    at: usize,
    links: std::slice::Iter<'a, Link>,
    blocks: std::iter::Peekable<std::slice::Iter<'a, Block>>,
    lexer: Lexer,
    branches: Conditionals<Lexer>,
    query: Query,
    /// The COPYs of the present line, whose data are in the next ones: their statements, `None`
    /// for one that is not run.
    awaiting_data: Vec<Option<usize>>,
    /// The number of the present line in the text without COPY data, from 1.
    line: usize,
    /// Where the present line begins in that text.
    line_start: usize,
    /// Where the quote or comment began that is open.
    opened: usize,
}

/// A statement that is being put together.
#[derive(Default)]
struct Query {
    text: String,
    /// Where its last piece of code ends.
    code_end: usize,
    origins: Vec<Origin>,
    line: usize,
    /// Whether a `\;` made one of several.
    joined: bool,
}

/// The problem in the current line.
enum Problem {
    Here(String),
    At(usize, String),
    Elsewhere(DeltaError),
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Self::Here(message)
    }
}

impl<'a> Preprocessor<'a> {
    fn file(&mut self, at: usize) -> Result<(), DeltaError> {
        let file = &self.source.files[at];
        let lexer = Lexer::new(self.standard_strings);
        let mut run = FileRun {
            at,
            links: file.links.iter(),
            blocks: file.blocks.iter().peekable(),
            lexer,
            branches: Conditionals::default(),
            query: Query::default(),
            awaiting_data: Vec::new(),
            line: 0,
            line_start: 0,
            opened: 0,
        };
        let text = Arc::clone(&self.out.files[at].text);
        for line in split_lines(&text) {
            run.line += 1;
            let result = self
                .line(line, &mut run)
                .and_then(|()| self.take_data(&mut run).map_err(Problem::Here));
            result.map_err(|problem| self.located(problem, &run))?;
            run.line_start += line.len();
        }
        self.end_file(&mut run).map_err(|problem| self.located(problem, &run))?;
        self.standard_strings = run.lexer.standard_strings;
        Ok(())
    }

    fn line(&mut self, line: &str, run: &mut FileRun<'a>) -> Result<(), Problem> {
        let mut at = 0;
        while let Some(piece) = next_piece(line, at, run) {
            at = piece.range.end;
            let place = run.line_start + piece.range.start;
            match piece.kind {
                PieceKind::Semicolon => self.end_statement(run)?,
                PieceKind::Backslash => {
                    let before = &line[..piece.range.start];
                    at = self.command(line.trim_end_matches('\n'), at, run)?;
                    // A line of its own leaves no empty line in the statement around it.
                    if before.trim().is_empty() && line[at..].trim().is_empty() {
                        at = line.len();
                    }
                }
                PieceKind::Variable(reference) => {
                    let written = &line[piece.range];
                    let used = VariableUse { reference, written, place };
                    self.variable(used, run, &mut Vec::new())?;
                }
                kind => add(run, kind, &line[piece.range], place, true)?,
            }
        }
        Ok(())
    }

    /// Puts a psql variable in; if it is not set, its name.
    fn variable(
        &mut self,
        VariableUse { reference, written, place }: VariableUse<'_>,
        run: &mut FileRun<'a>,
        within: &mut Vec<String>,
    ) -> Result<(), Problem> {
        if !run.branches.active() {
            return Ok(());
        }
        let name = variable_name(reference, written);
        let pasted = match self.scope.get(name) {
            Some(Stored::Pasted(text)) if reference == Reference::Plain => Some(text.clone()),
            _ => None,
        };
        match pasted {
            Some(text) if !within.iter().any(|open| open == name) => {
                within.push(name.to_owned());
                self.paste(&text, place, run, within)?;
                within.pop();
                Ok(())
            }
            _ => match self.scope.quoted(reference, name) {
                Some(sql) => add(run, PieceKind::Code, &sql, place, false),
                None => add(run, PieceKind::Code, written, place, within.is_empty()),
            },
        }
    }

    /// Goes through the text of a variable that the script itself set.
    fn paste(
        &mut self,
        text: &str,
        place: usize,
        run: &mut FileRun<'a>,
        within: &mut Vec<String>,
    ) -> Result<(), Problem> {
        let mut at = 0;
        while let Some(piece) = run.lexer.next(text, at) {
            at = piece.range.end;
            match piece.kind {
                PieceKind::Semicolon => self.end_statement(run)?,
                PieceKind::Backslash => {
                    return Err("the value of a variable cannot contain a psql command"
                        .to_owned()
                        .into());
                }
                PieceKind::Variable(reference) => {
                    let written = &text[piece.range];
                    self.variable(VariableUse { reference, written, place }, run, within)?;
                }
                kind => add(run, kind, &text[piece.range], place, false)?,
            }
        }
        run.opened = place;
        Ok(())
    }

    /// A semicolon, or the end of a file.
    fn end_statement(&mut self, run: &mut FileRun<'a>) -> Result<(), Problem> {
        let words = run.lexer.end_statement();
        let sort = Sort::from_state(&words);
        if !run.branches.active() {
            if sort == Sort::CopyFromStdin {
                run.awaiting_data.push(None);
            }
            return Ok(());
        }
        let query = std::mem::take(&mut run.query);
        if query.code_end == 0 {
            return Ok(());
        }
        if query.joined && sort != Sort::Plain {
            return Err(joined(query.line));
        }
        let line = self.out.files[run.at].file_line(query.line);
        let kind = match sort {
            Sort::Plain => StatementKind::Plain,
            Sort::Begin => StatementKind::Begin,
            Sort::Commit => StatementKind::Commit,
            Sort::EndsTransaction => StatementKind::EndsTransaction,
            Sort::CopyFromStdin => {
                run.awaiting_data.push(Some(self.out.statements.len()));
                let path = &self.source.files[run.at].path;
                StatementKind::CopyFromStdin { data: CopyData::none(path) }
            }
            Sort::TwoPhase => {
                let message = "two-phase commit cannot run in a delta".to_owned();
                return Err(Problem::At(query.line, message));
            }
        };
        self.push(run.at, &query, line, kind);
        Ok(())
    }

    fn push(&mut self, file: usize, query: &Query, line: usize, kind: StatementKind) {
        let start = self.out.text.len();
        self.out.text.push_str(&query.text[..query.code_end]);
        let end = self.out.text.len();
        self.out.text.push_str(";\n");
        let kept = query.origins.iter().filter(|origin| origin.text < query.code_end);
        self.out.origins.extend(kept.map(|origin| Origin {
            text: start + origin.text,
            file,
            ..*origin
        }));
        self.out.statements.push(Statement { span: start..end, line, kind });
    }

    /// Gives the COPYs of a line the data that stand after it.
    fn take_data(&mut self, run: &mut FileRun<'a>) -> Result<(), String> {
        for statement in std::mem::take(&mut run.awaiting_data) {
            let Some(block) = run.blocks.next_if(|block| block.after == run.line) else {
                return Err("no data found for this COPY: write COPY … FROM STDIN literally, \
                            without variables"
                    .to_owned());
            };
            let waiting = statement.and_then(|at| self.out.statements.get_mut(at));
            if let Some(Statement { kind: StatementKind::CopyFromStdin { data }, .. }) = waiting {
                *data = block.data.clone();
            }
        }
        match run.blocks.next_if(|block| block.after == run.line) {
            Some(_) => {
                Err("data follow here, but after substituting the variables there is no COPY … \
                            FROM STDIN: write it literally"
                    .to_owned())
            }
            None => Ok(()),
        }
    }

    fn end_file(&mut self, run: &mut FileRun<'a>) -> Result<(), Problem> {
        if let Some(what) = run.lexer.open() {
            let line = line_at(&self.out.files[run.at].text, run.opened);
            return Err(Problem::At(line, format!("this {what} is never closed")));
        }
        if run.branches.is_open() {
            return Err("an \\if has no \\endif".to_owned().into());
        }
        // The last statement needs no semicolon; a COPY there has no data.
        self.end_statement(run)
    }

    /// A command of psql whose name begins at byte `at`; gives where it ends.
    fn command(&mut self, line: &str, at: usize, run: &mut FileRun<'a>) -> Result<usize, Problem> {
        let (name, start) = command_name(line, at);
        if !run.branches.active() {
            return self.passed_over(name, line, start, run);
        }
        let scope = self.scope.clone();
        let mut arguments = Arguments::new(line, start, Some(&scope));
        match parse(name, &mut arguments)? {
            Command::Include { .. } => {
                if let Some(Link::File(file)) = run.links.next() {
                    let strings =
                        std::mem::replace(&mut self.standard_strings, run.lexer.standard_strings);
                    self.file(*file).map_err(Problem::Elsewhere)?;
                    run.lexer.standard_strings =
                        std::mem::replace(&mut self.standard_strings, strings);
                }
            }
            Command::Copy(copy) => self.copy(&copy, run),
            Command::Set(name, value) => self.scope.set(&name, value),
            Command::Unset(name) => self.scope.unset(&name),
            Command::Say(channel, text) => {
                let warning = channel == Channel::Warning;
                let before = self.out.statements.len();
                self.out.messages.push(ScriptMessage { before, text, warning });
            }
            Command::Conditional(conditional) => {
                branch(name, conditional, &mut arguments, run)?;
            }
            Command::Ignored => {}
        }
        Ok(arguments.end()?)
    }

    /// A command in a branch that is not run.
    fn passed_over(
        &mut self,
        name: &str,
        line: &str,
        start: usize,
        run: &mut FileRun<'a>,
    ) -> Result<usize, Problem> {
        let mut arguments = Arguments::new(line, start, None);
        match parse(name, &mut arguments) {
            Ok(Command::Include { .. } | Command::Copy(Copy { from: CopyFrom::File(_), .. })) => {
                run.links.next();
            }
            Ok(Command::Copy(_)) => run.awaiting_data.push(None),
            Ok(Command::Conditional(conditional)) => {
                // An \elif here may be the one that is run.
                let scope = self.scope.clone();
                let mut arguments = Arguments::new(line, start, Some(&scope));
                branch(name, conditional, &mut arguments, run)?;
                return Ok(arguments.end()?);
            }
            Ok(_) => {}
            Err(_) => return Ok(line.len()),
        }
        Ok(arguments.end().unwrap_or(line.len()))
    }

    /// `\copy`, which leaves the statement that is being put together as it is.
    fn copy(&mut self, copy: &Copy, run: &mut FileRun<'a>) {
        let data = match copy.from {
            CopyFrom::Script => {
                run.awaiting_data.push(Some(self.out.statements.len()));
                CopyData::none(&self.source.files[run.at].path)
            }
            CopyFrom::File(_) => match run.links.next() {
                Some(Link::Data(data)) => data.clone(),
                _ => CopyData::none(&self.source.files[run.at].path),
            },
        };
        let origin = Origin { text: 0, file: run.at, at: run.line_start, verbatim: false };
        let query = Query {
            text: copy.sql.clone(),
            code_end: copy.sql.len(),
            origins: vec![origin],
            line: run.line,
            joined: false,
        };
        let line = self.out.files[run.at].file_line(run.line);
        self.push(run.at, &query, line, StatementKind::CopyFromStdin { data });
    }

    fn located(&self, problem: Problem, run: &FileRun<'a>) -> DeltaError {
        let (line, message) = match problem {
            Problem::Elsewhere(err) => return err,
            Problem::Here(message) => (run.line, message),
            Problem::At(line, message) => (line, message),
        };
        let file = &self.out.files[run.at];
        DeltaError::Syntax { path: file.path.clone(), line: file.file_line(line), message }
    }
}

fn next_piece(line: &str, at: usize, run: &mut FileRun<'_>) -> Option<Piece> {
    let was_open = run.lexer.open().is_some();
    let piece = run.lexer.next(line, at)?;
    if !was_open && run.lexer.open().is_some() {
        run.opened = run.line_start + piece.range.start;
    }
    Some(piece)
}

/// Adds a piece to the statement. What stands before its first code is left out.
fn add(
    run: &mut FileRun<'_>,
    kind: PieceKind,
    text: &str,
    place: usize,
    verbatim: bool,
) -> Result<(), Problem> {
    if !run.branches.active() {
        return Ok(());
    }
    let query = &mut run.query;
    if kind == PieceKind::Space && query.code_end == 0 {
        return Ok(());
    }
    if query.code_end == 0 {
        query.line = run.line;
    }
    let (text, place) = match kind {
        PieceKind::Escaped => (&text[1..], place + 1),
        _ => (text, place),
    };
    let here = query.text.len();
    let goes_on = query
        .origins
        .last()
        .is_some_and(|last| verbatim && last.verbatim && last.at + (here - last.text) == place);
    if !goes_on {
        query.origins.push(Origin { text: here, file: run.at, at: place, verbatim });
    }
    query.text.push_str(text);
    if kind != PieceKind::Space {
        query.code_end = query.text.len();
    }
    if kind == PieceKind::Escaped && text == ";" {
        let words = std::mem::take(&mut run.lexer.words);
        if Sort::from_state(&words) != Sort::Plain {
            return Err(joined(query.line));
        }
        query.joined = true;
    }
    Ok(())
}

fn joined(line: usize) -> Problem {
    let message = "\\; cannot join COPY … FROM STDIN or what begins or ends a transaction with \
                   other statements; use ; instead"
        .to_owned();
    Problem::At(line, message)
}

fn branch(
    name: &str,
    conditional: Conditional,
    arguments: &mut Arguments<'_>,
    run: &mut FileRun<'_>,
) -> Result<(), String> {
    let value = run.branches.evaluates(conditional) && condition(name, arguments)?;
    run.branches.step(conditional, value, &mut run.lexer)
}
