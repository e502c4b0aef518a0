use crate::lint::alter_table::match_actions;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};
use crate::lint::syntax::{added_constraint, altered_column, is_not_valid};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "reads and writes of the table block while all rows are checked",
    instead: "add CHECK (… IS NOT NULL) NOT VALID in an earlier delta; then VALIDATE CONSTRAINT, SET NOT NULL (which relies on it) and DROP CONSTRAINT",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_actions(statement, |table, action| {
        if added_constraint(action).is_some_and(|it| it.is(&["not"]) && !is_not_valid(it)) {
            return Some(format!("table {table}"));
        }
        let (column, change) = altered_column(action)?;
        let is_checked = table.is_in(&statement.state.validated);
        (change.is(&["set", "not", "null"]) && !is_checked)
            .then(|| format!("column {table}.{column}"))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t alter a set not null",
        "alter table t alter column a set not null",
        "alter table t add constraint c not null a",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter table t validate constraint c; alter table t alter a set not null",
        "alter table t alter a drop not null",
        "alter table t add constraint c not null a not valid",
        "alter domain d drop not null",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::SetNotNull, RISKY, HARMLESS);
    }
}
