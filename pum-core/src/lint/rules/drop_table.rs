use crate::lint::dropped::{Dropped, dropped};
use crate::lint::rule::{Match, RuleDefinition, StatementContext};
use crate::lint::syntax::name_list;

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "its data is lost, and programs that still use the table fail",
    instead: "drop it in a release after that in which nothing uses it any more",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    let tables = dropped(statement)
        .filter(|it| matches!(&*it.kind, "table" | "foreign table"))
        .map(|Dropped { kind, names }| format!("{kind} {}", name_list(&names)));
    statement.match_at_start(tables)
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] =
        &["drop table t", "drop table if exists s.t, s.u", "drop foreign table t"];

    pub(crate) const HARMLESS: &[&str] =
        &["create temp table t (); drop table t", "drop view t", "drop sequence if exists t"];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::DropTable, RISKY, HARMLESS);
    }
}
