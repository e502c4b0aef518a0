use crate::lint::alter_table::match_table_actions;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};
use crate::lint::syntax::{added_column, added_constraint, is_not_valid};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "reads and writes of the table block while all rows are checked",
    instead: "add it NOT VALID, and VALIDATE CONSTRAINT in a later delta",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_table_actions(statement, |action| {
        if let Some((_, definition)) = added_column(action) {
            return definition.has(&["check"]);
        }
        added_constraint(action).is_some_and(|it| it.is(&["check"]) && !is_not_valid(it))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t add constraint c check (a > 0)",
        "alter table if exists s.t add check (valid is not null), alter a set statistics 9",
        "alter table t add column a int check (a > 0)",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter table t add constraint c check (a > 0) not valid",
        "alter table t validate constraint c",
        "alter table t add column a int, add b text default 'check'",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::Check, RISKY, HARMLESS);
    }
}
