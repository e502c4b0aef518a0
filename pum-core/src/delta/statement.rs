use std::ops::Range;

use super::lexer::{Lexer, Piece, PieceKind, Unterminated};

/// One SQL statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Where it stands in the script's text: from its first word to before its semicolon.
    pub span: Range<usize>,
    /// The line of its first word, from 1.
    pub line: usize,
    /// How it must be sent.
    pub kind: StatementKind,
}

/// How a statement must be sent to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementKind {
    /// As it is.
    Plain,
    /// `COPY … FROM STDIN`, with the data lines that follow it in the script.
    CopyFromStdin {
        /// Where the data stand, without the closing `\.`.
        data: Range<usize>,
    },
    /// `BEGIN` or `START TRANSACTION`.
    Begin,
    /// `COMMIT` or `END`.
    Commit,
    /// Another statement that ends the transaction it runs in: `ROLLBACK`, `PREPARE TRANSACTION`.
    EndsTransaction,
}

/// Why a script cannot be split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SplitError {
    /// Byte offset in the text.
    pub(super) at: usize,
    pub(super) message: String,
}

/// Splits a script at the semicolons that end statements, as psql does: not inside parentheses,
/// nor inside the `BEGIN ATOMIC … END` of a SQL function.
pub(super) fn split(text: &str) -> Result<Vec<Statement>, SplitError> {
    let mut splitter = Splitter { text, lexer: Lexer::new(text), lines: LineCounter::new(text) };
    let mut statements = Vec::new();
    while let Some(statement) = splitter.next_statement()? {
        statements.push(statement);
    }
    Ok(statements)
}

struct Splitter<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    lines: LineCounter<'a>,
}

/// What is known of the statement being read.
#[derive(Default)]
struct Open {
    start: Option<usize>,
    end: usize,
    parentheses: usize,
    begins: usize,
    words: Vec<String>,
    from_stdin: bool,
}

/// Enough first words to recognise `CREATE OR REPLACE FUNCTION` and transaction control.
const WORDS_KEPT: usize = 4;

impl Splitter<'_> {
    fn next_statement(&mut self) -> Result<Option<Statement>, SplitError> {
        let mut open = Open::default();
        let mut last_word = String::new();
        while let Some(piece) = self.lexer.next_piece().map_err(|open| unterminated(&open))? {
            if matches!(piece.kind, PieceKind::Space | PieceKind::Comment) {
                continue;
            }
            if piece.kind == PieceKind::Symbol(';') && open.parentheses == 0 && open.begins == 0 {
                match open.start {
                    Some(start) => return self.finish(start, &open, piece.range.end).map(Some),
                    None => continue,
                }
            }
            open.start.get_or_insert(piece.range.start);
            open.end = piece.range.end;
            match piece.kind {
                PieceKind::Symbol('\\') => return Err(self.psql_command(&piece)),
                PieceKind::Symbol('(') => open.parentheses += 1,
                PieceKind::Symbol(')') => open.parentheses = open.parentheses.saturating_sub(1),
                PieceKind::Word => {
                    let word = self.text[piece.range].to_ascii_lowercase();
                    open.note_word(&word, &last_word);
                    last_word = word;
                }
                _ => {}
            }
        }
        match open.start {
            Some(start) => self.finish(start, &open, self.text.len()).map(Some),
            None => Ok(None),
        }
    }

    /// The statement from `start`, whose semicolon (or the text) ends at `end`.
    fn finish(&mut self, start: usize, open: &Open, end: usize) -> Result<Statement, SplitError> {
        let words: Vec<&str> = open.words.iter().map(String::as_str).collect();
        let kind = match words.as_slice() {
            ["copy", ..] if open.from_stdin => {
                StatementKind::CopyFromStdin { data: self.copy_data(end) }
            }
            ["begin", ..] | ["start", "transaction", ..] => StatementKind::Begin,
            ["commit" | "rollback", "prepared", ..] => {
                let message = "two-phase commit cannot run in a delta".to_owned();
                return Err(SplitError { at: start, message });
            }
            ["commit" | "end", ..] => StatementKind::Commit,
            ["rollback", "to", ..] | ["rollback", "work" | "transaction", "to", ..] => {
                StatementKind::Plain
            }
            ["rollback" | "abort", ..] | ["prepare", "transaction", ..] => {
                StatementKind::EndsTransaction
            }
            _ => StatementKind::Plain,
        };
        Ok(Statement { span: start..open.end, line: self.lines.line_of(start), kind })
    }

    /// The data lines after a `COPY … FROM STDIN;`, and on to behind them.
    fn copy_data(&mut self, statement_end: usize) -> Range<usize> {
        let after = &self.text[statement_end..];
        let start = statement_end + after.find('\n').map_or(after.len(), |at| at + 1);
        let mut at = start;
        for line in self.text[start..].split_inclusive('\n') {
            if line.trim_end_matches(['\n', '\r']) == "\\." {
                self.lexer.jump_to(at + line.len());
                return start..at;
            }
            at += line.len();
        }
        self.lexer.jump_to(at);
        start..at
    }

    fn psql_command(&self, piece: &Piece) -> SplitError {
        let rest = &self.text[piece.range.start..];
        let command: String = rest.chars().take_while(|c| !c.is_whitespace()).collect();
        let message = format!(
            "psql's command {command} cannot run in a delta: a delta is plain SQL \
             (COPY … FROM STDIN with inline data works)"
        );
        SplitError { at: piece.range.start, message }
    }
}

impl Open {
    /// Follows psql's rule: in a statement that creates a function or procedure, `BEGIN` opens a
    /// body, `CASE` inside it needs an `END` of its own, and `END` closes.
    fn note_word(&mut self, word: &str, last_word: &str) {
        if self.words.len() < WORDS_KEPT {
            self.words.push(word.to_owned());
        }
        if self.parentheses > 0 {
            return;
        }
        self.from_stdin |= last_word == "from" && word == "stdin";
        if self.creates_routine() {
            match word {
                "begin" => self.begins += 1,
                "case" if self.begins > 0 => self.begins += 1,
                "end" => self.begins = self.begins.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn creates_routine(&self) -> bool {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        matches!(
            words.as_slice(),
            ["create", "function" | "procedure", ..]
                | ["create", "or", "replace", "function" | "procedure"]
        )
    }
}

fn unterminated(open: &Unterminated) -> SplitError {
    SplitError { at: open.start, message: format!("this {} never ends", open.what) }
}

/// Line numbers for offsets that are asked for in ascending order.
struct LineCounter<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> LineCounter<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    fn line_of(&mut self, at: usize) -> usize {
        self.line += count_newlines(&self.text[self.at..at]);
        self.at = at;
        self.line
    }
}

/// The line of a byte offset, from 1.
pub(super) fn line_at(text: &str, at: usize) -> usize {
    1 + count_newlines(&text[..at])
}

fn count_newlines(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        split(sql).unwrap().into_iter().map(|statement| &sql[statement.span]).collect()
    }

    #[test]
    fn semicolons_split_only_between_statements() {
        assert_eq!(texts("select 1; select 2"), ["select 1", "select 2"]);
        assert_eq!(texts(" -- c\n;;\n/* ; */ "), [""; 0]);
        assert_eq!(texts("select ';' -- ;\n , 2;"), ["select ';' -- ;\n , 2"]);
        let rule = "create rule r as on insert to t do (insert into a values (1); select 1)";
        assert_eq!(texts(&format!("{rule}; select 2;")), [rule, "select 2"]);
    }

    #[test]
    fn bodies_between_begin_and_end_stay_whole() {
        let atomic = "create or replace function f(a int) returns int begin atomic \
                      select case when a > 1 then 1 else 2 end; select 3; end";
        assert_eq!(texts(&format!("{atomic}; select 1;")), [atomic, "select 1"]);
        let quoted = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN x; END; $$";
        assert_eq!(texts(&format!("{quoted};\nselect 1")), [quoted, "select 1"]);
        // BEGIN outside of a routine opens nothing.
        assert_eq!(texts("begin; select 1; commit;"), ["begin", "select 1", "commit"]);
        let table = "create table \"begin\" (\"end\" int)";
        assert_eq!(texts(&format!("{table};select 1;")), [table, "select 1"]);
    }

    #[test]
    fn lines_are_those_of_the_first_word() {
        let lines: Vec<_> =
            split("-- one\n\nselect\n1;\r\n  select 2;").unwrap().iter().map(|s| s.line).collect();
        assert_eq!(lines, [3, 5]);
    }

    #[test]
    fn copy_takes_its_data_along() {
        let sql = "copy t (a) from stdin;\n1;\n'\n\\.\nselect 1;\ncopy t from stdin with (x);\n2\n";
        let statements = split(sql).unwrap();
        let data: Vec<_> = statements
            .iter()
            .map(|statement| match &statement.kind {
                StatementKind::CopyFromStdin { data } => &sql[data.clone()],
                _ => "-",
            })
            .collect();
        assert_eq!(data, ["1;\n'\n", "-", "2\n"]);
        assert_eq!(split("copy t from '/x'; select 1").unwrap().len(), 2);
        assert_eq!(split("copy (select 1 from stdin) to stdout; select 1").unwrap().len(), 2);
    }

    #[test]
    fn transaction_control_is_recognised() {
        use StatementKind::{Begin, Commit, EndsTransaction, Plain};
        let kinds: Vec<_> = split(
            "BEGIN; start transaction read only; commit; END; rollback; rollback to savepoint a; \
             rollback work to a; abort; prepare transaction 'x'; prepare p as select 1",
        )
        .unwrap()
        .into_iter()
        .map(|statement| statement.kind)
        .collect();
        assert_eq!(
            kinds,
            [
                Begin,
                Begin,
                Commit,
                Commit,
                EndsTransaction,
                Plain,
                Plain,
                EndsTransaction,
                EndsTransaction,
                Plain
            ]
        );
    }

    #[test]
    fn psql_commands_and_open_quotes_are_refused_where_they_stand() {
        let err = split("select 1;\n\\i other.sql\n").unwrap_err();
        assert_eq!(line_at("select 1;\n\\i other.sql\n", err.at), 2);
        assert!(err.message.contains("\\i"), "{}", err.message);
        let err = split("select 1;\nselect 'x;\n").unwrap_err();
        assert_eq!((err.at, err.message.as_str()), (17, "this string never ends"));
    }
}
