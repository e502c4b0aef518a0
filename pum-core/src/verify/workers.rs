//! Several sessions that work on one list of tasks.

use std::collections::VecDeque;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::task::{Judged, Task, Told, judge};
use super::{Check, VerifyError, sql::Form};
use crate::Interrupt;
use crate::connect::{ServerMessage, Session};

/// What all workers share.
pub(super) struct Shared<'a> {
    pub(super) tasks: Mutex<VecDeque<Task>>,
    /// The snapshot in which tables are read.
    pub(super) snapshot: &'a str,
    /// What begins a transaction and makes functions in it.
    pub(super) lent: Option<&'a str>,
    pub(super) interrupt: &'a Interrupt,
}

/// A task that was done, or why a worker ends early.
pub(super) type Message = Result<(Task, Told, Duration), VerifyError>;

/// The lent functions go after this time, and are made again: an open transaction that wrote is in
/// the way of vacuum.
const LONGEST_LOAN: Duration = Duration::from_secs(1);

/// One session and its transaction.
pub(super) struct Worker<'a> {
    session: Session,
    form: Form,
    work: &'a Shared<'a>,
    /// Since when it has the lent functions.
    borrowed: Option<Instant>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(session: Session, work: &'a Shared<'a>) -> Self {
        Self { form: Form::of(&session), session, work, borrowed: None }
    }

    /// Works until there is nothing left to do, or nobody listens.
    pub(super) fn run(mut self, results: &Sender<Message>) {
        while let Some(task) = self.next() {
            let started = Instant::now();
            let message = self.perform(&task).map(|told| (task, told, started.elapsed()));
            let failed = message.is_err();
            if results.send(message).is_err() || failed {
                break;
            }
        }
    }

    fn next(&self) -> Option<Task> {
        self.work.tasks.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn perform(&mut self, task: &Task) -> Result<Told, VerifyError> {
        self.work.interrupt.check()?;
        let before = self.before(task);
        let answer = self.form.ask_after(self.session.client(), &before, &task.query);
        match answer {
            Ok(rows) => {
                let told = task.told(rows.first());
                if self.is_to_end(task) {
                    self.rollback(task)?;
                }
                Ok(told)
            }
            Err(err) => self.refused(task, &err),
        }
    }

    /// What makes the transaction in which the query is to run.
    fn before(&mut self, task: &Task) -> String {
        if task.work.check() == Check::Tables {
            let end = if self.borrowed.take().is_some() { "ROLLBACK;\n" } else { "" };
            return format!(
                "{end}BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n\
                 SET TRANSACTION SNAPSHOT '{}';\n\
                 SET LOCAL enable_indexscan = off;\n\
                 SET LOCAL enable_indexonlyscan = off;\n\
                 SET LOCAL enable_bitmapscan = off;\n",
                self.work.snapshot
            );
        }
        match self.work.lent {
            Some(lent) if self.borrowed.is_none() => {
                self.borrowed = Some(Instant::now());
                lent.to_owned()
            }
            _ => String::new(),
        }
    }

    /// Whether the transaction is over with this task.
    fn is_to_end(&self, task: &Task) -> bool {
        task.work.check() == Check::Tables
            || self.borrowed.is_some_and(|since| since.elapsed() > LONGEST_LOAN)
    }

    fn rollback(&mut self, task: &Task) -> Result<(), VerifyError> {
        self.borrowed = None;
        match self.session.client().batch_execute("ROLLBACK") {
            Ok(()) => Ok(()),
            Err(err) => Err(self.lost(task, &err)),
        }
    }

    fn refused(&mut self, task: &Task, err: &postgres::Error) -> Result<Told, VerifyError> {
        self.work.interrupt.check()?;
        let judged = judge(&self.session, err);
        if matches!(judged, Judged::Lost) {
            return Err(self.lost(task, err));
        }
        self.rollback(task)?;
        Ok(match judged {
            Judged::Skip(reason) => Told::Skip(reason),
            _ if self.is_gone(task) => Told::Skip("it was dropped meanwhile".to_owned()),
            _ => Told::Finding(task.finding(ServerMessage::new(err).to_string())),
        })
    }

    /// Whether the relation is there no more, which the server words like damage.
    fn is_gone(&mut self, task: &Task) -> bool {
        let query = format!("SELECT 1 FROM pg_class WHERE oid = {}", task.relation.oid);
        self.form.ask(self.session.client(), &query).is_ok_and(|rows| rows.is_empty())
    }

    fn lost(&self, task: &Task, err: &postgres::Error) -> VerifyError {
        if let Err(stopped) = self.work.interrupt.check() {
            return stopped.into();
        }
        VerifyError::Lost {
            object: task.relation.object(),
            label: self.session.settings().label().to_owned(),
            server: ServerMessage::new(err),
        }
    }
}
