use crate::lint::alter_table::match_actions;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "the lock that adding the constraint took is held while all rows are checked",
    instead: "VALIDATE CONSTRAINT in a later delta",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_actions(statement, |table, mut action| {
        if !action.eat(&["validate", "constraint"]) || statement.state.no_transaction {
            return None;
        }
        let constraint = action.name()?;
        let added = &statement.state.not_valid;
        let is_added = added.iter().any(|(of, own)| of.may_be(table) && own.may_be(&constraint));
        is_added.then(|| format!("constraint {constraint} of table {table}"))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t add constraint c check (a > 0) not valid; alter table t validate constraint c",
        "alter table s.t add constraint \"C\" foreign key (a) references o not valid;
         alter table s.t validate constraint \"C\"",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter table t validate constraint c",
        "alter table t add constraint c check (a > 0) not valid; alter table t validate constraint d",
        "-- pum: no-transaction\nalter table t add constraint c check (a > 0) not valid;
         alter table t validate constraint c",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::ValidateSame, RISKY, HARMLESS);
    }
}
