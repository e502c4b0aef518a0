use crate::lint::rule::{Match, RuleDefinition, StatementContext};

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "writes to the table block while the index is built",
    instead: "write CREATE INDEX CONCURRENTLY in a delta of its own with \"-- pum: no-transaction\" (of a partitioned table: CREATE INDEX … ON ONLY, and one for each partition)",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    statement.match_at_start(subject(statement))
}

/// `[CONCURRENTLY] [[IF NOT EXISTS] name] ON [ONLY] table`. With ONLY, it is the first step of
/// creating one on a partitioned table without a long lock.
fn subject(statement: &StatementContext<'_, '_>) -> Option<String> {
    let mut rest = statement.reader;
    if !rest.eat(&["create", "index"]) && !rest.eat(&["create", "unique", "index"]) {
        return None;
    }
    if rest.is(&["concurrently"]) {
        return None;
    }
    rest.eat(&["if", "not", "exists"]);
    let index = if rest.is(&["on"]) { None } else { rest.name() };
    if !rest.eat(&["on"]) || rest.is(&["only"]) {
        return None;
    }
    let table = rest.name().filter(|table| !table.is_in(&statement.state.tables))?;
    let index = index.map_or_else(String::new, |index| format!(" {index}"));
    Some(format!("index{index} on {table}"))
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "create index on t (a)",
        "CREATE UNIQUE INDEX IF NOT EXISTS \"I x\" ON s.\"T\" (a)",
        "create table a.t (); create index i on b.t (a)",
        "create table t (); create index i on \"T\" (a)",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "create index concurrently i on t (a)",
        "create index concurrently on t (a)",
        "create index i on only t (a)",
        "create temp table if not exists s.t (a int); create index on S.T (a)",
        "create table old (); alter table old rename to new; create index on new (a)",
        "create unlogged table t as select 1; create index on t (a)",
        "select 1 as a into temp t; create index on t (a)",
        "create materialized view v as select 1 a; create unique index on v (a)",
        "create function index() returns int language sql as 'create index on t (a)'",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::CreateIndex, RISKY, HARMLESS);
    }
}
