use crate::lint::alter_table::match_table_actions;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "programs that know the old name fail",
    instead: "leave a view with the old name in the same delta, and drop it later",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_table_actions(statement, |action| {
        action.is(&["rename", "to"]) || action.is(&["set", "schema"])
    })
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &["alter table t rename to u", "alter table t set schema s"];

    pub(crate) const HARMLESS: &[&str] =
        &["alter view v rename to w", "create table t (); alter table t rename to u"];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::RenameTable, RISKY, HARMLESS);
    }
}
