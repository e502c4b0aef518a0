use crate::lint::dropped::truncated;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};
use crate::lint::syntax::name_list;

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "all rows are gone, and reads and writes of the table block until the transaction ends",
    instead: "DELETE the rows that are meant, with WHERE",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    let tables = truncated(statement).map(|names| format!("table {}", name_list(&names)));
    statement.match_at_start(tables)
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &["truncate t", "truncate table only t, u restart identity"];

    pub(crate) const HARMLESS: &[&str] =
        &["create table t (); truncate t", "grant truncate on t to r"];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::Truncate, RISKY, HARMLESS);
    }
}
