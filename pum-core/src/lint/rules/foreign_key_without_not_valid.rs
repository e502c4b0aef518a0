use crate::lint::alter_table::match_table_actions;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};
use crate::lint::syntax::{added_column, added_constraint, is_not_valid};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "writes to both tables block while all rows are checked",
    instead: "add it NOT VALID, and VALIDATE CONSTRAINT in a later delta",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_table_actions(statement, |action| {
        if let Some((_, definition)) = added_column(action) {
            // Without a default there are only nulls, which refer to nothing.
            return definition.has(&["references"]) && definition.has(&["default"]);
        }
        added_constraint(action).is_some_and(|it| it.is(&["foreign"]) && !is_not_valid(it))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t add constraint c foreign key (a) references o (a)",
        "alter table only t add foreign key (a) references o on delete cascade",
        "alter table t add a int default 1 references o",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter table t add constraint c foreign key (a) references o not valid",
        "alter table t add a int references o",
        "create table t (a int); alter table t add foreign key (a) references o",
        "create table t (a int references o)",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::ForeignKey, RISKY, HARMLESS);
    }
}
