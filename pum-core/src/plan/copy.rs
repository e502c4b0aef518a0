//! A copy of the left side's schema on a scratch server.

use super::apply::apply;
use super::migration_plan::MigrationOptions;
use super::planner::plan;
use super::side::Side;
use crate::Context;
use crate::catalog::{self, Scope};
use crate::compare::{CompareOptions, compare_with_dependencies};
use crate::connect::{Session, quote_ident};
use crate::diff::{Filters, all_differences};
use crate::dump::{DatabaseProperties, create_empty, create_scratch_roles};
use crate::model::{Attributes, Kind, Model, Object};
use crate::plan::MigrationPlan;
use crate::scratch::ScratchServer;
use crate::snapshot::Snapshot;
use crate::source::{Content, Opened, RoundTrip, Toolchain, provide_roles, snapshot_roles};

/// The role that owns a scratch server.
const SUPERUSER: &str = "postgres";

/// A copy of a schema, without rows.
pub(super) struct SchemaCopy {
    pub(super) session: Session,
    /// Whether pum's own statements have made it, and no dump.
    pub(super) is_built: bool,
}

/// What a copy is made with.
pub(super) struct Copier<'a> {
    pub(super) options: &'a CompareOptions,
    pub(super) toolchain: &'a Toolchain,
}

impl Copier<'_> {
    /// A copy of the left side, on a server that has the roles of both: of a database by a dump, of a
    /// snapshot by statements that create what it holds.
    pub(super) fn copy(
        &self,
        left: &mut Opened,
        right: &mut Opened,
        name: &str,
        context: &mut Context<'_>,
    ) -> Result<SchemaCopy, String> {
        let major = left.version().major();
        let interrupt = context.interrupt().clone();
        let server = self.toolchain.scratch.get(major, &interrupt).map_err(text)?;
        if server.major() != major {
            return Err(format!(
                "the installed PostgreSQL server is version {}, but version {major} is required",
                server.major()
            ));
        }
        for side in [&mut *left, right] {
            provide_roles_of(side, server, context)?;
        }
        match &mut left.content {
            Content::Database(session) => {
                let scope = crate::compare::scope_of(self.options);
                let trip = RoundTrip {
                    toolchain: self.toolchain,
                    server,
                    major,
                    scope: &scope,
                    interrupt: &interrupt,
                };
                let copy = trip.copy(session, name).map_err(text)?;
                let session = as_role(copy, session.settings().user(), context)?;
                Ok(SchemaCopy { session, is_built: false })
            }
            Content::Snapshot(snapshot) => {
                let settings = server.settings_as(name, SUPERUSER).map_err(text)?;
                let properties = properties_of(snapshot);
                create_empty(&settings, properties.as_ref(), &interrupt).map_err(text)?;
                let mut session = Session::open(&settings, &interrupt).map_err(text)?;
                build(snapshot, &mut session)?;
                let session = self.check(session, left, context)?;
                Ok(SchemaCopy { session, is_built: true })
            }
        }
    }

    /// Whether what was built is what the snapshot holds.
    fn check(
        &self,
        built: Session,
        left: &mut Opened,
        context: &mut Context<'_>,
    ) -> Result<Session, String> {
        let mut built = Opened::database(built);
        let mut options = CompareOptions::default();
        options.upgrades_table.clone_from(&self.options.upgrades_table);
        let toolchain = Some(self.toolchain);
        // What has passwords was built with stand-ins.
        let with_stand_ins = (&mut built, Model::forget_secrets as fn(&mut Model));
        let found = compare_with_dependencies(with_stand_ins, left, &options, toolchain, context);
        let differences = found.map_err(text)?.comparison.differences;
        let others: Vec<String> = differences
            .iter()
            .map(|difference| difference.between("what was built", left.label()))
            .collect();
        match built.content {
            Content::Database(session) if others.is_empty() => Ok(*session),
            _ => Err(format!("what the snapshot holds cannot be built: {}", others.join("; "))),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is for map_err")]
fn text(err: impl ToString) -> String {
    err.to_string()
}

fn provide_roles_of(
    side: &mut Opened,
    server: &ScratchServer,
    context: &Context<'_>,
) -> Result<(), String> {
    let interrupt = context.interrupt();
    match &mut side.content {
        Content::Database(session) => provide_roles(session, server, interrupt).map_err(text),
        Content::Snapshot(snapshot) => {
            let settings = server.settings(SUPERUSER).map_err(text)?;
            let mut session = Session::open(&settings, interrupt).map_err(text)?;
            create_scratch_roles(&mut session, &snapshot_roles(snapshot)).map_err(text)
        }
    }
}

/// The same database for the role that is going to run the statements, and so owns what they create.
/// What it may do there is not known here: it may do everything.
fn as_role(mut copy: Session, role: &str, context: &Context<'_>) -> Result<Session, String> {
    if copy.settings().user() == role {
        return Ok(copy);
    }
    let name = quote_ident(role);
    // It is there already if anything is granted to it.
    let _ = copy.client().batch_execute(&format!("CREATE ROLE {name}"));
    copy.client().batch_execute(&format!("ALTER ROLE {name} LOGIN SUPERUSER")).map_err(text)?;
    let settings = copy.settings().with("user", role).map_err(text)?;
    Session::open(&settings, context.interrupt()).map_err(text)
}

/// The encoding of a database that a snapshot was taken of, where it is none of characters.
fn properties_of(snapshot: &Snapshot) -> Option<DatabaseProperties> {
    snapshot.model().objects().iter().find_map(|object| match &object.attributes {
        Attributes::Database(database) => DatabaseProperties::of_unconverted(&database.encoding),
        _ => None,
    })
}

/// Creates what a snapshot holds in an empty database.
fn build(snapshot: &Snapshot, session: &mut Session) -> Result<(), String> {
    let read = catalog::read_with_dependencies(session, &Scope::default());
    let (model, dependencies) = read.map_err(text)?;
    let empty = Side { model, dependencies };
    let wanted = Side {
        model: without_tablespaces(snapshot.model()),
        dependencies: snapshot.dependencies().cloned().unwrap_or_default(),
    };
    let differences = all_differences(&empty.model, &wanted.model, &Filters::default());
    let options = MigrationOptions::new(SUPERUSER, session.version().major());
    let plan = plan(&empty, &wanted, &differences, &options).map_err(text)?;
    refuse_incomplete(&plan)?;
    apply(&plan, session).map_err(text)
}

fn refuse_incomplete(plan: &MigrationPlan) -> Result<(), String> {
    if plan.refused.is_empty() {
        return Ok(());
    }
    let refused: Vec<String> =
        plan.refused.iter().map(|it| format!("{}: {}", it.identity, it.reason)).collect();
    Err(format!("what the snapshot holds cannot be built: {}", refused.join("; ")))
}

/// A scratch server has no tablespaces.
fn without_tablespaces(model: &Model) -> Model {
    let object = |object: &Object| {
        let mut object = object.clone();
        match &mut object.attributes {
            Attributes::Table(table) => table.tablespace = None,
            Attributes::View(view) => view.tablespace = None,
            Attributes::Index(index) => index.tablespace = None,
            Attributes::Constraint(constraint) => constraint.tablespace = None,
            _ => {}
        }
        object
    };
    let objects = model.objects().iter().filter(|object| object.identity.kind != Kind::Database);
    Model::new(objects.map(object).collect())
}
