use super::check::Hit;
use super::made::Made;
use crate::delta::LintRule;
use crate::delta::Reader;

/// `VACUUM FULL`, `CLUSTER` and `REFRESH MATERIALIZED VIEW`.
pub(super) fn look(reader: Reader<'_, '_>, made: &Made) -> Vec<Hit> {
    let mut rest = reader;
    let rule = if rest.eat(&["vacuum"]) && is_full(&mut rest) {
        LintRule::VacuumFull
    } else if rest.eat(&["cluster"]) {
        options(&mut rest);
        LintRule::Cluster
    } else if rest.eat(&["refresh", "materialized", "view"]) && !rest.is(&["concurrently"]) {
        LintRule::Refresh
    } else {
        return Vec::new();
    };
    let kind = if rule == LintRule::Refresh { "materialized view" } else { "table" };
    let name = rest.name();
    if name.as_ref().is_some_and(|name| name.is_in(&made.tables)) {
        return Vec::new();
    }
    let what = name.map_or_else(|| "all tables".to_owned(), |name| format!("{kind} {name}"));
    vec![Hit { rule, at: reader.at(), what }]
}

/// Whether `VACUUM` is to be full, in either way of writing it; goes behind its options.
fn is_full(rest: &mut Reader<'_, '_>) -> bool {
    let words = options(rest);
    let at = words.iter().position(|word| word == "full");
    let value = at.and_then(|at| words.get(at + 1));
    let off = value.is_some_and(|value| matches!(&**value, "false" | "off" | "0" | "no"));
    at.is_some() && !off
}

/// Goes behind options, which may stand in parentheses.
fn options(rest: &mut Reader<'_, '_>) -> Vec<String> {
    let inside = rest.is(&["("]);
    let goes_on = |rest: &Reader<'_, '_>| {
        let word = rest.is_any(&["full", "freeze", "verbose", "analyze", "analyse"]);
        rest.tokens()
            .first()
            .is_some_and(|token| if inside { token.depth > 0 || token.key == "(" } else { word })
    };
    let mut words = Vec::new();
    while goes_on(rest) {
        words.extend(rest.tokens().first().map(|token| token.key.clone()));
        rest.skip(1);
    }
    if inside {
        rest.skip(1);
    }
    words
}
