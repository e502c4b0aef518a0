use super::check::Hit;
use super::made::Made;
use crate::delta::Name;
use crate::delta::Reader;
use crate::delta::{LintRule, Token};

/// `DELETE` and `UPDATE` of all rows, also behind or inside of a `WITH`.
pub(super) fn look(reader: Reader<'_, '_>, made: &Made) -> Vec<Hit> {
    let mut found = Vec::new();
    if !reader.is_any(&["delete", "update", "with"]) {
        return found;
    }
    let tokens = reader.tokens();
    for (at, token) in tokens.iter().enumerate() {
        let begins = at == 0 || matches!(&*tokens[at - 1].key, "(" | ")");
        if !begins {
            continue;
        }
        let Some((rule, table)) = target(&tokens[at..]) else { continue };
        if !table.is_in(&made.tables) && !is_limited(&tokens[at..]) {
            found.push(Hit { rule, at: token.at, what: format!("table {table}") });
        }
    }
    found
}

/// What a `DELETE` or `UPDATE` that begins here changes.
fn target(tokens: &[Token<'_>]) -> Option<(LintRule, Name)> {
    let mut rest = Reader::new(tokens);
    let rule = if rest.eat(&["delete", "from"]) {
        LintRule::DeleteAll
    } else if rest.eat(&["update"]) {
        LintRule::UpdateAll
    } else {
        return None;
    };
    rest.eat(&["only"]);
    Some((rule, rest.name()?))
}

/// Whether a `WHERE` follows before its parenthesis closes.
fn is_limited(tokens: &[Token<'_>]) -> bool {
    let depth = tokens.first().map_or(0, |token| token.depth);
    tokens
        .iter()
        .take_while(|token| token.depth >= depth)
        .any(|token| token.depth == depth && token.key == "where")
}
