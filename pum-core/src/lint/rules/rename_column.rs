use crate::lint::alter_table::match_actions;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "programs that know the old name fail",
    instead: "add a new column, keep both in step while there are old programs, and drop the old one later",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_actions(statement, |table, action| {
        let mut rest = action;
        if !rest.eat(&["rename"]) || rest.is_any(&["to", "constraint"]) {
            return None;
        }
        rest.eat(&["column"]);
        let column = rest.name().filter(|name| !statement.state.has_column(table, name))?;
        Some(format!("column {table}.{column}"))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] =
        &["alter table t rename a to b", "alter table t rename column a to b"];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter table t rename constraint a to b",
        "alter table t add a int; alter table t rename a to b",
        "alter index i rename to j",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::RenameColumn, RISKY, HARMLESS);
    }
}
