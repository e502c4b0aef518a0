use super::syntax::AlterTable;
use crate::delta::{Name, Reader};

/// Actions of `ALTER TABLE` that readers need not wait for.
const LIGHT: &[&[&str]] = &[
    &["validate"],
    &["attach"],
    &["cluster", "on"],
    &["set", "without", "cluster"],
    &["enable", "trigger"],
    &["disable", "trigger"],
    &["enable", "replica", "trigger"],
    &["enable", "always", "trigger"],
    &["set", "("],
    &["reset", "("],
];

/// What a statement locks in mode ACCESS EXCLUSIVE.
#[derive(Debug)]
pub(super) enum Locked {
    Table(Name),
    /// The table of an index.
    TableOfIndex(Name),
}

/// What a statement locks in mode ACCESS EXCLUSIVE, judged by its text alone.
pub(super) fn access_exclusive(reader: Reader<'_, '_>) -> Option<Locked> {
    if let Some(alter) = AlterTable::read(reader) {
        let heavy = alter.actions().any(|action| !is_light(action));
        return heavy.then_some(Locked::Table(alter.table));
    }
    let mut rest = reader;
    if rest.eat(&["drop", "index"]) {
        let concurrently = rest.eat(&["concurrently"]);
        rest.eat(&["if", "exists"]);
        let name = rest.name().filter(|_| !concurrently)?;
        return Some(Locked::TableOfIndex(name));
    }
    on_table(&mut rest).or_else(|| by_name(rest)).map(Locked::Table)
}

fn is_light(mut action: Reader<'_, '_>) -> bool {
    if LIGHT.iter().any(|words| action.is(words)) || action.has(&["set", "statistics"]) {
        return true;
    }
    if action.is(&["detach"]) {
        return action.ends_with("concurrently") || action.ends_with("finalize");
    }
    action.eat(&["add"]);
    if action.eat(&["constraint"]) {
        action.name();
    }
    action.is(&["foreign", "key"])
}

/// `DROP TRIGGER name ON table` and the like.
fn on_table(rest: &mut Reader<'_, '_>) -> Option<Name> {
    let mut part = *rest;
    let rule = part.eat(&["drop", "trigger"])
        || part.eat(&["drop", "rule"])
        || part.eat(&["drop", "policy"])
        || part.eat(&["create", "policy"])
        || part.eat(&["alter", "policy"]);
    if !rule {
        return None;
    }
    part.eat(&["if", "exists"]);
    part.name()?;
    part.eat(&["on"]);
    part.name()
}

/// Statements that name the table first.
fn by_name(mut rest: Reader<'_, '_>) -> Option<Name> {
    if rest.eat(&["lock"]) {
        rest.eat(&["table"]);
        rest.eat(&["only"]);
        let name = rest.name()?;
        let weaker = rest.has(&["mode"]) && !rest.has(&["access", "exclusive"]);
        return (!weaker).then_some(name);
    }
    let known = (rest.eat(&["refresh", "materialized", "view"]) && !rest.is(&["concurrently"]))
        || rest.eat(&["drop", "table"])
        || rest.eat(&["truncate", "table"])
        || rest.eat(&["truncate"])
        || rest.eat(&["cluster"])
        || rest.eat(&["vacuum", "full"]);
    rest.eat(&["if", "exists"]);
    rest.eat(&["only"]);
    if known { rest.name() } else { None }
}
