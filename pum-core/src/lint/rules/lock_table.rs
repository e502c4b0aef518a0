use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "writes to the table, in most modes also reads, block until the transaction ends",
    instead: "leave it to the statements, which take the weakest lock that is enough",
    check,
};

/// Modes that block neither reads nor writes.
const WEAK: &[&[&str]] = &[&["in", "access", "share"], &["in", "row"], &["in", "share", "update"]];

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    let mut rest = statement.reader;
    if !rest.eat(&["lock"]) {
        return Vec::new();
    }
    rest.eat(&["table"]);
    let names = statement.state.without_created(rest.names());
    let is_weak = WEAK.iter().any(|words| rest.is(words));
    let first = names.first().filter(|_| !is_weak);
    statement.match_at_start(first.map(|table| format!("table {table}")))
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] =
        &["lock t", "lock table only s.t in exclusive mode", "lock table t in share mode nowait"];

    pub(crate) const HARMLESS: &[&str] = &[
        "lock table t in access share mode",
        "lock table t in row exclusive mode",
        "lock table t in share update exclusive mode",
        "create table t (a int); lock t",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::LockTable, RISKY, HARMLESS);
    }
}
