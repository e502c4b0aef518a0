//! Which statement of the deltas changed an object, as the rehearsal saw it.

use super::Place;
use super::hint::names;
use crate::model::{Identity, Kind};
use crate::upgrade::{Measurements, Plan, StatementMeasurement};

/// The last statement that changed the object. If none did, the last that changed what it belongs
/// to: one that names it, if there is one, for a change of a table does not say of which column.
pub(super) fn changed_in(
    identity: &Identity,
    measured: &Measurements,
    plan: &Plan,
) -> Option<Place> {
    let statements = || measured.scripts.iter().rev().flat_map(|one| one.statements.iter().rev());
    let of = |names: &[&str], one: &StatementMeasurement| {
        one.changed.iter().any(|changed| changed.iter().eq(names))
    };
    let (own, (schema, group)) = (own_names(identity), identity.group());
    let about_group = [schema, group];
    let mut own = statements().filter(|one| of(&own, one));
    let mut group = statements().filter(|one| of(&about_group, one));
    let mut named = group.clone().filter(|one| is_named(identity, one, plan));
    let found = own.next().or_else(|| named.next()).or_else(|| group.next())?;
    Some(Place { path: found.path.clone(), line: found.line })
}

/// As the server names objects: an index without its table.
fn own_names(identity: &Identity) -> Vec<&str> {
    let schema = Some(&*identity.schema).filter(|schema| !schema.is_empty());
    let parent = identity.parent.as_deref().filter(|_| identity.kind != Kind::Index);
    schema.into_iter().chain(parent).chain([&*identity.name]).collect()
}

/// Whether the statement names the object.
fn is_named(identity: &Identity, one: &StatementMeasurement, plan: &Plan) -> bool {
    plan.steps.iter().any(|step| {
        step.script.statements().iter().any(|statement| {
            let is_it = || {
                let place = step.script.location(statement.span.start);
                place.map_or(step.path(), |place| place.path) == one.path
            };
            statement.line == one.line && is_it() && names(step, statement, &identity.name)
        })
    })
}
