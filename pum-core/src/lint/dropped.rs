use super::rule::StatementContext;
use crate::delta::{Name, Reader};

/// What a `DROP` drops that was there before the script.
#[derive(Debug)]
pub(super) struct Dropped {
    /// The kind of object, such as `foreign table`.
    pub(super) kind: String,
    pub(super) names: Vec<Name>,
}

/// What a `DROP` drops, if any of it was there before.
pub(super) fn dropped(statement: &StatementContext<'_, '_>) -> Option<Dropped> {
    let mut rest = statement.reader;
    if !rest.eat(&["drop"]) {
        return None;
    }
    let kind = kind(&mut rest);
    rest.eat(&["concurrently"]);
    rest.eat(&["if", "exists"]);
    let names = statement.state.without_created(rest.names());
    (!names.is_empty()).then_some(Dropped { kind, names })
}

/// The tables of a `TRUNCATE`, if any of them was there before.
pub(super) fn truncated(statement: &StatementContext<'_, '_>) -> Option<Vec<Name>> {
    let mut rest = statement.reader;
    if !rest.eat(&["truncate"]) {
        return None;
    }
    rest.eat(&["table"]);
    let names = statement.state.without_created(rest.names());
    (!names.is_empty()).then_some(names)
}

/// Goes behind the kind of object that is dropped.
fn kind(rest: &mut Reader<'_, '_>) -> String {
    const FIRST: &[&str] =
        &["foreign", "materialized", "text", "operator", "event", "owned", "access", "user"];
    let mut words = Vec::new();
    for token in rest.tokens().iter().take(3) {
        words.push(token.key.clone());
        let goes_on = FIRST.contains(&&*token.key) || (words.len() == 2 && token.key == "search");
        if !goes_on {
            break;
        }
    }
    rest.skip(words.len());
    words.join(" ")
}
