use super::check::Hit;
use super::made::Made;
use super::{column, constraint};
use crate::delta::LintRule;
use crate::delta::Name;
use crate::delta::Reader;

/// An `ALTER TABLE`.
#[derive(Debug)]
pub(super) struct AlterTable<'t, 'a> {
    pub(super) table: Name,
    rest: Reader<'t, 'a>,
}

impl<'t, 'a> AlterTable<'t, 'a> {
    pub(super) fn read(mut reader: Reader<'t, 'a>) -> Option<Self> {
        if !reader.eat(&["alter", "table"]) && !reader.eat(&["alter", "foreign", "table"]) {
            return None;
        }
        reader.eat(&["if", "exists"]);
        reader.eat(&["only"]);
        let table = reader.name()?;
        reader.eat(&["*"]);
        Some(Self { table, rest: reader })
    }

    /// What is done to the table, one after the other.
    pub(super) fn actions(&self) -> impl Iterator<Item = Reader<'t, 'a>> {
        self.rest.parts()
    }
}

/// What is risky in the actions of an `ALTER TABLE` on a table that was there before.
pub(super) fn look(reader: Reader<'_, '_>, made: &Made) -> Vec<Hit> {
    let Some(alter) = AlterTable::read(reader).filter(|one| !one.table.is_in(&made.tables)) else {
        return disabled_by_setting(reader);
    };
    let table = &alter.table;
    let mut found = Vec::new();
    for action in alter.actions() {
        let mut add = |rule, what: String| found.push(Hit { rule, at: action.at(), what });
        for rule in constraint::risks(action) {
            add(rule, format!("table {table}"));
        }
        for (rule, name) in column::risks(action, table, made) {
            add(rule, format!("column {table}.{name}"));
        }
        if action.is(&["rename", "to"]) || action.is(&["set", "schema"]) {
            add(LintRule::RenameTable, format!("table {table}"));
        }
        if action.is(&["disable", "trigger"]) {
            add(LintRule::DisableTrigger, format!("table {table}"));
        }
        if action.is(&["drop"]) && action.ends_with("cascade") {
            add(LintRule::DropCascade, format!("table {table}"));
        }
    }
    found
}

/// `SET session_replication_role = replica` disables all ordinary triggers.
fn disabled_by_setting(reader: Reader<'_, '_>) -> Vec<Hit> {
    let mut rest = reader;
    if !rest.eat(&["set"]) {
        return Vec::new();
    }
    rest.eat_any(&["session", "local"]);
    let disables = match rest.tokens() {
        [setting, _, value] => {
            setting.key == "session_replication_role" && value.key.trim_matches('\'') == "replica"
        }
        _ => false,
    };
    let what = "session_replication_role".to_owned();
    let found = Hit { rule: LintRule::DisableTrigger, at: reader.at(), what };
    disables.then_some(found).into_iter().collect()
}
