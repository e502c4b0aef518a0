use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "while the statement waits for its lock, all other statements on the table queue behind it, including reads",
    instead: "set a limit for the run, or with \"-- pum: lock-timeout 5s\" in the header",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    // One is enough for a script: the remedy is the same for all.
    let state = statement.state;
    let is_first = !state.lock_timeout && !state.waited;
    statement.match_at_start(state.locked(statement.reader).filter(|_| is_first))
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::LintOptions;
    use crate::lint::tests::findings;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t add a int;\nalter table t add b int;",
        "alter table t alter a set statistics 9, add b int",
        "drop table t",
        "drop index i",
        "drop trigger if exists g on s.t",
        "create policy p on t using (true)",
        "truncate t",
        "lock t",
        "lock table only t in access exclusive mode",
        "refresh materialized view v",
        "-- pum: lock-timeout 0\ndrop table t",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "create table t (); alter table t add a int",
        "alter table t validate constraint c",
        "alter table t disable trigger g",
        "alter table t add constraint c foreign key (a) references o not valid",
        "alter table t attach partition p for values in (1)",
        "alter table t alter a set statistics 9",
        "lock table t in share mode",
        "drop index concurrently i",
        "create index on t (a)",
        "update t set a = 1",
        "set lock_timeout = '5s'; drop table t",
        "set local lock_timeout to 500; drop table t",
        "select set_config('lock_timeout', '5s', true); drop table t",
        "-- pum: lock-timeout 5s\ndrop table t",
    ];

    #[test]
    fn an_unlimited_wait_is_told_once_and_only_where_readers_must_wait() {
        let found = |text: &str| -> Vec<usize> {
            let findings = findings(text, &LintOptions::default());
            let waits = findings.iter().filter(|finding| finding.rule == LintRule::NoLockTimeout);
            waits.map(|finding| finding.line).collect()
        };
        for text in RISKY {
            let line = if text.starts_with("--") { 2 } else { 1 };
            assert_eq!(found(text), [line], "{text}");
        }
        for text in HARMLESS {
            assert_eq!(found(text), [0; 0], "{text}");
        }
        assert_eq!(found("set lock_timeout = '5s'; set lock_timeout = 0;\n drop table t"), [2]);
        assert_eq!(found("set lock_timeout = '5s'; reset lock_timeout;\n drop table t"), [2]);
    }
}
