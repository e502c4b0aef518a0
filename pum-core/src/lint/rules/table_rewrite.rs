use crate::lint::alter_table::match_table_actions;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "the table and its indexes are rewritten under a lock that also blocks reads",
    instead: "do it in a maintenance window",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_table_actions(statement, |action| {
        ["logged", "unlogged", "tablespace"].iter().any(|word| action.is(&["set", word]))
            || action.is(&["set", "access", "method"])
    })
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t set unlogged",
        "alter table t set logged",
        "alter table t set tablespace fast",
        "alter table t set access method heap2",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter table t set (fillfactor = 70)",
        "alter table t alter a set statistics 100",
        "create table t (a int); alter table t set unlogged",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::TableRewrite, RISKY, HARMLESS);
    }
}
