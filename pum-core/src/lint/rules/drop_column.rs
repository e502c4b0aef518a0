use crate::lint::alter_table::match_actions;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "its data is lost, and programs that still use the column fail",
    instead: "drop it in a release after that in which nothing uses it any more",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_actions(statement, |table, action| {
        let mut rest = action;
        if !rest.eat(&["drop"]) || rest.is(&["constraint"]) {
            return None;
        }
        rest.eat(&["column"]);
        rest.eat(&["if", "exists"]);
        let column = rest.name().filter(|name| !statement.state.has_column(table, name))?;
        Some(format!("column {table}.{column}"))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] =
        &["alter table t drop a", "alter table t drop column if exists \"A\""];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter table t drop constraint c",
        "alter table t add a int; alter table t drop a",
        "alter table t alter a drop default",
        "alter type y drop attribute a",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::DropColumn, RISKY, HARMLESS);
    }
}
