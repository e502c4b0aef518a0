use super::check::Hit;
use super::made::Made;
use crate::delta::LintRule;
use crate::delta::Reader;

/// A value that the script added to an enum, in a later statement. Functions may name it: their
/// bodies are not run yet.
pub(super) fn look(reader: Reader<'_, '_>, made: &Made) -> Vec<Hit> {
    if made.enum_values.is_empty() || only_names(reader) {
        return Vec::new();
    }
    let in_block = reader.is(&["do"]);
    let used = reader.tokens().iter().find_map(|token| {
        let uses = |value: &&String| {
            token.key == **value || (in_block && token.written.contains(value.as_str()))
        };
        Some((token, made.enum_values.iter().find(uses)?))
    });
    let found = used.map(|(token, value)| Hit {
        rule: LintRule::EnumValue,
        at: token.at,
        what: format!("the value {value}"),
    });
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
