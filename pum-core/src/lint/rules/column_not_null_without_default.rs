use crate::lint::alter_table::match_new_columns;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};
use crate::lint::syntax::is_serial;

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "it fails if the table has any rows",
    instead: "give a constant DEFAULT, or add the column without NOT NULL, backfill it, and then set NOT NULL",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_new_columns(statement, |definition| {
        let default = definition.find(&["default"]);
        let filled = is_serial(definition)
            || definition.has(&["generated"])
            || default.is_some_and(|default| !default.is(&["default", "null"]));
        !filled && (definition.has(&["not", "null"]) || definition.has(&["primary", "key"]))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t add a int not null",
        "alter table t add column if not exists a text default null not null",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter table t add a int not null default 0",
        "alter table t add a int default 0 not null",
        "alter table t add a int null",
        "create table t (); alter table t add a int not null",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::NotNullColumn, RISKY, HARMLESS);
    }
}
