use crate::lint::alter_table::match_table_actions;
use crate::lint::dropped::{dropped, truncated};
use crate::lint::rule::{Match, RuleDefinition, StatementContext};
use crate::lint::syntax::name_list;

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "it also drops dependent objects, which may differ between databases",
    instead: "drop by name what depends on it, without CASCADE",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    if !statement.reader.ends_with("cascade") && !statement.reader.is(&["alter"]) {
        return Vec::new();
    }
    if let Some(names) = truncated(statement) {
        return statement.match_at_start(Some(format!("TRUNCATE of {}", name_list(&names))));
    }
    if let Some(it) = dropped(statement) {
        return statement.match_at_start(Some(format!("{} {}", it.kind, name_list(&it.names))));
    }
    match_table_actions(statement, |action| action.is(&["drop"]) && action.ends_with("cascade"))
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "drop view if exists s.v cascade",
        "drop function f(int, text) cascade",
        "drop owned by r cascade",
        "drop text search configuration c cascade",
        "alter table t drop constraint c cascade",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "drop view v",
        "drop view v restrict",
        "alter table t add foreign key (a) references o on delete cascade not valid",
        "create table t (); drop table t cascade",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::DropCascade, RISKY, HARMLESS);
    }
}
