use super::check::Hit;
use super::made::Made;
use crate::delta::LintRule;
use crate::delta::Reader;

/// Indexes that are made, dropped or rebuilt under a lock.
pub(super) fn look(reader: Reader<'_, '_>, made: &Made) -> Vec<Hit> {
    let mut rest = reader;
    let found = if rest.eat(&["create", "index"]) || rest.eat(&["create", "unique", "index"]) {
        created(rest, made).map(|what| (LintRule::CreateIndex, what))
    } else if rest.eat(&["drop", "index"]) && !rest.is(&["concurrently"]) {
        rest.eat(&["if", "exists"]);
        let names = rest.names();
        let old: Vec<String> = names
            .iter()
            .filter(|name| !name.is_in(&made.indexes))
            .map(ToString::to_string)
            .collect();
        (!old.is_empty()).then(|| (LintRule::DropIndex, format!("index {}", old.join(", "))))
    } else if reader.is(&["reindex"]) {
        rebuilt(reader, made).map(|what| (LintRule::Reindex, what))
    } else {
        None
    };
    found.map(|(rule, what)| Hit { rule, at: reader.at(), what }).into_iter().collect()
}

/// `[CONCURRENTLY] [[IF NOT EXISTS] name] ON [ONLY] table`. With ONLY, it is the first step of
/// making one on a partitioned table without a long lock.
fn created(mut rest: Reader<'_, '_>, made: &Made) -> Option<String> {
    if rest.is(&["concurrently"]) {
        return None;
    }
    rest.eat(&["if", "not", "exists"]);
    let index = if rest.is(&["on"]) { None } else { rest.name() };
    if !rest.eat(&["on"]) || rest.is(&["only"]) {
        return None;
    }
    let table = rest.name().filter(|table| !table.is_in(&made.tables))?;
    let index = index.map_or_else(String::new, |index| format!(" {index}"));
    Some(format!("index{index} on {table}"))
}

fn rebuilt(mut rest: Reader<'_, '_>, made: &Made) -> Option<String> {
    if rest.tokens().iter().any(|token| token.key == "concurrently") {
        return None;
    }
    while !rest.is_any(&["index", "table", "schema", "database", "system"]) {
        if rest.tokens().is_empty() {
            return None;
        }
        rest.skip(1);
    }
    let kind = rest.tokens().first()?.key.clone();
    rest.skip(1);
    let name = rest.name();
    if name.as_ref().is_some_and(|name| name.is_in(&made.tables) || name.is_in(&made.indexes)) {
        return None;
    }
    Some(name.map_or_else(|| kind.clone(), |name| format!("{kind} {name}")))
}
