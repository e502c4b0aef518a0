//! Runs scripts that build a database on a scratch server.

use std::collections::BTreeSet;

use postgres::error::SqlState;

use super::build_database::{BuildDatabase, has_role_of};
use super::layout::{Migration, Migrations};
use super::{Layout, SourceError};
use crate::Context;
use crate::connect::Session;
use crate::delta::{
    DeltaSet, PreparedScript, Statement, StatementKind, Variables, Version,
    cannot_run_in_transaction, tokens,
};
use crate::dump::{self, Role};
use crate::progress::{Event, Observer};
use crate::sql::quote_ident;
use crate::upgrade::{
    PlanOptions, StatementFailure, TableName, Upgrade, UpgradeError, UpgradePlan, run_statement,
    set_baseline,
};

/// Where deltas are recorded while they are applied to a scratch database.
const HISTORY_TABLE: &str = "public.pum_scratch_upgrades";

/// A script in statements.
pub(super) struct Prepared {
    pub(super) script: PreparedScript,
    /// Whether all of it is one transaction.
    pub(super) transaction: bool,
    /// Whether each script begins with a new session, as if it were run on its own.
    pub(super) alone: bool,
    /// Whether it is a dump, of which only the definitions are wanted.
    pub(super) dump: bool,
}

impl Prepared {
    fn from_migration(migration: &Migration, alone: bool) -> Result<Self, SourceError> {
        let script = migration.script.split(&Variables::default())?;
        let controls = |statement: &Statement| {
            use StatementKind::{Begin, Commit, EndsTransaction};
            matches!(statement.kind, Begin | Commit | EndsTransaction)
                || cannot_run_in_transaction(&script.text()[statement.span.clone()]).is_some()
        };
        // Some programs see by themselves that a statement cannot be in a transaction, some have
        // none around a file with one statement only: what ran for them must run here.
        let transaction = migration.transaction && !script.statements().iter().any(controls);
        Ok(Self { script, transaction, alone, dump: false })
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let text = self.script.text();
        self.script.statements().iter().map(move |statement| &text[statement.span.clone()])
    }
}

/// The scripts of a directory, ready to run.
pub(super) fn prepared(
    layout: Layout,
    migrations: &Migrations,
) -> Result<Vec<Prepared>, SourceError> {
    let alone = layout == Layout::Numbered;
    migrations.scripts.iter().map(|migration| Prepared::from_migration(migration, alone)).collect()
}

/// The roles that scripts name, so that they can be there.
pub(super) fn roles_in(scripts: &[Prepared]) -> Vec<Role> {
    let named = scripts.iter().flat_map(|one| dump::scratch_roles_in_script(one.script.text()));
    named.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Runs one script as its program does.
pub(super) fn run_script(
    target: &BuildDatabase<'_>,
    session: &mut Session,
    script: &Prepared,
) -> Result<(), SourceError> {
    target.interrupt.check()?;
    let control = |session: &mut Session, sql: &str| {
        let action = format!("{} for {}", sql, script.script.path().display());
        session.client().batch_execute(sql).map_err(|err| target.server_error(action, err))
    };
    if script.transaction {
        control(session, "BEGIN")?;
    }
    for statement in script.script.statements() {
        let sql = &script.script.text()[statement.span.clone()];
        if has_role_of(session, sql) || (script.dump && holds_rows(statement)) {
            continue;
        }
        match run_statement(session, &script.script, statement) {
            // Of a dump by a newer pg_dump.
            Err(failure) if script.dump && is_unknown_setting(&failure, sql) => {}
            // Of a dump of that schema alone.
            Err(failure) if script.dump && makes_public(&failure, sql) => {}
            Err(failure) => return Err(target.script_error(Box::new(failure))),
            Ok(()) => {}
        }
    }
    if script.transaction {
        control(session, "COMMIT")?;
    }
    if script.alone {
        control(session, "RESET ALL")?;
    }
    Ok(())
}

fn holds_rows(statement: &Statement) -> bool {
    matches!(statement.kind, StatementKind::CopyFromStdin { .. })
}

fn is_unknown_setting(failure: &StatementFailure, sql: &str) -> bool {
    let is_set = sql.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("set "));
    is_set && failure.server.sqlstate.as_deref() == Some(SqlState::UNDEFINED_OBJECT.code())
}

/// Whether a statement makes the schema that each new database has.
fn makes_public(failure: &StatementFailure, sql: &str) -> bool {
    let is_there = failure.server.sqlstate.as_deref() == Some(SqlState::DUPLICATE_SCHEMA.code());
    is_there && tokens(sql).get(2).is_some_and(|token| token.key == "public")
}

/// Applies all deltas; gives their scripts.
pub(super) fn run_deltas(
    target: &BuildDatabase<'_>,
    deltas: &DeltaSet,
    options: &PlanOptions,
    fill: &dyn Fn(&mut Session) -> Result<(), SourceError>,
) -> Result<Vec<PreparedScript>, SourceError> {
    let mut session = target.new_database()?;
    fill(&mut session)?;
    let applied = apply_deltas(&mut session, deltas, options, target);
    applied.map_err(|source| match source {
        UpgradeError::Statement(failure) => target.script_error(failure),
        UpgradeError::Stopped { cause, .. } => match *cause {
            UpgradeError::Statement(failure) => target.script_error(failure),
            cause => SourceError::Deltas { label: target.label.to_owned(), cause: Box::new(cause) },
        },
        source => SourceError::Deltas { label: target.label.to_owned(), cause: Box::new(source) },
    })
}

/// Looks at the names of objects after each script that was committed.
struct NameWatch<'a> {
    target: &'a BuildDatabase<'a>,
    other: Option<Session>,
}

impl Observer for NameWatch<'_> {
    fn notify(&mut self, event: Event<'_>) {
        if let (Event::ScriptFinished { path, .. }, Some(session)) = (event, &mut self.other)
            && self.target.look_at_names(session, path).is_err()
        {
            self.other = None;
        }
    }
}

fn apply_deltas(
    session: &mut Session,
    deltas: &DeltaSet,
    options: &PlanOptions,
    target: &BuildDatabase<'_>,
) -> Result<Vec<PreparedScript>, UpgradeError> {
    let table: TableName = HISTORY_TABLE.parse()?;
    set_baseline(session, &table, &Version::new(0, 0, 0))?;
    let plan = UpgradePlan::read(session, &table, deltas, options)?;
    let names = target.names.as_ref().filter(|_| !Upgrade::new(&plan).is_one_transaction());
    let other = names.and_then(|_| Session::open(session.settings(), target.interrupt).ok());
    let mut watch = NameWatch { target, other };
    Upgrade::new(&plan).run(session, &mut Context::new(&mut watch, target.interrupt))?;
    let mut gone: Vec<String> =
        table.all().iter().map(|own| format!("DROP TABLE IF EXISTS {}", own.to_sql())).collect();
    // The schema of the table of PUM 1 comes with the table.
    let schema = deltas.project.as_ref().and_then(|project| project.table_schema.as_deref());
    gone.extend(schema.map(|it| format!("CREATE SCHEMA IF NOT EXISTS {}", quote_ident(it))));
    session.client().batch_execute(&gone.join(";")).map_err(|err| {
        UpgradeError::server("cannot remove the table for the deltas".to_owned(), &err)
    })?;
    Ok(plan.steps.into_iter().map(|step| step.script).collect())
}
