//! Comments that keep a delta from being applied until that is decided.

use std::path::{Path, PathBuf};

use super::Script;
use crate::sql::{Lexer, PieceKind, line_at};

/// How such a comment begins.
const DECIDE: &str = "decide:";

impl Script {
    /// The first comment `-- decide: ...` of its files, but for those that they include: the file, the
    /// line and what is to be decided.
    pub fn undecided(&self) -> Option<(PathBuf, usize, String)> {
        if self.is_program() {
            return None;
        }
        self.own_texts().find_map(|(path, text)| undecided(path, text))
    }
}

fn undecided(path: &Path, text: &str) -> Option<(PathBuf, usize, String)> {
    let (mut lexer, mut at) = (Lexer::new(true), 0);
    while let Some(piece) = lexer.next(text, at) {
        at = piece.range.end;
        match piece.kind {
            PieceKind::Semicolon => drop(lexer.end_statement()),
            PieceKind::Space => {
                let comment = text[piece.range.clone()].strip_prefix("--").map(str::trim);
                let question = comment.and_then(|it| {
                    let start = it.get(..DECIDE.len())?;
                    start.eq_ignore_ascii_case(DECIDE).then(|| it[DECIDE.len()..].trim())
                });
                if let Some(question) = question {
                    let line = line_at(text, piece.range.start);
                    return Some((path.to_owned(), line, question.to_owned()));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> Option<(usize, String)> {
        undecided(Path::new("x"), text).map(|(_, line, question)| (line, question))
    }

    #[test]
    fn a_comment_that_asks_is_found_wherever_it_stands() {
        assert_eq!(
            question("SELECT 1; -- why\n--  Decide: 3 rows\n"),
            Some((2, "3 rows".to_owned()))
        );
        assert_eq!(question("CREATE FUNCTION f() AS $$ -- decide: x\n $$;"), None);
        assert_eq!(question("SELECT '-- decide: x', \"-- decide: y\"; -- decided: no"), None);
        assert_eq!(question("/* -- decide: x */ SELECT 1"), None);
    }
}
