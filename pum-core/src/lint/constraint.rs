use super::column;
use crate::delta::LintRule;
use crate::delta::Reader;

/// What is risky in an action of `ALTER TABLE` that adds a constraint, or a column with one.
pub(super) fn risks(action: Reader<'_, '_>) -> Vec<LintRule> {
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
        Some("foreign") if !late => Some(LintRule::ForeignKey),
        Some("check") if !late => Some(LintRule::Check),
        Some("not") if !late => Some(LintRule::SetNotNull),
        Some("unique" | "primary" | "exclude") if !given => Some(LintRule::UsingIndex),
        _ => None,
    };
    rule.into_iter().collect()
}

/// The constraints of a new column. A foreign key is checked only if there is a default: nulls
/// refer to nothing.
fn of_column(definition: Reader<'_, '_>) -> Vec<LintRule> {
    let risks = [
        (LintRule::ForeignKey, definition.has(&["references"]) && definition.has(&["default"])),
        (LintRule::Check, definition.has(&["check"])),
        (LintRule::UsingIndex, definition.has(&["unique"]) || definition.has(&["primary", "key"])),
    ];
    risks.into_iter().filter_map(|(rule, found)| found.then_some(rule)).collect()
}
