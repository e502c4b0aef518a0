//! Columns that get another type, by a new column that takes the place of the old one.
//!
//! To give a column another type rewrites the whole table under a lock that readers wait for. Here the
//! new column is kept in step with the old one by a trigger, filled in batches, and gets all that the old
//! one has while others read and write the table. Views that must go before the old column does are dropped
//! and created in the transaction in which the new one takes its place.

mod beside;
mod order;
mod other_name;
mod retyped;
mod shadow;
mod updates;
mod world;

use std::collections::{BTreeSet, HashMap};

use self::order::{moved_together, together};
use self::retyped::{needing, retyped, rewrites};
use self::shadow::{Shadow, shadow};
pub(super) use self::updates::can_be_updated;
pub(super) use self::world::World;
use super::super::step::{Action, Step};
use super::names::TemporaryNames;
use super::way::{Part, Way};
use crate::model::{Identity, Kind, View, ViewKind};

/// Steps, some of which are done by new columns.
#[derive(Default)]
pub(super) struct Rewritten {
    /// The steps, in an order in which what is done in one transaction stands together.
    pub(super) steps: Vec<Step>,
    /// The way of each step that has one.
    pub(super) ways: HashMap<usize, Way>,
    /// The steps that are done in the way of another one, with that one.
    pub(super) absorbed: Vec<(usize, usize)>,
    /// The columns that become the last ones of their tables.
    pub(super) moved_last: Vec<Identity>,
}

/// A way, before the steps have their last places.
struct Done {
    column: Identity,
    way: Way,
    /// The other steps that are done in it.
    absorbed: Vec<(Action, Identity)>,
}

/// Finds the ways of columns that get other types. `is_asked` says of which.
pub(super) fn retype(
    mut steps: Vec<Step>,
    world: World<'_>,
    is_asked: impl Fn(&Step) -> bool,
    names: &mut TemporaryNames<'_>,
) -> Rewritten {
    let is_one = |step: &Step| {
        step.action == Action::Alter && step.identity.kind == Kind::Column && rewrites(step)
    };
    let columns = steps.iter().filter(|step| is_one(step) && is_asked(step));
    let columns: Vec<Identity> = columns.map(|step| step.identity.clone()).collect();
    let mut done: Vec<Done> = Vec::new();
    for column in columns {
        let is_it = |step: &Step| step.action == Action::Alter && step.identity == column;
        let is_absorbed = |done: &Done| done.absorbed.contains(&(Action::Alter, column.clone()));
        let at = steps.iter().position(is_it);
        let Some(at) = at.filter(|_| !done.iter().any(is_absorbed)) else { continue };
        let (members, needing) = group(&steps, at, world, &is_one);
        match way(&steps, &members, &needing, (world, names)) {
            Ok(way) => {
                let others = members.iter().filter(|member| **member != at);
                let absorbed = others.map(|member| &steps[*member]);
                let absorbed = absorbed.map(|step| (step.action, step.identity.clone())).collect();
                steps = moved_together(steps, &members);
                done.push(Done { column, way, absorbed });
            }
            Err(reason) => {
                steps[at].remark = Some(format!("not by a new column: {reason}"));
            }
        }
    }
    let place = |action: Action, identity: &Identity| {
        steps.iter().position(|step| step.action == action && step.identity == *identity)
    };
    let mut ways = HashMap::new();
    let mut taken = Vec::new();
    for Done { column, way, absorbed } in done {
        let Some(at) = place(Action::Alter, &column) else { continue };
        let absorbed = absorbed.iter().filter_map(|(action, identity)| place(*action, identity));
        taken.extend(absorbed.map(|step| (step, at)));
        ways.insert(at, way);
    }
    let is_moved = |step: &usize| is_one(&steps[*step]);
    let all = ways.keys().copied().chain(taken.iter().map(|(step, _)| *step));
    let all: BTreeSet<usize> = all.filter(is_moved).collect();
    let moved_last = all.iter().map(|step| steps[*step].identity.clone()).collect();
    Rewritten { steps, ways, absorbed: taken, moved_last }
}

/// The steps that are done with one that gives a column another type: those of columns with which it shares an
/// index, a constraint or a view, and what is rebuilt of these. And what needs the columns.
fn group(
    steps: &[Step],
    at: usize,
    world: World<'_>,
    is_one: &impl Fn(&Step) -> bool,
) -> (BTreeSet<usize>, Vec<Identity>) {
    let needing_of: HashMap<usize, Vec<Identity>> = (0..steps.len())
        .filter(|at| is_one(&steps[*at]))
        .map(|at| (at, needing(&steps[at].identity, world.left)))
        .collect();
    let mut members = BTreeSet::from([at]);
    loop {
        let count = members.len();
        let columns = members.iter().filter_map(|member| needing_of.get(member));
        let needing: BTreeSet<Identity> = columns.flatten().cloned().collect();
        // What is changed of them is part of what is built for the new columns.
        let is_built = |step: &Step| {
            matches!(step.identity.kind, Kind::Index | Kind::Constraint)
                && needing.contains(&step.identity)
        };
        let shares = |at: &usize| {
            let own = needing_of.get(at).into_iter().flatten();
            own.into_iter().any(|it| it.kind != Kind::Sequence && needing.contains(it))
        };
        members.extend((0..steps.len()).filter(|at| is_built(&steps[*at]) || shares(at)));
        members = together(steps, members);
        if members.len() == count {
            let is_rebuilt = |identity: &Identity| {
                let mut own = members.iter().map(|member| &steps[*member]);
                own.any(|step| step.identity == *identity && is_of_view(step, world))
            };
            let needing = needing.into_iter().filter(|identity| !is_rebuilt(identity));
            return (members.clone(), needing.collect());
        }
    }
}

/// One way for all steps that are done together.
fn way(
    steps: &[Step],
    members: &BTreeSet<usize>,
    needing: &[Identity],
    (world, names): (World<'_>, &mut TemporaryNames<'_>),
) -> Result<Way, String> {
    let is_column = |step: &Step| step.action == Action::Alter && rewrites(step);
    let mut columns = Vec::new();
    for step in members.iter().map(|member| &steps[*member]).filter(|step| is_column(step)) {
        columns.push(retyped(step, world, names)?);
    }
    let Shadow { mut before, swap } = shadow(&columns, needing, world, names)?;
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for step in members.iter().map(|member| &steps[*member]) {
        if is_column(step) || needing.contains(&step.identity) {
            continue;
        }
        if !is_of_view(step, world) && !is_short(step) {
            return Err(format!("{} is rebuilt with it", step.identity));
        }
        let is_first = matches!(step.action, Action::Drop | Action::DropDefault);
        let part = if is_first { &mut first } else { &mut last };
        part.extend(step.statements.iter().cloned());
    }
    before.push(Part::transaction([first, swap, last].concat()));
    Ok(Way::later(before))
}

/// Whether a step changes a column without a look at its rows.
fn is_short(step: &Step) -> bool {
    let is_column = step.action == Action::Alter && step.identity.kind == Kind::Column;
    is_column && !step.statements.iter().any(|sql| sql.ends_with(" SET NOT NULL;"))
}

/// Whether a step drops or creates a view without rows, or is about a column of one.
fn is_of_view(step: &Step, World { left, right, .. }: World<'_>) -> bool {
    let identity = &step.identity;
    let is_view = |name: &Identity| {
        [left, right].iter().all(|side| {
            let view = side.model.of::<View>(name);
            view.is_none_or(|view| view.relation == ViewKind::View)
        }) && [left, right].iter().any(|side| side.model.of::<View>(name).is_some())
    };
    match identity.kind {
        Kind::View => is_view(identity),
        Kind::Column => is_view(&super::names::whole_of(identity, Kind::View)),
        _ => false,
    }
}
