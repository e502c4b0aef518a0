use super::made::Made;
use crate::delta::Name;
use crate::delta::Reader;
use crate::delta::{LintRule, Token};

/// Types that take their default from a sequence.
const SERIAL: &[&str] = &["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"];

/// Functions of the server and its usual extensions that give another value each time.
const VOLATILE: &[&str] = &[
    "clock_timestamp",
    "gen_random_uuid",
    "nextval",
    "random",
    "random_normal",
    "setval",
    "timeofday",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
];

/// What may follow a default in the definition of a column.
const AFTER_DEFAULT: &[&str] =
    &["constraint", "not", "null", "check", "unique", "primary", "references", "collate"];

/// The column that an action of `ALTER TABLE` adds, and its definition.
pub(super) fn added<'t, 'a>(action: Reader<'t, 'a>) -> Option<(Name, Reader<'t, 'a>)> {
    let mut rest = action;
    if !rest.eat(&["add"]) {
        return None;
    }
    if !rest.eat(&["column"]) {
        let exclude = rest.is(&["exclude", "using"]) || rest.is(&["exclude", "("]);
        if exclude || rest.is_any(&["constraint", "foreign", "check", "not", "unique", "primary"]) {
            return None;
        }
    }
    rest.eat(&["if", "not", "exists"]);
    Some((rest.name()?, rest))
}

/// What is risky in an action of `ALTER TABLE` on a column.
pub(super) fn risks(action: Reader<'_, '_>, table: &Name, made: &Made) -> Vec<(LintRule, Name)> {
    if let Some((name, definition)) = added(action) {
        return of_new(definition).into_iter().map(|rule| (rule, name.clone())).collect();
    }
    let mut rest = action;
    let found = if rest.eat(&["drop"]) && !rest.is(&["constraint"]) {
        rest.eat(&["column"]);
        rest.eat(&["if", "exists"]);
        rest.name().map(|name| (LintRule::DropColumn, name))
    } else if rest.eat(&["rename"]) && !rest.is_any(&["to", "constraint"]) {
        rest.eat(&["column"]);
        rest.name().map(|name| (LintRule::RenameColumn, name))
    } else if rest.eat(&["alter"]) && !rest.is(&["constraint"]) {
        rest.eat(&["column"]);
        return altered(rest, table, made).into_iter().collect();
    } else {
        None
    };
    found.filter(|(_, name)| !made.has_column(table, name)).into_iter().collect()
}

fn altered(mut rest: Reader<'_, '_>, table: &Name, made: &Made) -> Option<(LintRule, Name)> {
    let name = rest.name()?;
    if rest.is(&["type"]) || rest.is(&["set", "data", "type"]) {
        return Some((LintRule::ColumnType, name));
    }
    let checked = table.is_in(&made.validated);
    (rest.is(&["set", "not", "null"]) && !checked).then_some((LintRule::SetNotNull, name))
}

fn of_new(definition: Reader<'_, '_>) -> Vec<LintRule> {
    let serial = definition.is_any(SERIAL);
    let generated = definition.has(&["generated"]) && !definition.has(&["virtual"]);
    let value = definition.find(&["default"]);
    let mut rules = Vec::new();
    if serial || generated || value.is_some_and(is_volatile) {
        rules.push(LintRule::VolatileDefault);
    }
    let filled = serial || definition.has(&["generated"]) || value.is_some_and(|v| !is_null(v));
    if !filled && (definition.has(&["not", "null"]) || definition.has(&["primary", "key"])) {
        rules.push(LintRule::NotNullColumn);
    }
    rules
}

fn is_null(default: Reader<'_, '_>) -> bool {
    default.is(&["default", "null"])
}

/// Whether a default is another one for each row. A function of a schema of one's own is, unless it
/// is declared otherwise.
fn is_volatile(default: Reader<'_, '_>) -> bool {
    let depth = default.tokens().first().map_or(0, |token| token.depth);
    let tokens = default.tokens().get(1..).unwrap_or_default();
    let goes_on = |(at, token): &(usize, &Token<'_>)| {
        *at == 0 || token.depth > depth || !AFTER_DEFAULT.contains(&&*token.key)
    };
    let length = tokens.iter().enumerate().take_while(goes_on).count();
    let mut rest = Reader::new(&tokens[..length]);
    while !rest.tokens().is_empty() {
        if rest.eat(&["::"]) {
            // The name of a type, which may have parameters, is no function.
            rest.name();
            continue;
        }
        let mut name = rest;
        let Some(function) = name.name() else {
            rest.skip(1);
            continue;
        };
        let function = function.to_string().to_lowercase();
        let (schema, own) = function.rsplit_once('.').unwrap_or(("pg_catalog", &function));
        if name.is(&["("]) && (VOLATILE.contains(&own) || schema != "pg_catalog") {
            return true;
        }
        rest = name;
    }
    false
}
