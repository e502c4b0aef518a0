//! Which statement of the deltas changed an object, as the rehearsal saw it.

use crate::delta::tokens;
use crate::diff::{Change, Difference};
use crate::model::{Identity, Kind};
use crate::source::SourceLocation;
use crate::upgrade::{Measurements, StatementMeasurement, UpgradePlan, UpgradeStep};

/// What is known of the statement that made an object what it is.
pub(super) enum Cause {
    /// It was seen.
    Statement(SourceLocation),
    /// There is none: no statement of the deltas changed the object.
    None,
    /// It could not be seen.
    Unknown,
}

/// The last statement that changed the object. If none did, the last that changed what it belongs
/// to: one that names it, if there is one, for a change of a table does not say of which column.
pub(super) fn cause(difference: &Difference, measured: &Measurements, plan: &UpgradePlan) -> Cause {
    let identity = &difference.identity;
    let statements = || measured.scripts.iter().rev().flat_map(|one| one.statements.iter().rev());
    let of = |names: &[&str], one: &StatementMeasurement| {
        one.changed.iter().any(|changed| changed.iter().eq(names))
    };
    let (own, (schema, group)) = (own_names(identity), identity.group());
    let about_group = [schema, group];
    let mut own = statements().filter(|one| of(&own, one));
    let mut group = statements().filter(|one| of(&about_group, one));
    let mut named = group.clone().filter(|one| is_named(identity, one, plan));
    match own.next().or_else(|| named.next()).or_else(|| group.next()) {
        Some(found) => {
            Cause::Statement(SourceLocation { path: found.path.clone(), line: found.line })
        }
        // Programs have sessions of their own.
        None if !measured.watched || plan.steps.iter().any(UpgradeStep::is_program) => {
            Cause::Unknown
        }
        None if is_beyond_event_triggers(difference) => Cause::Unknown,
        None => Cause::None,
    }
}

/// What event triggers do not tell: grants, what `REASSIGN OWNED` does, what is no part of one
/// database, themselves, and views whose printed form follows that of others.
fn is_beyond_event_triggers(difference: &Difference) -> bool {
    use Kind::{ChangedPrivileges, Database, DefaultPrivileges, EventTrigger, View};
    let attribute = match &difference.change {
        Change::Attribute { name, .. } => name,
        Change::OnlyLeft | Change::OnlyRight => "",
    };
    let kind = difference.identity.kind;
    matches!(kind, ChangedPrivileges | Database | DefaultPrivileges | EventTrigger)
        || matches!(attribute, "privileges" | "owner")
        || kind == View && attribute == "definition"
}

/// As the server names objects: an index without its table.
fn own_names(identity: &Identity) -> Vec<&str> {
    let schema = Some(&*identity.schema).filter(|schema| !schema.is_empty());
    let parent = identity.parent.as_deref().filter(|_| identity.kind != Kind::Index);
    schema.into_iter().chain(parent).chain([&*identity.name]).collect()
}

/// Whether the statement names the object.
fn is_named(identity: &Identity, one: &StatementMeasurement, plan: &UpgradePlan) -> bool {
    let mut all = plan.steps.iter().flat_map(|step| {
        step.script.statements().iter().map(move |statement| (&step.script, statement))
    });
    all.any(|(script, statement)| {
        statement.line == one.line && script.file_of(statement) == one.path && {
            let sql = script.text().get(statement.span.clone()).unwrap_or_default();
            tokens(sql).iter().any(|token| token.name().is_some_and(|name| name == identity.name))
        }
    })
}
