use crate::lint::maintenance::{read_options, subject};
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "reads and writes of the table block while it is rewritten",
    instead: "do it in a maintenance window",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    let mut rest = statement.reader;
    if !rest.eat(&["cluster"]) {
        return Vec::new();
    }
    read_options(&mut rest);
    statement.match_at_start(subject(rest, "table", statement.state))
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] =
        &["cluster", "cluster verbose t using i", "cluster (verbose) t"];

    pub(crate) const HARMLESS: &[&str] =
        &["alter table t cluster on i", "create table t (); cluster t using i"];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::Cluster, RISKY, HARMLESS);
    }
}
