//! Reading by two sessions at once, which see the same: the second one imports the snapshot that the first
//! one exported ("Snapshot Synchronization Functions" in the documentation), as jobs of `pg_dump` do.

use postgres::SimpleQueryMessage;

use super::Scope;
use super::context::Context;
use super::dependencies::Row;
use super::dictionaries::Set;
use super::error::CatalogError;
use super::read::{
    self, AddressedObject, Answer, Counted, Frame, Statement, ask, batch, first_statements,
    is_among, kinds,
};
use crate::connect::{Session, SessionOn};

/// Of fewer relations, indexes and those of the server among them, a new session takes longer to open and
/// to fill its caches than it saves.
const MANY_RELATIONS: u32 = 4000;

/// Whether there can be a second session that sees what this one does.
pub(super) fn is_possible(session: &SessionOn<'_>) -> bool {
    !session.is_borrowed() && !session.in_recovery()
}

/// What [`read_objects`](super::read::read_objects) reads: the columns, constraints and indexes by this
/// session, all else by another one. If there can be none (no connection is left), this one reads all.
pub(super) fn read_objects(
    session: &mut SessionOn<'_>,
    scope: &Scope,
    sets: &[Set],
) -> Result<(Vec<AddressedObject>, Vec<Row>), CatalogError> {
    let read = read_in_transaction(session, scope, sets);
    // What failed in the other session has not ended the transaction of this one, which is to be tried
    // again with a snapshot of its own.
    if read.is_err() && !session.is_closed() {
        let _ = session.client().batch_execute("ROLLBACK");
    }
    read
}

fn read_in_transaction(
    session: &mut SessionOn<'_>,
    scope: &Scope,
    sets: &[Set],
) -> Result<(Vec<AddressedObject>, Vec<Row>), CatalogError> {
    let context = Context::new(session, scope)?;
    let frame = Frame::Transaction;
    let begin = frame.begin(scope, context.version);
    let Some(snapshot) = export(session, scope, &begin)? else {
        return read::read_objects(session, scope, Frame::Begun, sets);
    };
    let (most, others) = kinds(scope);
    let others = Counted::new(&context, others);
    let first = first_statements(most);
    let (settings, interrupt) = (session.settings().clone(), session.interrupt().clone());
    std::thread::scope(|threads| {
        let rest = threads.spawn(|| {
            let Ok(mut other) = Session::open(&settings, &interrupt) else { return Ok(None) };
            let begin = frame.begin_with(Some(&snapshot), scope, context.version);
            rest_of(&mut other, &context, &begin, (&others, sets)).map(Some)
        });
        let answer = ask(session, scope, &batch(&context, &first));
        let rest = || rest.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let answer = Answer::new(&context, first, answer?.into_iter())?;
        let mut dictionaries = answer.dictionaries()?;
        let missing = answer.compose(&mut dictionaries)?;
        let definitions = ask(session, scope, &batch(&context, &missing))?;
        let mut objects =
            answer.objects(&dictionaries, |kind, row| !is_among(&missing, kind, row))?;
        Answer::new(&context, missing.clone(), definitions.into_iter())?
            .add_definitions(&mut dictionaries)?;
        objects.extend(answer.objects(&dictionaries, |kind, row| is_among(&missing, kind, row))?);
        let (rest, dependencies) = match rest()? {
            Some(rest) => rest,
            None => rest_of(session, &context, "", (&others, sets))?,
        };
        ask(session, scope, frame.end())?;
        objects.extend(rest.objects(&dictionaries, |_, _| true)?);
        Ok((objects, dependencies))
    })
}

/// What there is of the other kinds, and these sets.
fn rest_of<'a>(
    session: &mut SessionOn<'_>,
    context: &'a Context<'a>,
    begin: &str,
    (others, sets): (&Counted, &[Set]),
) -> Result<(Answer<'a>, Vec<Row>), CatalogError> {
    let sql = [begin, &others.sql()].concat();
    let mut messages = ask(session, context.scope, &sql)?.into_iter();
    let parts = others.parts(&mut messages).into_iter();
    let kinds = parts.map(|(kind, part)| Statement::Kind(kind, part));
    let statements: Vec<_> = kinds.chain(sets.iter().copied().map(Statement::Set)).collect();
    let messages = ask(session, context.scope, &batch(context, &statements))?;
    let answer = Answer::new(context, statements, messages.into_iter())?;
    let dependencies = answer.dependencies();
    Ok((answer, dependencies))
}

/// The name of a snapshot, if there is so much to read that another session pays.
fn export(
    session: &mut SessionOn<'_>,
    scope: &Scope,
    begin: &str,
) -> Result<Option<String>, CatalogError> {
    let sql = format!(
        "{begin}SELECT pg_catalog.pg_export_snapshot() \
         WHERE (SELECT count(*) FROM pg_catalog.pg_class) > {MANY_RELATIONS};\n"
    );
    let messages = ask(session, scope, &sql)?;
    Ok(messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.try_get(0).ok().flatten().map(str::to_owned),
        _ => None,
    }))
}
