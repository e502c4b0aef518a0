use crate::lint::all_rows::match_all_rows;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "all rows are rewritten and stay locked until the transaction ends",
    instead: "say with WHERE which rows need it, and update a large table in batches (WHERE true, if really all)",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_all_rows(statement, &["update"])
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "update t set a = 1",
        "with x as (select 1 where true) update t set a = 1",
        "update t set a = (select 1 from u where u.b = t.b)",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "update t set a = 1 where b",
        "insert into t values (1) on conflict (a) do update set a = 1",
        "select 1 from t for update",
        "create trigger g before update on t execute function f()",
        "with x as (select 1 from t where a for update) update t set a = 1 where true",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::UpdateAll, RISKY, HARMLESS);
    }
}
