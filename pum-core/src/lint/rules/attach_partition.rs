use crate::lint::alter_table::match_actions;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "reads and writes of the partition block while all its rows are checked against the bound",
    instead: "add a CHECK of the bound NOT VALID to the table and VALIDATE it in earlier deltas: then the rows are not read",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_actions(statement, |table, mut action| {
        if !action.eat(&["attach", "partition"]) {
            return None;
        }
        let partition = action.name()?;
        let state = statement.state;
        let is_proven = partition.is_in(&state.tables) || partition.is_in(&state.validated);
        (!is_proven).then(|| format!("partition {partition} of {table}"))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t attach partition p for values from (1) to (2)",
        "alter table only s.t attach partition s.p default",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "create table p (a int); alter table t attach partition p for values in (1)",
        "alter table p validate constraint c; alter table t attach partition p for values in (1)",
        "alter index i attach partition j",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::AttachPartition, RISKY, HARMLESS);
    }
}
