use super::rule::{Match, StatementContext};
use crate::delta::{Reader, Token};

/// Tables of which a statement that begins with `verb` changes all rows, also behind or inside of a
/// `WITH`.
pub(super) fn match_all_rows(statement: &StatementContext<'_, '_>, verb: &[&str]) -> Vec<Match> {
    let mut found = Vec::new();
    if !statement.reader.is_any(&["delete", "update", "with"]) {
        return found;
    }
    let tokens = statement.reader.tokens();
    for (at, token) in tokens.iter().enumerate() {
        let begins = at == 0 || matches!(&*tokens[at - 1].key, "(" | ")");
        let mut rest = Reader::new(&tokens[at..]);
        if !begins || !rest.eat(verb) {
            continue;
        }
        rest.eat(&["only"]);
        let Some(table) = rest.name() else { continue };
        if !table.is_in(&statement.state.tables) && !is_limited(&tokens[at..]) {
            found.push(Match { at: token.at, subject: format!("table {table}") });
        }
    }
    found
}

/// Whether a `WHERE` follows before its parenthesis closes.
fn is_limited(tokens: &[Token<'_>]) -> bool {
    let depth = tokens.first().map_or(0, |token| token.depth);
    tokens
        .iter()
        .take_while(|token| token.depth >= depth)
        .any(|token| token.depth == depth && token.key == "where")
}
