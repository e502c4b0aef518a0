use crate::delta::Reader;
use crate::lint::alter_table::match_table_actions;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};
use crate::lint::syntax::{added_column, added_constraint};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "reads and writes of the table block while the index of the constraint is built",
    instead: "build the index with CREATE UNIQUE INDEX CONCURRENTLY in an earlier delta, and add the constraint USING INDEX (an EXCLUDE constraint cannot: add it in a maintenance window)",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_table_actions(statement, |action| {
        if let Some((_, definition)) = added_column(action) {
            return definition.has(&["unique"]) || definition.has(&["primary", "key"]);
        }
        added_constraint(action).is_some_and(builds_index)
    })
}

fn builds_index(constraint: Reader<'_, '_>) -> bool {
    let given =
        constraint.has(&["using", "index"]) && !constraint.has(&["using", "index", "tablespace"]);
    constraint.is_any(&["unique", "primary", "exclude"]) && !given
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t add constraint c unique (a)",
        "alter table t add primary key (a)",
        "alter table t add unique (a) using index tablespace fast",
        "alter table t add exclude using gist (a with &&)",
        "alter table t add column a int unique",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter table t add constraint c unique using index i",
        "alter table t add primary key using index i",
        "alter table t add exclude boolean",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::UsingIndex, RISKY, HARMLESS);
    }
}
