use crate::lint::access_exclusive::{Locked, access_exclusive};
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "both tables stay locked, also for reads, until the transaction ends, and a session that takes them in the other order is in a deadlock with it",
    instead: "change each table in a delta of its own",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    let state = statement.state;
    // One is enough for a script.
    let [first] = &state.locked_tables[..] else { return Vec::new() };
    let Some(Locked::Table(table)) = access_exclusive(statement.reader) else { return Vec::new() };
    let is_other = !state.no_transaction && !table.is_in(&state.tables) && !table.may_be(first);
    statement.match_at_start(is_other.then(|| format!("table {table}, beside {first}")))
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t add a int; alter table u add a int",
        "alter table t add a int; alter table s.u add a int; alter table v add a int",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter table t add a int; alter table s.t add b int",
        "create table t (a int); alter table t add b int; alter table u add a int",
        "alter table t add a int; alter table u validate constraint c",
        "-- pum: no-transaction\nalter table t add a int; alter table u add a int",
        "alter table t add a int; create view v as select 1",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::SeveralTables, RISKY, HARMLESS);
    }
}
