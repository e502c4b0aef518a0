use crate::delta::Reader;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "a value that was added to an enum cannot be used in the same transaction",
    instead: "use it in a later delta",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    // Functions may name it: their bodies are not run yet.
    let reader = statement.reader;
    let added = &statement.state.enum_values;
    if added.is_empty() || only_names(reader) {
        return Vec::new();
    }
    let in_block = reader.is(&["do"]);
    let used = reader.tokens().iter().find_map(|token| {
        let uses = |value: &&String| {
            token.key == **value || (in_block && token.written.contains(value.as_str()))
        };
        Some((token, added.iter().find(uses)?))
    });
    let found =
        used.map(|(token, value)| Match { at: token.at, subject: format!("the value {value}") });
    found.into_iter().collect()
}

/// Whether the statement does not use the values of enums that it names.
fn only_names(reader: Reader<'_, '_>) -> bool {
    let [first, second, ..] = reader.tokens() else { return true };
    match (&*first.key, &*second.key) {
        ("alter", "type") | ("comment", _) | ("create", "function" | "procedure") => true,
        ("create", "or") => reader.has(&["function"]) || reader.has(&["procedure"]),
        _ => false,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter type e add value 'x'; update t set a = 'x' where b",
        "alter type e add value if not exists 'x'; do $$ begin perform 'x'; end $$",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter type e add value 'x'; update t set a = 'y' where b",
        "alter type e add value 'x'; alter type e add value 'y' after 'x'",
        "create type e as enum ('a'); alter type e add value 'x'; select 'x'::e",
        "-- pum: no-transaction\nalter type e add value 'x'; select 'x'::e",
        "alter type e add value 'x'; create function f() returns e language plpgsql as 'x'",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::EnumValue, RISKY, HARMLESS);
    }
}
