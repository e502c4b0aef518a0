//! Scripts and their statements, sent to the server.

use std::io::{self, Read, Write};
use std::time::Instant;

use super::announcer::announce;
use super::failure::StatementFailure;
use crate::Context;
use crate::connect::SessionOn;
use crate::delta::{PreparedScript, Statement, StatementKind};
use crate::progress::Event;

/// Runs the statements of a script in order, in the current transaction of the session if there is
/// one, and reports the script's messages. Stops at the first statement that fails or that the
/// session's interrupt cancels.
///
/// # Errors
///
/// The first statement that fails, in its file.
pub fn run_script(
    session: &mut SessionOn<'_>,
    script: &PreparedScript,
    context: &mut Context<'_>,
) -> Result<(), StatementFailure> {
    let count = script.statements().len();
    let mut before = |context: &mut Context<'_>, at: usize, statement: &Statement| {
        announce(context, (at + 1, count), None, (script, statement));
    };
    run_script_with(session, script, context, &mut before, &mut |_, _, _| Ok(()))
}

/// What is done before each statement: it, and its place in its script.
pub(super) type BeforeStatement<'a> = dyn FnMut(&mut Context<'_>, usize, &Statement) + 'a;

/// What is done after each statement: the statement, and when it began.
pub(super) type AfterStatement<'a> =
    dyn FnMut(&mut SessionOn<'_>, &Statement, Instant) -> Result<(), postgres::Error> + 'a;

/// The same, and does something before and after each statement.
pub(super) fn run_script_with(
    session: &mut SessionOn<'_>,
    script: &PreparedScript,
    context: &mut Context<'_>,
    before: &mut BeforeStatement<'_>,
    after: &mut AfterStatement<'_>,
) -> Result<(), StatementFailure> {
    let mut messages = script.messages().iter().peekable();
    let mut say = |context: &mut Context<'_>, up_to: usize| {
        while let Some(message) = messages.next_if(|message| message.before <= up_to) {
            context.notify(if message.warning {
                Event::Warning { message: &message.text }
            } else {
                Event::Output { line: &message.text }
            });
        }
    };
    for (at, statement) in script.statements().iter().enumerate() {
        say(context, at);
        before(context, at, statement);
        let started = Instant::now();
        run_statement(session, script, statement)?;
        after(session, statement, started)
            .map_err(|err| StatementFailure::new(script, statement, &err))?;
    }
    say(context, usize::MAX);
    Ok(())
}

/// Runs one statement of a script.
///
/// # Errors
///
/// The statement, in its file.
pub fn run_statement(
    session: &mut SessionOn<'_>,
    script: &PreparedScript,
    statement: &Statement,
) -> Result<(), StatementFailure> {
    let sql = &script.text()[statement.span.clone()];
    let failed = |err: &postgres::Error| StatementFailure::new(script, statement, err);
    let StatementKind::CopyFromStdin { data } = &statement.kind else {
        return session.client().batch_execute(sql).map_err(|err| failed(&err));
    };
    let unreadable = |err| StatementFailure::unreadable(script, statement, data, &err);
    let mut reader = data.open().map_err(unreadable)?;
    let interrupt = session.interrupt().clone();
    let mut writer = session.client().copy_in(sql).map_err(|err| failed(&err))?;
    let mut buffer = vec![0; COPY_CHUNK];
    loop {
        // A failure here drops the writer, which makes the COPY fail on the server.
        interrupt.check().map_err(|err| unreadable(io::Error::other(err)))?;
        let count = reader.read(&mut buffer).map_err(unreadable)?;
        // A failed write is told again, and better, by `finish`.
        if count == 0 || writer.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    writer.finish().map(drop).map_err(|err| failed(&err))
}

/// How much COPY data is sent at once.
const COPY_CHUNK: usize = 64 * 1024;
