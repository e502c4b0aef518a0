//! Where there are several ways, each is run on a copy with rows, and the better one is taken.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::error::MigrationError;
use super::measured_way::{MeasuredWay, WayTime};
use super::migration_plan::MigrationPlan;
use super::online::OnlineMode;
use super::pending_deltas::{PendingDeltas, plan_after_deltas};
use super::placement::Placement;
use super::script::BEGIN;
use super::step::Action;
use super::variables::with_stand_ins;
use crate::compare::CompareError;
use crate::connect::{ServerMessage, Session, Settings, quote_ident};
use crate::dump::{drop_disposable, maintenance_session, name_beside};
use crate::model::Identity;
use crate::source::{Opened, Toolchain};
use crate::upgrade::{LockMode, RunOptions, Upgrade, UpgradePlan, strongest_lock};
use crate::{Context, Interrupt};

/// Measures the ways of what is missing between a database after its pending deltas and a reference: what
/// can be done at once or in steps that keep a table readable and writable is done in both ways, each on a
/// database that the server makes of the copy (`CREATE DATABASE … TEMPLATE`) and that is dropped then. The
/// copy must have no other sessions. What takes longer than `within` in all is not measured: then none is.
///
/// # Errors
///
/// As [`plan_after_deltas`], or if no database can be made of the copy or the statements fail there.
pub fn measure_ways(
    [production, reference]: [&mut Opened; 2],
    pending: PendingDeltas<'_>,
    (copy, within): (&Settings, Duration),
    toolchain: &Toolchain,
    context: &mut Context<'_>,
) -> Result<Option<Vec<MeasuredWay>>, MigrationError> {
    let sides = [&mut *production, &mut *reference];
    let online = plan_after_deltas(sides, pending, toolchain, context)?.migration;
    if !online.plan.is_online() {
        return Ok(Some(Vec::new()));
    }
    let mut request = pending.request().clone();
    request.online = OnlineMode::Never;
    let never = pending.with_request(&request);
    let sides = [&mut *production, &mut *reference];
    let plain = plan_after_deltas(sides, never, toolchain, context)?.migration;
    let until = Instant::now() + within;
    let mut times = Vec::new();
    for plan in [&plain.plan, &online.plan] {
        let made = Made::of(copy, context.interrupt())?;
        match made.run(plan, pending, until, context)? {
            Some(found) => times.push(found),
            None => return Ok(None),
        }
    }
    let (Some(online_times), Some(plain_times)) = (times.pop(), times.pop()) else {
        return Ok(None);
    };
    let has_way = |key: &(Identity, Action)| {
        let mut steps = online.plan.steps.iter();
        steps.any(|step| {
            step.placement != Placement::Together
                && (&step.identity, &step.action) == (&key.0, &key.1)
        })
    };
    let ways =
        online_times.into_iter().filter(|(key, _)| has_way(key)).filter_map(|(key, online)| {
            let plain = *plain_times.get(&key)?;
            let (identity, action) = key;
            Some(MeasuredWay { identity, action, plain, online })
        });
    Ok(Some(ways.collect()))
}

type Times = BTreeMap<(Identity, Action), WayTime>;

/// A database that was made of a copy, and is dropped.
struct Made {
    settings: Settings,
    interrupt: Interrupt,
    label: String,
}

impl Made {
    fn of(copy: &Settings, interrupt: &Interrupt) -> Result<Self, MigrationError> {
        let label = copy.label().to_owned();
        let failed = |reason: String| MigrationError::Measured { label: label.clone(), reason };
        let mut maintenance =
            maintenance_session(copy, interrupt).map_err(|err| failed(err.to_string()))?;
        let own = Session::open(copy, interrupt).map_err(|err| failed(err.to_string()))?;
        let from = own.settings().database().to_owned();
        drop(own);
        let name = format!("{}_{}", name_beside(&from, "measured"), std::process::id());
        let settings = copy.with("dbname", &name).map_err(|err| failed(err.to_string()))?;
        // That the own session is gone the server may see a moment later; it waits for that. A database
        // of this name is another's: then this fails.
        let (to, from) = (quote_ident(&name), quote_ident(&from));
        let create = format!("CREATE DATABASE {to} TEMPLATE {from}");
        maintenance.client().batch_execute(&create).map_err(|err| failed(message(&err)))?;
        Ok(Self { settings, interrupt: interrupt.clone(), label })
    }

    /// Runs the pending deltas and the statements. None if that takes too long.
    fn run(
        &self,
        plan: &MigrationPlan,
        pending: PendingDeltas<'_>,
        until: Instant,
        context: &mut Context<'_>,
    ) -> Result<Option<Times>, MigrationError> {
        let failed =
            |reason: String| MigrationError::Measured { label: self.label.clone(), reason };
        let opened = Session::open(&self.settings, &self.interrupt);
        let mut session = opened.map_err(|err| failed(err.to_string()))?;
        let upgrade: UpgradePlan = pending.plan(&mut session)?;
        let quiet = &mut Context::silent(context.interrupt());
        Upgrade::new(&upgrade).options(RunOptions::default()).run(&mut session, quiet)?;
        let mut times = Times::new();
        let run = |session: &mut Session, sql: &str| {
            let left = until.saturating_duration_since(Instant::now()).as_millis();
            if left == 0 {
                return Ok(None);
            }
            let limit = format!("SET statement_timeout = {left}");
            let begun = session.client().batch_execute(&limit).map(|()| Instant::now());
            let done = begun
                .and_then(|begun| session.client().batch_execute(sql).map(|()| begun.elapsed()));
            match done {
                Ok(took) => Ok(Some(took)),
                Err(err) if err.code() == Some(&postgres::error::SqlState::QUERY_CANCELED) => {
                    Ok(None)
                }
                Err(err) => Err(failed(format!("{}, at: {sql}", message(&err)))),
            }
        };
        for group in plan.groups() {
            if group.is_transaction && run(&mut session, BEGIN)?.is_none() {
                return Ok(None);
            }
            for step in &group.steps {
                let time = times.entry((step.identity.clone(), step.action)).or_default();
                for statement in &step.statements {
                    context.check().map_err(CompareError::from)?;
                    let sql = with_stand_ins(statement, &plan.variables);
                    let Some(took) = run(&mut session, &sql)? else { return Ok(None) };
                    time.total += took;
                    if strongest_lock(&sql).is_some_and(LockMode::blocks_writes) {
                        time.blocking += took;
                    }
                }
            }
            if group.is_transaction && run(&mut session, "COMMIT")?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(times))
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // After an interrupt it goes, too.
        let _ = drop_disposable(&self.settings, &Interrupt::new());
    }
}

fn message(err: &postgres::Error) -> String {
    ServerMessage::new(err).message
}
