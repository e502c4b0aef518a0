use crate::lint::alter_table::match_actions;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "reads and writes of the whole partitioned table block until the transaction ends",
    instead: "write DETACH PARTITION … CONCURRENTLY (PostgreSQL 14) in a delta of its own with \"-- pum: no-transaction\"",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_actions(statement, |table, mut action| {
        if !action.eat(&["detach", "partition"]) {
            return None;
        }
        let partition = action.name()?;
        let is_quick = action.is_any(&["concurrently", "finalize"]);
        (!is_quick).then(|| format!("partition {partition} of {table}"))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] =
        &["alter table t detach partition p", "alter table only s.t detach partition \"P\""];

    pub(crate) const HARMLESS: &[&str] = &[
        "-- pum: no-transaction\nalter table t detach partition p concurrently",
        "alter table t detach partition p finalize",
        "create table t (a int) partition by list (a); alter table t detach partition p",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::DetachPartition, RISKY, HARMLESS);
    }
}
