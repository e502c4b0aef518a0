use super::column;
use crate::delta::Reader;
use crate::delta::Rule;

/// What is risky in an action of `ALTER TABLE` that adds a constraint, or a column with one.
pub(super) fn risks(action: Reader<'_, '_>) -> Vec<Rule> {
    if let Some((_, definition)) = column::added(action) {
        return of_column(definition);
    }
    let mut rest = action;
    if !rest.eat(&["add"]) {
        return Vec::new();
    }
    if rest.eat(&["constraint"]) {
        rest.name();
    }
    let late = rest.has(&["not", "valid"]);
    let given = rest.has(&["using", "index"]) && !rest.has(&["using", "index", "tablespace"]);
    let rule = match rest.tokens().first().map(|token| token.key.as_str()) {
        Some("foreign") if !late => Some(Rule::ForeignKey),
        Some("check") if !late => Some(Rule::Check),
        Some("not") if !late => Some(Rule::SetNotNull),
        Some("unique" | "primary" | "exclude") if !given => Some(Rule::UsingIndex),
        _ => None,
    };
    rule.into_iter().collect()
}

/// The constraints of a new column. A foreign key is checked only if there is a default: nulls
/// refer to nothing.
fn of_column(definition: Reader<'_, '_>) -> Vec<Rule> {
    let risks = [
        (Rule::ForeignKey, definition.has(&["references"]) && definition.has(&["default"])),
        (Rule::Check, definition.has(&["check"])),
        (Rule::UsingIndex, definition.has(&["unique"]) || definition.has(&["primary", "key"])),
    ];
    risks.into_iter().filter_map(|(rule, found)| found.then_some(rule)).collect()
}
