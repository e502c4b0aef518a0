//! Several sessions that work on one list of tasks.

use std::collections::VecDeque;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::VerifyError;
use super::session::{Guarded, failure};
use super::task::{Judged, Task, Told, Work, is_of_library, judge, without_library};
use crate::Interrupt;
use crate::connect::ServerMessage;

/// What all workers share.
pub(super) struct Shared<'a> {
    pub(super) tasks: Mutex<VecDeque<Task>>,
    /// The snapshot in which tables are read.
    pub(super) snapshot: &'a str,
    /// What begins a transaction and makes functions in it.
    pub(super) temporary: Option<&'a str>,
    pub(super) interrupt: &'a Interrupt,
}

/// A task that was done, or why a worker ends early.
pub(super) type Message = Result<(Task, Told, Duration), VerifyError>;

/// A transaction ends after this time, and another one begins: its locks, and what it wrote to make
/// functions, are in the way of others.
const LONGEST: Duration = Duration::from_secs(1);
/// The same after so many tasks: tables and their indexes stay locked, and the server's table of
/// locks is shared by all sessions.
const MOST: u32 = 50;

/// The purpose of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// It has the shared snapshot.
    Reading,
    /// It calls functions of `amcheck`, temporary or installed.
    Checking,
}

/// A transaction, which serves several tasks.
#[derive(Debug, Clone, Copy)]
struct Transaction {
    purpose: Purpose,
    since: Instant,
    tasks: u32,
}

/// One session and its transaction.
pub(super) struct Worker<'a> {
    session: Guarded,
    work: &'a Shared<'a>,
    transaction: Option<Transaction>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(session: Guarded, work: &'a Shared<'a>) -> Self {
        Self { session, work, transaction: None }
    }

    /// Works until there is nothing left to do, or the receiver is gone.
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
        self.begin_for(task)?;
        match self.session.ask(&task.query) {
            Ok(rows) => Ok(task.told(&rows)),
            Err(err) => self.refused(task, &err),
        }
    }

    /// Sees to it that the session is in the transaction that the task needs. An error is none of
    /// the task's relation.
    fn begin_for(&mut self, task: &Task) -> Result<(), VerifyError> {
        let purpose = match task.work {
            Work::Read(_) => Purpose::Reading,
            Work::Heap | Work::Btree => Purpose::Checking,
        };
        let mut sql = String::new();
        if let Some(present) = &mut self.transaction {
            let goes_on = present.tasks < MOST && present.since.elapsed() <= LONGEST;
            if present.purpose == purpose && goes_on {
                present.tasks += 1;
                return Ok(());
            }
            sql += "ROLLBACK;\n";
        }
        self.transaction = Some(Transaction { purpose, since: Instant::now(), tasks: 1 });
        let action = match (purpose, self.work.temporary) {
            (Purpose::Reading, _) => {
                sql += &self.reading();
                "go on in the shared snapshot (on a standby, hot_standby_feedback keeps it)"
            }
            (Purpose::Checking, Some(temporary)) => {
                sql += temporary;
                "create amcheck's functions temporarily"
            }
            (Purpose::Checking, None) => {
                sql += &self.session.beginning("ISOLATION LEVEL READ COMMITTED READ ONLY");
                "begin a transaction"
            }
        };
        match self.session.client().batch_execute(&sql) {
            Ok(()) => Ok(()),
            Err(err) => {
                self.work.interrupt.check()?;
                Err(failure(action, &self.session, &err))
            }
        }
    }

    /// Begins a transaction with the shared snapshot, in which tables are read and no index in
    /// their place. The snapshot has to come first.
    fn reading(&self) -> String {
        let begin = self.session.beginning("ISOLATION LEVEL REPEATABLE READ READ ONLY");
        let (begin, guards) = begin.split_once('\n').unwrap_or((&begin, ""));
        format!(
            "{begin}\nSET TRANSACTION SNAPSHOT '{}';\n{guards}\
             SET LOCAL enable_indexscan = off;\n\
             SET LOCAL enable_indexonlyscan = off;\n\
             SET LOCAL enable_bitmapscan = off;\n",
            self.work.snapshot
        )
    }

    fn rollback(&mut self, task: &Task) -> Result<(), VerifyError> {
        self.transaction = None;
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
            _ => {
                let finding = task.finding(&ServerMessage::new(err).to_string());
                Told::Finding(if is_of_library(err) { without_library(finding) } else { finding })
            }
        })
    }

    /// Whether the relation is there no more, which the server words like damage.
    fn is_gone(&mut self, task: &Task) -> bool {
        let query = format!("SELECT 1 FROM pg_class WHERE oid = {}", task.relation.oid);
        self.session.ask_alone(&query).is_ok_and(|rows| rows.is_empty())
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
