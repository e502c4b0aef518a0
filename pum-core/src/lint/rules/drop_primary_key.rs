use crate::lint::alter_table::match_actions;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "the key is the replica identity: where the table is published, its updates and deletes fail from then on",
    instead: "give the table another unique index on columns that are NOT NULL as REPLICA IDENTITY USING INDEX first, or drop the key and add the new one in one statement",
    check,
};

/// By its name: a primary key has this end unless another one was given.
fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_actions(statement, |table, mut action| {
        if !action.eat(&["drop", "constraint"]) {
            return None;
        }
        action.eat(&["if", "exists"]);
        let constraint = action.name()?;
        let is_key = constraint.to_string().trim_matches('"').to_lowercase().ends_with("_pkey");
        let is_replaced = adds_key(statement);
        (is_key && !is_replaced).then(|| format!("constraint {constraint} of table {table}"))
    })
}

/// Whether the statement adds a primary key as well.
fn adds_key(statement: &StatementContext<'_, '_>) -> bool {
    statement.reader.has(&["primary", "key"])
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t drop constraint t_pkey",
        "alter table s.t drop constraint if exists \"T_pkey\"",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter table t drop constraint t_pkey, add constraint t_pkey primary key using index i",
        "alter table t drop constraint t_a_key",
        "create table t (a int primary key); alter table t drop constraint t_pkey",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::DropPrimaryKey, RISKY, HARMLESS);
    }
}
