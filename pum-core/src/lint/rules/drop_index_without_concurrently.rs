use crate::lint::rule::{Match, RuleDefinition, StatementContext};
use crate::lint::syntax::name_list;

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "reads and writes of the table block until the transaction ends",
    instead: "write DROP INDEX CONCURRENTLY in a delta of its own with \"-- pum: no-transaction\"",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    let mut rest = statement.reader;
    if !rest.eat(&["drop", "index"]) || rest.is(&["concurrently"]) {
        return Vec::new();
    }
    rest.eat(&["if", "exists"]);
    let mut names = rest.names();
    names.retain(|name| !name.is_in(&statement.state.indexes));
    let subject = (!names.is_empty()).then(|| format!("index {}", name_list(&names)));
    statement.match_at_start(subject)
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &["drop index i", "drop index if exists s.i, s.j"];

    pub(crate) const HARMLESS: &[&str] = &[
        "drop index concurrently i",
        "create table t (); create index i on t (a); drop index i",
        "comment on index i is 'drop index i'",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::DropIndex, RISKY, HARMLESS);
    }
}
