use crate::delta::Reader;
use crate::lint::maintenance::{read_options, subject};
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "reads and writes of the table block while it is rewritten",
    instead: "plain VACUUM, or do it in a maintenance window",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    let mut rest = statement.reader;
    if !rest.eat(&["vacuum"]) || !is_full(&mut rest) {
        return Vec::new();
    }
    statement.match_at_start(subject(rest, "table", statement.state))
}

/// Whether `VACUUM` is to be full, in either way of writing it; goes behind its options.
fn is_full(rest: &mut Reader<'_, '_>) -> bool {
    let words = read_options(rest);
    let at = words.iter().position(|word| word == "full");
    let value = at.and_then(|at| words.get(at + 1));
    let off = value.is_some_and(|value| matches!(&**value, "false" | "off" | "0" | "no"));
    at.is_some() && !off
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "vacuum full",
        "vacuum full verbose s.t",
        "vacuum (verbose, full) t",
        "vacuum (full on) t",
    ];

    pub(crate) const HARMLESS: &[&str] =
        &["vacuum", "vacuum (analyze) t", "vacuum (full false) t", "vacuum \"full\""];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::VacuumFull, RISKY, HARMLESS);
    }
}
