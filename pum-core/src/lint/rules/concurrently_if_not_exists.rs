use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "after a build that failed the invalid index that it left passes for the one that is wanted",
    instead: "leave out IF NOT EXISTS: pum drops what a failed build left, and goes on where it was",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    let mut rest = statement.reader;
    let is_index = rest.eat(&["create", "unique", "index"]) || rest.eat(&["create", "index"]);
    if !is_index || !rest.eat(&["concurrently", "if", "not", "exists"]) {
        return Vec::new();
    }
    statement.match_at_start(rest.name().map(|index| format!("index {index}")))
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "-- pum: no-transaction\ncreate index concurrently if not exists i on t (a)",
        "create unique index concurrently if not exists \"I\" on t (a)",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "create index concurrently i on t (a)",
        "create table t (a int); create index if not exists i on t (a)",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::IfNotExists, RISKY, HARMLESS);
    }
}
