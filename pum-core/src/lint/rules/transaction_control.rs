use crate::delta::{PreparedScript, ScriptWarning, Statement, StatementKind};
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "pum manages the transaction: a BEGIN and COMMIT around the whole script are removed, any other is refused",
    instead: "remove it",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    use StatementKind::{Begin, Commit, EndsTransaction};
    let ends = matches!(statement.kind, Begin | Commit | EndsTransaction);
    let words = || statement.sql.split_whitespace().collect::<Vec<_>>().join(" ");
    ends.then(|| Match { at: 0, subject: words() }).into_iter().collect()
}

/// What a `BEGIN` and `COMMIT` around a whole script are called in a finding.
pub(in crate::lint) const ENCLOSING: &str = "BEGIN and COMMIT";

/// The statements without a `BEGIN` and `COMMIT` that enclose them, and the line of such a `BEGIN`.
pub(in crate::lint) fn without_enclosing(script: &PreparedScript) -> (&[Statement], Option<usize>) {
    if let [first, inner @ .., last] = script.statements()
        && first.kind == StatementKind::Begin
        && last.kind == StatementKind::Commit
    {
        return (inner, Some(first.line));
    }
    let left_out = script.warnings().first();
    let line = left_out.map(|ScriptWarning::EnclosingTransaction { line }| *line);
    (script.statements(), line)
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &["commit", "abort /* it */ and chain", "rollback"];

    pub(crate) const HARMLESS: &[&str] =
        &["savepoint s; rollback to s", "set transaction read only"];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::TransactionControl, RISKY, HARMLESS);
    }
}
