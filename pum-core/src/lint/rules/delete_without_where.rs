use crate::lint::all_rows::match_all_rows;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "all rows are deleted",
    instead: "say which rows with WHERE (WHERE true, if you mean all)",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_all_rows(statement, &["delete", "from"])
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "delete from only s.t",
        "with d as (delete from t returning a) select * from d where a > 1",
        "with d as (delete from t), e as (select 1 from u where b) select 1",
        "delete from t using (select 1 where true) x",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "delete from t where a = 1",
        "create table t (); delete from t",
        "grant delete on t to r",
        "with d as (select 1 a) delete from t where a in (select a from d)",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::DeleteAll, RISKY, HARMLESS);
    }
}
