use crate::delta::Reader;
use crate::lint::alter_table::match_table_actions;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "what the triggers ensure does not hold for the rows that are written meanwhile, and they stay off if nothing enables them again",
    instead: "let the triggers run, or make sure the same script does their work and enables them again",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    if is_replica_setting(statement.reader) {
        return statement.match_at_start(Some("session_replication_role".to_owned()));
    }
    match_table_actions(statement, |action| action.is(&["disable", "trigger"]))
}

/// `SET session_replication_role = replica` disables all ordinary triggers.
fn is_replica_setting(mut rest: Reader<'_, '_>) -> bool {
    if !rest.eat(&["set"]) {
        return false;
    }
    rest.eat_any(&["session", "local"]);
    match rest.tokens() {
        [setting, _, value] => {
            setting.key == "session_replication_role" && value.key.trim_matches('\'') == "replica"
        }
        _ => false,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t disable trigger all",
        "alter table t disable trigger g",
        "set session_replication_role = 'replica'",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter table t enable trigger g",
        "alter table t disable rule r",
        "set local session_replication_role to origin",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::DisableTrigger, RISKY, HARMLESS);
    }
}
