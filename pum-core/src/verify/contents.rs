//! Checks everything that has storage, with several workers in parallel.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use super::amcheck::Amcheck;
use super::finding::TableContent;
use super::options::VerifyOptions;
use super::relations::{self, Kind, Reading, Relation};
use super::report::CheckReport;
use super::session::{Guarded, failure, open};
use super::task::{Task, Told, Work};
use super::workers::{Message, Shared, Worker};
use super::{Check, Level, VerifyError};
use crate::Context;
use crate::connect::Session;
use crate::progress::Event;

/// The result.
pub(super) struct Contents {
    pub(super) tables: CheckReport,
    pub(super) heap: CheckReport,
    pub(super) btree: CheckReport,
    /// By name.
    pub(super) rows: Vec<TableContent>,
    /// Why a table was not read, or not all of it, by name.
    pub(super) unread: BTreeMap<String, String>,
}

/// The task.
pub(super) struct Plan<'a> {
    pub(super) options: &'a VerifyOptions,
    pub(super) reading: Reading,
    /// Without it, tables are only read.
    pub(super) amcheck: Option<&'a Amcheck>,
}

/// Reads everything in the snapshot of the session's transaction, and ends that when nothing is
/// left to read.
pub(super) fn check_contents(
    session: &mut Guarded,
    plan: &Plan<'_>,
    context: &mut Context<'_>,
) -> Result<Contents, VerifyError> {
    let mut contents = Contents::new();
    let refused = |action, session: &Session, err: &postgres::Error| match context.check() {
        Ok(()) => failure(action, session, err),
        Err(stopped) => stopped.into(),
    };
    let relations = relations::all(session, plan.reading)
        .map_err(|err| refused("list the tables and indexes", session, &err))?;
    let snapshot = session
        .ask("SELECT pg_export_snapshot()")
        .map_err(|err| refused("share a snapshot", session, &err))?;
    let snapshot = snapshot.first().map(|row| row.text(0)).unwrap_or_default();
    let relations = relations.into_iter().map(Arc::new).collect::<Vec<_>>();
    let tasks = contents.plan(&relations, plan, session);
    let work = Shared {
        tasks: Mutex::new(tasks),
        snapshot: &snapshot,
        temporary: plan.amcheck.and_then(|amcheck| amcheck.temporary.as_deref()),
        interrupt: &context.interrupt().clone(),
    };
    contents.work(&work, session, plan, context)?;
    contents.sort();
    Ok(contents)
}

impl Contents {
    fn new() -> Self {
        let report = |check| CheckReport { looked_at: Some(0), ..CheckReport::new(check) };
        Self {
            tables: report(Check::Tables),
            heap: report(Check::Heap),
            btree: report(Check::Btree),
            rows: Vec::new(),
            unread: BTreeMap::new(),
        }
    }

    fn report(&mut self, check: Check) -> &mut CheckReport {
        match check {
            Check::Heap => &mut self.heap,
            Check::Btree => &mut self.btree,
            _ => &mut self.tables,
        }
    }

    /// The tasks: what needs the snapshot first, so that it can go, and of each sort the largest
    /// first. What is no task is skipped, with the reason.
    fn plan(
        &mut self,
        relations: &[Arc<Relation>],
        plan: &Plan<'_>,
        session: &Session,
    ) -> VecDeque<Task> {
        let mut tasks: Vec<Task> = Vec::new();
        for relation in relations {
            match why_not_read(relation, session) {
                None => tasks.extend(Task::read(relation, plan.reading)),
                Some(reason) if relation.columns.is_some() || relation.kind == Kind::Foreign => {
                    self.unread.insert(relation.name.clone(), reason.clone());
                    self.tables.skip(Some(relation.object()), reason);
                }
                Some(_) => {}
            }
        }
        if let Some(amcheck) = plan.amcheck {
            self.plan_heap(relations, amcheck, session, &mut tasks);
            tasks.extend(self.plan_btree(relations, amcheck, plan.options.level, session));
        }
        tasks.into()
    }

    fn plan_heap(
        &mut self,
        relations: &[Arc<Relation>],
        amcheck: &Amcheck,
        session: &Session,
        tasks: &mut Vec<Task>,
    ) {
        if let Err(reason) = &amcheck.heap {
            self.heap.skip(None, reason.clone());
            return;
        }
        for relation in relations {
            if matches!(relation.kind, Kind::Index | Kind::Foreign) {
                continue;
            }
            match why_skipped(relation, session) {
                Some(reason) => self.heap.skip(Some(relation.object()), reason),
                None if relation.access_method == "heap" => {
                    tasks.push(Task::heap(relation, amcheck));
                }
                None => {
                    let reason = format!(
                        "its access method is {}, and amcheck supports only heap",
                        relation.access_method
                    );
                    self.heap.skip(Some(relation.object()), reason);
                }
            }
        }
    }

    fn plan_btree(
        &mut self,
        relations: &[Arc<Relation>],
        amcheck: &Amcheck,
        level: Level,
        session: &Session,
    ) -> Vec<Task> {
        let mut tasks = Vec::new();
        if let Err(reason) = &amcheck.index {
            self.btree.skip(None, reason.clone());
            return tasks;
        }
        let mut parents = level == Level::Deep;
        if parents {
            let why_not = if session.in_recovery() {
                Err("a standby cannot take the lock that it needs".to_owned())
            } else {
                amcheck.parent.clone()
            };
            if let Err(reason) = why_not {
                let what = "links from parent pages to child pages".to_owned();
                self.btree.skip(Some(what), reason);
                parents = false;
            }
        }
        for relation in relations.iter().filter(|relation| relation.kind == Kind::Index) {
            let reason = if relation.access_method != "btree" {
                Some(format!("amcheck has no check for {} indexes", relation.access_method))
            } else if relation.is_usable {
                why_skipped(relation, session)
            } else {
                Some("it is not valid, see indexes".to_owned())
            };
            match reason {
                Some(reason) => self.btree.skip(Some(relation.object()), reason),
                None => tasks.push(Task::btree(relation, amcheck, level, parents)),
            }
        }
        tasks
    }

    /// Has the workers do the tasks.
    fn work(
        &mut self,
        work: &Shared<'_>,
        session: &mut Session,
        plan: &Plan<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), VerifyError> {
        let interrupt = &context.interrupt().clone();
        let (count, reads) = {
            let tasks = work.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            (tasks.len(), tasks.iter().filter(|task| is_read(task)).count())
        };
        let settings = session.settings().clone();
        let (results, receiver) = channel();
        thread::scope(|scope| {
            for number in 0..plan.options.jobs.max(1).min(count) {
                let (settings, results) = (&settings, results.clone());
                let limit = plan.options.lock_timeout;
                scope.spawn(move || match open(settings, limit, interrupt) {
                    Ok(session) => Worker::new(session, work).run(&results),
                    Err(err) => give_up(number, err, &results),
                });
            }
            drop(results);
            self.collect(&receiver, (count, reads), session, context).inspect_err(|_| {
                let mut tasks =
                    work.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                tasks.clear();
            })
        })
    }

    fn collect(
        &mut self,
        results: &Receiver<Message>,
        (count, reads): (usize, usize),
        session: &mut Session,
        context: &mut Context<'_>,
    ) -> Result<(), VerifyError> {
        let (mut done, mut read) = (0, 0);
        if reads == 0 {
            let_go(session);
        }
        for message in results {
            let (task, told, duration) = message?;
            done += 1;
            let line = format!("{done}/{count} {}", task.relation.name);
            context.notify(Event::Output { line: &line });
            if is_read(&task) {
                read += 1;
                if read == reads {
                    let_go(session);
                }
            }
            if let (true, Some(reason)) = (is_read(&task), told.why_not()) {
                self.unread.insert(task.relation.name.clone(), reason.to_owned());
            }
            let report = self.report(task.work.check());
            report.duration += duration;
            let looked_at = report.looked_at.get_or_insert(0);
            match told {
                Told::Fine { rows, hash } => {
                    *looked_at += 1;
                    let name = task.relation.name.clone();
                    self.rows.extend(rows.map(|rows| TableContent { name, rows, hash }));
                }
                Told::Finding(finding) => {
                    *looked_at += 1;
                    report.findings.push(finding);
                }
                Told::Skip(reason) => report.skip(Some(task.relation.object()), reason),
            }
        }
        Ok(())
    }

    /// The order in which workers end is chance.
    fn sort(&mut self) {
        for report in [&mut self.tables, &mut self.heap, &mut self.btree] {
            report.findings.sort_by(|a, b| a.object.cmp(&b.object));
            report.skipped.sort();
        }
        self.rows.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

fn is_read(task: &Task) -> bool {
    matches!(task.work, Work::Read(_))
}

/// Ends the transaction that holds the snapshot. If that fails, the connection is gone, and the
/// snapshot with it.
fn let_go(session: &mut Session) {
    let _ = session.client().batch_execute("ROLLBACK");
}

/// One worker is enough: a limit of connections takes time only.
fn give_up(number: usize, err: VerifyError, results: &Sender<Message>) {
    if number == 0 || matches!(err, VerifyError::Interrupted(_)) {
        // The receiver is gone only after another error.
        let _ = results.send(Err(err));
    }
}

/// Why no check can look into a relation.
fn why_skipped(relation: &Relation, session: &Session) -> Option<String> {
    if relation.is_temporary {
        Some("a temporary table is visible to its session only".to_owned())
    } else if relation.is_unlogged && session.in_recovery() {
        Some("a standby does not have unlogged data".to_owned())
    } else {
        None
    }
}

fn why_not_read(relation: &Relation, session: &Session) -> Option<String> {
    if relation.kind == Kind::Foreign {
        return Some("a foreign table's data is stored elsewhere".to_owned());
    }
    if let Some(reason) = why_skipped(relation, session) {
        return Some(reason);
    }
    if !relation.is_usable {
        return Some("it is not populated".to_owned());
    }
    if !relation.may_read {
        let role = crate::connect::quote_ident(session.settings().user());
        return Some(format!("role {role} may not read it"));
    }
    if relation.name.contains(char::REPLACEMENT_CHARACTER) && session.encoding() == "SQL_ASCII" {
        return Some("its name is in an unknown encoding".to_owned());
    }
    None
}
