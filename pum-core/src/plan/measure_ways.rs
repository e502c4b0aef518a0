//! Where there are several ways, each is run on a copy with rows, and the better one is taken.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::error::MigrationError;
use super::measure_on::MeasureOn;
use super::measured_database::MeasuredDatabase;
use super::measured_way::{MeasuredWay, WayTime};
use super::measured_ways::{MeasuredWays, NotMeasured, WayByRule};
use super::migration_plan::MigrationPlan;
use super::online::{OnlineMode, TableSizes, whole_of};
use super::pending_deltas::{PendingDeltas, plan_after_deltas};
use super::placement::Placement;
use super::renames::before;
use super::script::BEGIN;
use super::sources::{PlanRequest, plan_sources};
use super::step::Action;
use super::variables::with_stand_ins;
use crate::Context;
use crate::compare::CompareError;
use crate::connect::{ServerMessage, Session};
use crate::model::{Identity, Kind};
use crate::source::{Opened, Toolchain};
use crate::upgrade::{LockMode, RunOptions, Upgrade, UpgradePlan, strongest_lock};

/// The same changes in two ways.
pub(crate) struct BothWays {
    plain: MigrationPlan,
    online: MigrationPlan,
}

/// Measures the ways of what is missing between a database after its pending deltas and a reference: what
/// can be done at once or in steps that keep a table readable and writable is done in both ways, each on a
/// database that the server makes of the copy and that is dropped then. Both have the rows of the same moment.
/// Where the table has no rows nothing is measured, and if it takes too long, none is.
///
/// # Errors
///
/// As [`plan_after_deltas`], or if no database can be made of the copy or the statements fail there.
pub fn measure_ways(
    [production, reference]: [&mut Opened; 2],
    pending: PendingDeltas<'_>,
    on: MeasureOn<'_>,
    toolchain: &Toolchain,
    context: &mut Context<'_>,
) -> Result<MeasuredWays, MigrationError> {
    let both = both_ways_after([production, reference], pending, toolchain, context)?;
    let Some(both) = both else { return Ok(MeasuredWays::default()) };
    both.measure(on, Some(pending), context)
}

/// The same of what is missing between two sources; the copy is one of the left side.
///
/// # Errors
///
/// As [`plan_sources`], or if no database can be made of the copy or the statements fail there.
pub fn measure_ways_of_sources(
    sides: [&mut Opened; 2],
    request: &PlanRequest,
    on: MeasureOn<'_>,
    toolchain: &Toolchain,
    context: &mut Context<'_>,
) -> Result<MeasuredWays, MigrationError> {
    let Some(both) = both_ways(sides, request, toolchain, context)? else {
        return Ok(MeasuredWays::default());
    };
    both.measure(on, None, context)
}

/// Both ways from a database after its pending deltas to a reference; none if there is one way only.
pub(crate) fn both_ways_after(
    [production, reference]: [&mut Opened; 2],
    pending: PendingDeltas<'_>,
    toolchain: &Toolchain,
    context: &mut Context<'_>,
) -> Result<Option<BothWays>, MigrationError> {
    BothWays::plan(pending.request(), |request| {
        let sides = [&mut *production, &mut *reference];
        let pending = pending.with_request(request);
        Ok(plan_after_deltas(sides, pending, toolchain, context)?.migration.plan)
    })
}

/// Both ways from one source to another; none if there is one way only.
pub(crate) fn both_ways(
    [left, right]: [&mut Opened; 2],
    request: &PlanRequest,
    toolchain: &Toolchain,
    context: &mut Context<'_>,
) -> Result<Option<BothWays>, MigrationError> {
    BothWays::plan(request, |request| {
        Ok(plan_sources(left, right, request, Some(toolchain), context)?.plan)
    })
}

type Times = BTreeMap<(Identity, Action), WayTime>;

impl BothWays {
    fn plan(
        request: &PlanRequest,
        mut plan: impl FnMut(&PlanRequest) -> Result<MigrationPlan, MigrationError>,
    ) -> Result<Option<Self>, MigrationError> {
        let mut request = request.clone();
        // What is left out later is left out of both ways.
        request.minimal = None;
        let online = plan(&request)?;
        if !online.is_online() {
            return Ok(None);
        }
        request.online = OnlineMode::Never;
        Ok(Some(Self { plain: plan(&request)?, online }))
    }

    /// The changes that are made in steps.
    fn in_steps(&self) -> BTreeSet<(Identity, Action)> {
        let steps = self.online.steps.iter();
        let steps = steps.filter(|step| step.placement != Placement::Together);
        let keys = steps.map(|step| (step.identity.clone(), step.action));
        // What is only done later is done in the same way.
        keys.filter(|key| statements(&self.plain, key) != statements(&self.online, key)).collect()
    }

    /// None of them is measured.
    pub(crate) fn by_rule(&self, reason: &NotMeasured) -> MeasuredWays {
        let by_rule = self.in_steps().into_iter().map(|(identity, action)| WayByRule {
            identity,
            action,
            reason: reason.clone(),
        });
        MeasuredWays { ways: Vec::new(), by_rule: by_rule.collect() }
    }

    /// Runs both ways on databases that are made of the copy, after the pending deltas.
    pub(crate) fn measure(
        &self,
        on: MeasureOn<'_>,
        pending: Option<PendingDeltas<'_>>,
        context: &mut Context<'_>,
    ) -> Result<MeasuredWays, MigrationError> {
        let watch = Watch { until: Instant::now() + on.within, on, context };
        match self.measured(pending, &watch) {
            Err(Halt::NotMeasured(reason)) => Ok(self.by_rule(&reason)),
            Err(Halt::Failed(err)) => Err(err),
            Ok(found) => Ok(found),
        }
    }

    fn measured(
        &self,
        pending: Option<PendingDeltas<'_>>,
        watch: &Watch<'_, '_>,
    ) -> Result<MeasuredWays, Halt> {
        let (copy, interrupt) = (watch.on, watch.context.interrupt().clone());
        // The second is made of the first: rows that arrive in the copy meanwhile are in neither.
        let first = MeasuredDatabase::of(copy, watch.left()?, &interrupt)?.ok_or(TOO_LONG)?;
        let second = first.again(watch.left()?)?.ok_or(TOO_LONG)?;
        let mut session = watch.prepared(&first, pending)?;
        let rows = TableSizes::read(&mut session);
        let rows = rows.map_err(|err| MigrationError::from(CompareError::from(err)))?;
        let has_rows = |identity: &Identity| {
            let table = match identity.parent {
                Some(_) => whole_of(identity, Kind::Table),
                None => identity.clone(),
            };
            let table = before(&table, &self.online.renames);
            rows.bytes(&table.schema, &table.name) != Some(0)
        };
        let (with_rows, without): (Vec<_>, Vec<_>) =
            self.in_steps().into_iter().partition(|(identity, _)| has_rows(identity));
        let by_rule = without.into_iter().map(|(identity, action)| WayByRule {
            identity,
            action,
            reason: NotMeasured::NoRows,
        });
        let mut found = MeasuredWays { ways: Vec::new(), by_rule: by_rule.collect() };
        if with_rows.is_empty() {
            return Ok(found);
        }
        let plain = watch.run(&self.plain, &mut session)?;
        drop(session);
        let online = watch.run(&self.online, &mut watch.prepared(&second, pending)?)?;
        for key in with_rows {
            if let (Some(plain), Some(online)) = (plain.get(&key), online.get(&key)) {
                let (identity, action) = key;
                let (plain, online) = (*plain, *online);
                found.ways.push(MeasuredWay { identity, action, plain, online });
            }
        }
        Ok(found)
    }
}

/// Why measuring ends early.
enum Halt {
    /// The ways are chosen by rule.
    NotMeasured(NotMeasured),
    Failed(MigrationError),
}

const TOO_LONG: Halt = Halt::NotMeasured(NotMeasured::TooLong);

impl From<MigrationError> for Halt {
    fn from(err: MigrationError) -> Self {
        Self::Failed(err)
    }
}

/// What is done with an object.
fn statements<'p>(plan: &'p MigrationPlan, key: &(Identity, Action)) -> Vec<&'p str> {
    let steps = plan.steps.iter();
    let own = steps.filter(|step| (&step.identity, step.action) == (&key.0, key.1));
    own.flat_map(|step| step.statements.iter().map(String::as_str)).collect()
}

/// What is run on the copies, as long as there is time.
struct Watch<'a, 'c> {
    on: MeasureOn<'a>,
    until: Instant,
    context: &'a mut Context<'c>,
}

impl Watch<'_, '_> {
    /// How much time is left.
    fn left(&self) -> Result<Duration, Halt> {
        self.context.check().map_err(|err| MigrationError::from(CompareError::from(err)))?;
        let left = self.until.saturating_duration_since(Instant::now());
        if left.as_millis() == 0 { Err(TOO_LONG) } else { Ok(left) }
    }

    /// A session on a database where the pending deltas were run.
    fn prepared(
        &self,
        database: &MeasuredDatabase,
        pending: Option<PendingDeltas<'_>>,
    ) -> Result<Session, Halt> {
        let mut session = database.open()?;
        let Some(pending) = pending else { return Ok(session) };
        let upgrade: UpgradePlan = pending.plan(&mut session).map_err(MigrationError::from)?;
        let mut options = RunOptions::default();
        options.timeouts.statement = Some(self.left()?);
        let quiet = &mut Context::silent(self.context.interrupt());
        match Upgrade::new(&upgrade).options(options).run(&mut session, quiet) {
            Ok(_) => Ok(session),
            Err(err) => {
                self.left()?;
                Err(MigrationError::from(err).into())
            }
        }
    }

    /// How long each step takes.
    fn run(&self, plan: &MigrationPlan, session: &mut Session) -> Result<Times, Halt> {
        let mut times = Times::new();
        for group in plan.groups() {
            if group.is_transaction {
                self.statement(session, BEGIN)?;
            }
            for step in &group.steps {
                let time = times.entry((step.identity.clone(), step.action)).or_default();
                for statement in &step.statements {
                    let sql = with_stand_ins(statement, &plan.variables);
                    let took = self.statement(session, &sql)?;
                    time.total += took;
                    if strongest_lock(&sql).is_some_and(LockMode::blocks_writes) {
                        time.blocking += took;
                    }
                }
            }
            if group.is_transaction {
                self.statement(session, "COMMIT")?;
            }
        }
        Ok(times)
    }

    fn statement(&self, session: &mut Session, sql: &str) -> Result<Duration, Halt> {
        let limit = format!("SET statement_timeout = {}", self.left()?.as_millis());
        let begun = session.client().batch_execute(&limit).map(|()| Instant::now());
        let done =
            begun.and_then(|begun| session.client().batch_execute(sql).map(|()| begun.elapsed()));
        done.map_err(|err| {
            if let Err(halt) = self.left() {
                return halt;
            }
            if err.code() == Some(&postgres::error::SqlState::QUERY_CANCELED) {
                return TOO_LONG;
            }
            // Such as rows that stand in the way, of which it must be decided what becomes of them.
            let reason = format!("{}, at: {sql}", ServerMessage::new(&err).message);
            Halt::NotMeasured(NotMeasured::Failed { reason })
        })
    }
}
