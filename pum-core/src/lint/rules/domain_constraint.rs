use crate::lint::rule::{Match, RuleDefinition, StatementContext};
use crate::lint::syntax::is_not_valid;

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "writes to every table with a column of the domain block while all their rows are checked",
    instead: "add it NOT VALID, and VALIDATE CONSTRAINT in a later delta",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    let mut rest = statement.reader;
    if !rest.eat(&["alter", "domain"]) {
        return Vec::new();
    }
    let Some(domain) = rest.name() else { return Vec::new() };
    let adds = rest.is_any(&["add"]) && !is_not_valid(rest);
    let is_found =
        (adds || rest.is(&["set", "not", "null"])) && !domain.is_in(&statement.state.domains);
    statement.match_at_start(is_found.then(|| format!("domain {domain}")))
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter domain d add constraint c check (value > 0)",
        "alter domain s.d add check (value > 0)",
        "alter domain d set not null",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter domain d add constraint c check (value > 0) not valid",
        "alter domain d validate constraint c",
        "alter domain d set default 1",
        "create domain d as int; alter domain d add check (value > 0)",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::DomainConstraint, RISKY, HARMLESS);
    }
}
