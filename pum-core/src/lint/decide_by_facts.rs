//! What a database makes of what was found in a text.

use super::LintRule;
use super::facts::{DatabaseFacts, TableFacts};
use super::rule::Match;
use super::syntax::{AlterTable, altered_column};
use crate::delta::{Name, Reader};
use crate::sql;

/// Leaves out what does no harm in this database, and adds the size of a table to what does.
pub(super) fn decide(
    rule: LintRule,
    found: Match,
    reader: Reader<'_, '_>,
    facts: &DatabaseFacts,
) -> Option<Match> {
    let table = target(reader, facts);
    match rule {
        LintRule::ColumnType if changes_only_catalog(reader, found.at, facts) => return None,
        LintRule::DropPrimaryKey if !drops_replica_identity(reader, found.at, facts) => {
            return None;
        }
        _ => {}
    }
    let Some(table) = table.filter(|_| is_about_time(rule)) else { return Some(found) };
    if table.is_small() {
        return None;
    }
    Some(Match { subject: format!("{} ({})", found.subject, table.size()), ..found })
}

/// Whether a rule is about how long others wait, which the size of the table decides.
fn is_about_time(rule: LintRule) -> bool {
    use LintRule::{
        AttachPartition, Check, Cluster, ColumnType, CreateIndex, DropIndex, ForeignKey, Refresh,
        Reindex, RowsBesideDdl, SetNotNull, TableRewrite, UpdateAll, UsingIndex, VacuumFull,
        ValidateSame, VolatileDefault,
    };
    matches!(
        rule,
        AttachPartition
            | Check
            | Cluster
            | ColumnType
            | CreateIndex
            | DropIndex
            | ForeignKey
            | Refresh
            | Reindex
            | RowsBesideDdl
            | SetNotNull
            | TableRewrite
            | UpdateAll
            | UsingIndex
            | VacuumFull
            | ValidateSame
            | VolatileDefault
    )
}

/// What stands before the name of a table.
const BEFORE: &[&[&str]] = &[
    &["reindex", "table"],
    &["refresh", "materialized", "view"],
    &["vacuum", "full"],
    &["cluster"],
    &["update"],
    &["delete", "from"],
];

/// The table that a statement is about, if the database has it.
fn target<'f>(reader: Reader<'_, '_>, facts: &'f DatabaseFacts) -> Option<&'f TableFacts> {
    if let Some(alter) = AlterTable::read(reader) {
        let attached = alter.actions().find_map(|mut action| {
            action.eat(&["attach", "partition"]).then(|| action.name()).flatten()
        });
        return facts.table(&attached.unwrap_or(alter.table));
    }
    let mut rest = reader;
    if rest.eat(&["drop", "index"]) || rest.eat(&["reindex", "index"]) {
        rest.eat(&["if", "exists"]);
        return facts.table_of_index(&rest.name()?);
    }
    if rest.is(&["create"]) {
        let mut on = rest.find(&["on"])?;
        on.skip(1);
        on.eat(&["only"]);
        return facts.table(&on.name()?);
    }
    let is_known = BEFORE.iter().any(|words| rest.eat(words));
    rest.eat(&["only"]);
    let name = rest.name().filter(|_| is_known)?;
    facts.table(&name)
}

/// The action of an `ALTER TABLE` at this place, and what the database knows of its table.
fn action_at<'t, 'a, 'f>(
    reader: Reader<'t, 'a>,
    at: usize,
    facts: &'f DatabaseFacts,
) -> Option<(&'f TableFacts, Reader<'t, 'a>)> {
    let alter = AlterTable::read(reader)?;
    let action = alter.actions().find(|action| action.at() == at)?;
    Some((facts.table(&alter.table)?, action))
}

/// Whether the new type of a column takes no other form than the old one.
fn changes_only_catalog(reader: Reader<'_, '_>, at: usize, facts: &DatabaseFacts) -> bool {
    let new_type = || {
        let (table, action) = action_at(reader, at, facts)?;
        let (column, mut change) = altered_column(action)?;
        change.eat(&["set", "data"]);
        change.eat(&["type"]);
        if change.has(&["using"]) || change.has(&["collate"]) {
            return None;
        }
        let words: Vec<&str> = change.tokens().iter().map(|token| &*token.key).collect();
        let is = |(name, _): &(&String, &String)| Name::of("", name).may_be(&column);
        let (_, old) = table.columns.iter().find(is)?;
        let new = words.join(" ").replace(" ( ", "(").replace(" )", ")").replace(" , ", ",");
        Some(sql::changes_only_catalog(old, &new))
    };
    new_type().unwrap_or_default()
}

fn drops_replica_identity(reader: Reader<'_, '_>, at: usize, facts: &DatabaseFacts) -> bool {
    let is_identity = || {
        let (table, mut action) = action_at(reader, at, facts)?;
        action.eat(&["drop", "constraint"]);
        action.eat(&["if", "exists"]);
        let dropped = action.name()?;
        Some(table.replica_identity.as_ref().is_some_and(|own| Name::of("", own).may_be(&dropped)))
    };
    is_identity().unwrap_or(true)
}
