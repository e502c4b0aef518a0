use crate::lint::maintenance::subject;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "reads of the materialized view block while it is filled",
    instead: "write REFRESH MATERIALIZED VIEW CONCURRENTLY (it needs a unique index)",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    let mut rest = statement.reader;
    if !rest.eat(&["refresh", "materialized", "view"]) || rest.is(&["concurrently"]) {
        return Vec::new();
    }
    statement.match_at_start(subject(rest, "materialized view", statement.state))
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &["refresh materialized view s.v"];

    pub(crate) const HARMLESS: &[&str] = &[
        "refresh materialized view concurrently v",
        "create materialized view v as select 1 with no data; refresh materialized view v",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::Refresh, RISKY, HARMLESS);
    }
}
