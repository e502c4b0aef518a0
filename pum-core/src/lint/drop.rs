use super::check::Hit;
use super::made::Made;
use crate::delta::LintRule;
use crate::delta::Name;
use crate::delta::Reader;

/// Tables that are dropped or emptied, and what goes with an object that is dropped.
pub(super) fn look(reader: Reader<'_, '_>, made: &Made) -> Vec<Hit> {
    let mut rest = reader;
    let at = reader.at();
    let mut found = Vec::new();
    if rest.eat(&["truncate"]) {
        rest.eat(&["table"]);
        let tables = old(rest, made);
        found.extend(about("table", &tables).map(|what| Hit {
            rule: LintRule::Truncate,
            at,
            what,
        }));
        if !tables.is_empty() && reader.ends_with("cascade") {
            let what = format!("TRUNCATE of {}", list(&tables));
            found.push(Hit { rule: LintRule::DropCascade, at, what });
        }
    } else if rest.eat(&["drop"]) {
        let kind = kind(&mut rest);
        rest.eat(&["concurrently"]);
        rest.eat(&["if", "exists"]);
        let names = old(rest, made);
        if matches!(&*kind, "table" | "foreign table") {
            let what = about(&kind, &names);
            found.extend(what.map(|what| Hit { rule: LintRule::DropTable, at, what }));
        }
        if !names.is_empty() && reader.ends_with("cascade") {
            let what = format!("{kind} {}", list(&names));
            found.push(Hit { rule: LintRule::DropCascade, at, what });
        }
    }
    found
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

/// The objects that the script did not create.
fn old(mut rest: Reader<'_, '_>, made: &Made) -> Vec<Name> {
    let mut names = rest.names();
    names.retain(|name| !name.is_in(&made.tables));
    names
}

fn list(names: &[Name]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn about(kind: &str, names: &[Name]) -> Option<String> {
    (!names.is_empty()).then(|| format!("{kind} {}", list(names)))
}
