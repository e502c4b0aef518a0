use crate::lint::alter_table::match_actions;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};
use crate::lint::syntax::altered_column;

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "the table and its indexes are rewritten under a lock (except varchar(n) to a greater n, to varchar or to text; numeric(p,s) to a greater p)",
    instead: "add a column of the new type, backfill it in batches, and switch to it; if it is one of the harmless changes, allow it",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_actions(statement, |table, action| {
        let (column, change) = altered_column(action)?;
        let is_type = change.is(&["type"]) || change.is(&["set", "data", "type"]);
        is_type.then(|| format!("column {table}.{column}"))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t alter a type bigint",
        "alter table t alter column a set data type text using a::text",
    ];

    pub(crate) const HARMLESS: &[&str] =
        &["alter table t alter a set default 1", "alter type y add attribute a bigint"];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::ColumnType, RISKY, HARMLESS);
    }
}
