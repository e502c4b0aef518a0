use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "writes to the table, and most reads of it, block while the index is built",
    instead: "write REINDEX … CONCURRENTLY in a delta of its own with \"-- pum: no-transaction\"",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    statement.match_at_start(subject(statement))
}

fn subject(statement: &StatementContext<'_, '_>) -> Option<String> {
    let mut rest = statement.reader;
    let is_reindex = rest.is(&["reindex"]);
    if !is_reindex || rest.tokens().iter().any(|token| token.key == "concurrently") {
        return None;
    }
    while !rest.is_any(&["index", "table", "schema", "database", "system"]) {
        if rest.tokens().is_empty() {
            return None;
        }
        rest.skip(1);
    }
    let kind = rest.tokens().first()?.key.clone();
    rest.skip(1);
    let name = rest.name();
    let state = statement.state;
    if name.as_ref().is_some_and(|name| name.is_in(&state.tables) || name.is_in(&state.indexes)) {
        return None;
    }
    Some(name.map_or_else(|| kind.clone(), |name| format!("{kind} {name}")))
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] =
        &["reindex index i", "reindex (verbose) table s.t", "reindex schema s"];

    pub(crate) const HARMLESS: &[&str] =
        &["reindex table concurrently t", "reindex (concurrently) index i"];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::Reindex, RISKY, HARMLESS);
    }
}
