use crate::lint::rows::changed_rows;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "the table that the script changed stays locked, also for reads, until all rows are changed as well",
    instead: "change rows in a delta of their own, those of a large table in batches",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    let state = statement.state;
    if state.no_transaction {
        return Vec::new();
    }
    if let Some(table) = changed_rows(statement.reader) {
        let is_found = !table.is_in(&state.tables) && !state.locked_tables.is_empty();
        let locked = state.locked_tables.first();
        let subject = locked.map(|locked| format!("rows of {table}, beside {locked}"));
        return statement.match_at_start(subject.filter(|_| is_found));
    }
    let changed = state.changed_rows.first();
    let subject = state.locked(statement.reader);
    let subject = subject.and_then(|locked| Some(format!("{locked}, beside rows of {}", changed?)));
    statement.match_at_start(subject.filter(|_| state.locked_tables.is_empty()))
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t add a int; update t set a = 1 where b",
        "alter table t add a int; delete from u where b",
        "update t set a = 1 where b; alter table t alter a set default 1",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "update t set a = 1 where b",
        "create table t (a int); alter table t add b int; update t set a = 1 where b",
        "alter table t add a int; create table u (a int); update u set a = 1 where b",
        "-- pum: no-transaction\nalter table t add a int; update t set a = 1 where b",
        "alter table t validate constraint c; update t set a = 1 where b",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::RowsBesideDdl, RISKY, HARMLESS);
    }
}
