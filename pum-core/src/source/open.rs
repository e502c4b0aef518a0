use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::build::{self, Prepared};
use super::build_database::BuildDatabase;
use super::decompress;
use super::opened::Opened;
use super::prerequisites;
use super::target_profile::{self, HistoryTable, TargetProfile};
use super::{Layout, Source, SourceError, Toolchain};
use crate::connect::{Holding, Session, SessionOn, refuse_asynchronous};
use crate::delta::{DeltaSet, PreparedScript, ProjectPart, VariableValue, Variables};
use crate::dump::{self, Origin, RestoreOptions, Tools};
use crate::installation::Installation;
use crate::progress::Event;
use crate::snapshot::{Excluded, Snapshot};
use crate::upgrade::PlanOptions;
use crate::{Context, Interrupt};

/// Options for sources that must be built.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct OpenOptions {
    /// The layout of directories; detected if not set.
    pub layout: Option<Layout>,
    /// A script or dump on top of which migrations are run.
    pub base: Option<PathBuf>,
    /// The role that builds. Default: the owner of the history table on the other side, or else the
    /// role connected there.
    pub role: Option<String>,
    /// Options for preparing pum's deltas. Its variables are also used for Flyway and goose.
    pub deltas: PlanOptions,
    /// Parts of a project of PUM 1 that are not built.
    pub without: Vec<ProjectPart>,
    /// The upgrades table is already known: do not report it.
    pub knows_upgrades_table: bool,
    /// Watch which objects scripts rename: the names of all are read after each.
    pub watch_names: bool,
}

impl OpenOptions {
    /// Refuses what would have no effect.
    fn check_all_used<'a>(
        &self,
        sources: impl IntoIterator<Item = &'a Source>,
    ) -> Result<(), SourceError> {
        let (mut directory, mut built) = (false, false);
        for source in sources {
            directory |= matches!(source, Source::Directory(_));
            built |= !matches!(source, Source::Database(_) | Source::Snapshot(_));
        }
        let useless = [
            (self.layout.is_some() && !directory, "layout", "a directory of migrations"),
            (self.base.is_some() && !built, "base", "built"),
            (self.role.is_some() && !built, "role", "built"),
        ];
        match useless.into_iter().find(|(useless, ..)| *useless) {
            Some((_, option, needed)) => Err(SourceError::UnusedOption { option, needed }),
            None => Ok(()),
        }
    }
}

/// Opens one source.
///
/// Migrations and dumps are built on a scratch server of `toolchain`.
///
/// # Errors
///
/// If the source cannot be read or built.
pub fn open(
    source: &Source,
    options: &OpenOptions,
    toolchain: &Toolchain,
    context: &mut Context<'_>,
) -> Result<Opened, SourceError> {
    let interrupt = &context.interrupt().clone();
    options.check_all_used([source])?;
    let work = Work { options, toolchain, interrupt };
    match read_at_once(source, interrupt)? {
        Some(opened) => Ok(opened),
        None => work.build(source, None, "source", context),
    }
}

/// Opens two sources for a comparison.
///
/// A source that must be built is built on a server with the other side's major version, with the
/// roles that the other side names.
///
/// # Errors
///
/// As [`open`], for either of them.
pub fn open_both(
    sources: [&Source; 2],
    options: &OpenOptions,
    toolchain: &Toolchain,
    context: &mut Context<'_>,
) -> Result<[Opened; 2], SourceError> {
    refuse_asynchronous()?;
    let interrupt = &context.interrupt().clone();
    options.check_all_used(sources)?;
    let work = Work { options, toolchain, interrupt };
    let [left, right] = sources;
    let (opened_left, opened_right) = std::thread::scope(|scope| {
        let other = scope.spawn(|| read_at_once(right, interrupt));
        (read_at_once(left, interrupt), other.join())
    });
    let opened_right = opened_right.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    Ok(match (opened_left?, opened_right?) {
        (Some(left), Some(right)) => [left, right],
        (Some(mut left), None) => {
            let right = work.build(right, Some(&mut left), "right", context)?;
            [left, right]
        }
        (None, Some(mut right)) => {
            let left = work.build(left, Some(&mut right), "left", context)?;
            [left, right]
        }
        (None, None) => {
            let mut left = work.build(left, None, "left", context)?;
            let right = work.build(right, Some(&mut left), "right", context)?;
            [left, right]
        }
    })
}

/// An existing source: a database or a snapshot.
fn read_at_once(source: &Source, interrupt: &Interrupt) -> Result<Option<Opened>, SourceError> {
    Ok(match source {
        Source::Database(settings) => Some(Opened::database(Session::open(settings, interrupt)?)),
        Source::Snapshot(path) => {
            let opened = Opened::snapshot(Snapshot::read(path)?, &path.display().to_string());
            Some(Opened { file: Some(path.clone()), ..opened })
        }
        _ => None,
    })
}

/// Builds deltas that a program has, as they would build the database of `other`: on a server of
/// its version, with its roles. `tables` are those in which the program records what it applied.
pub(crate) fn open_deltas(
    (deltas, tables): (&DeltaSet, &[&str]),
    other: &mut SessionOn<'_>,
    options: &OpenOptions,
    toolchain: &Toolchain,
    context: &mut Context<'_>,
) -> Result<Opened, SourceError> {
    let interrupt = &context.interrupt().clone();
    let work = Work { options, toolchain, interrupt };
    let plan = Plan::Deltas(Box::new(deltas.clone()));
    let profile = TargetProfile::like_database(other, tables)?;
    let building =
        Building { label: "the program's deltas", name: "deltas", layout: None, tables, plan };
    work.unless_interrupted(work.build_on(profile, true, building, context))
}

/// The input for a source that must be built.
enum Plan {
    Scripts(Vec<Prepared>),
    Deltas(Box<DeltaSet>),
    Archive(PathBuf),
}

/// A source that must be built.
struct Building<'a> {
    label: &'a str,
    /// What tells its database from that of the other side.
    name: &'a str,
    layout: Option<Layout>,
    /// The history tables of the program that runs it.
    tables: &'a [&'a str],
    plan: Plan,
}

struct Work<'a> {
    options: &'a OpenOptions,
    toolchain: &'a Toolchain,
    interrupt: &'a Interrupt,
}

impl Work<'_> {
    fn build(
        &self,
        source: &Source,
        other: Option<&mut Opened>,
        name: &str,
        context: &mut Context<'_>,
    ) -> Result<Opened, SourceError> {
        self.unless_interrupted(self.build_on_scratch(source, other, name, context))
    }

    /// A statement that was cancelled is no fault of its script.
    fn unless_interrupted(
        &self,
        built: Result<Opened, SourceError>,
    ) -> Result<Opened, SourceError> {
        if built.is_err() {
            self.interrupt.check()?;
        }
        built
    }

    fn build_on_scratch(
        &self,
        source: &Source,
        mut other: Option<&mut Opened>,
        name: &str,
        context: &mut Context<'_>,
    ) -> Result<Opened, SourceError> {
        let label = label_of(source);
        let layout = self.layout_of(source)?;
        let tables = layout.map_or(&[][..], Layout::tables);
        let mut profile = match &mut other {
            Some(other) => TargetProfile::like(other, tables)?,
            None => TargetProfile::bare(self.toolchain),
        };
        let mut variables = self.options.deltas.variables.clone();
        if layout == Some(Layout::Flyway) {
            profile.default_schema = default_schema(&mut variables, &profile);
        }
        if other.is_none() {
            profile.expect_history_table(
                tables,
                profile.default_schema.clone().as_deref().unwrap_or("public"),
            );
        }
        // What is wrong with files is said before a server is started.
        let mut plan = plan(source, layout, &variables, &label, context)?;
        if let Plan::Deltas(deltas) = &mut plan {
            self.options.without.iter().for_each(|part| deltas.skip(*part));
        }
        if let Some(schema) = &profile.default_schema {
            note(context, &format!("{label}: Flyway's default schema is {schema}"));
        }
        let building = Building { label: &label, name, layout, tables, plan };
        self.build_on(profile, other.is_some(), building, context)
    }

    fn build_on(
        &self,
        mut profile: TargetProfile,
        has_other: bool,
        building: Building<'_>,
        context: &mut Context<'_>,
    ) -> Result<Opened, SourceError> {
        let Building { label, name, layout, tables, plan } = building;
        if let Plan::Archive(path) = &plan {
            // A newer server takes what an older one gave, and not the other way round.
            let origin = self.origin_of(path)?;
            profile.major = profile.major.max(origin.server.unwrap_or_default());
        }
        profile.role = self.options.role.clone().or(profile.role);
        let database = format!("pum_{name}");
        let mut target =
            BuildDatabase::prepare(&profile, self.toolchain, label, &database, self.interrupt)?;
        target.names = self.options.watch_names.then(RefCell::default);
        self.tell(&target, &plan, has_other, context);
        let reached = match &plan {
            Plan::Deltas(deltas) => deltas.deltas.last().map(|delta| delta.name.version.clone()),
            _ => None,
        };
        let (scripts, made) = self.run(&target, layout, plan, context)?;
        let mut session = Session::open(&target.settings()?, self.interrupt)?;
        if session.holding()? == Holding::Nothing {
            return Err(SourceError::Empty { label: label.to_owned() });
        }
        // A table that the scripts make themselves is one like any other.
        let own = target_profile::history_tables(&mut session, tables)?;
        let (made, own): (Vec<HistoryTable>, Vec<HistoryTable>) =
            own.into_iter().partition(|one| made == Some(one.table.name()));
        let is_in = |tables: &[HistoryTable], one: &HistoryTable| {
            tables.iter().any(|b| b.table.is_same(&one.table))
        };
        let mut tables: Vec<_> =
            profile.history_tables.iter().filter(|one| !is_in(&own, one)).collect();
        tables.extend(made.iter().filter(|one| !is_in(&profile.history_tables, one)));
        for HistoryTable { table, .. } in tables.iter().filter(|_| has_other) {
            note(context, &format!("left out: {table}, which records the migrations"));
        }
        let left_out = Excluded {
            tables: tables.iter().map(|one| one.table.path().clone()).collect(),
            schemas: Vec::new(),
            // What belongs to the database as a whole is the scratch server's, which has no
            // tablespaces but its own.
            elements: ["databases", "tablespace"].map(str::to_owned).to_vec(),
        };
        Ok(Opened {
            left_out,
            label: label.to_owned(),
            scripts,
            reached,
            names: target.names.take().map(RefCell::into_inner),
            ..Opened::database(session)
        })
    }

    /// The layout of a directory; `None` for another source.
    fn layout_of(&self, source: &Source) -> Result<Option<Layout>, SourceError> {
        Ok(match (source, self.options.layout) {
            (Source::Directory(path), None) => Some(Layout::detect(path)?),
            (Source::Directory(_), given) => given,
            _ => None,
        })
    }

    fn tell(
        &self,
        target: &BuildDatabase<'_>,
        plan: &Plan,
        has_other: bool,
        context: &mut Context<'_>,
    ) {
        let label = target.label;
        let mut text =
            format!("{label}: built on a scratch server, PostgreSQL {}", target.server.major());
        if !matches!(plan, Plan::Archive(_)) {
            text += &format!(", as role {}", target.role());
        }
        note(context, &text);
        if target.server.major() != target.profile.major {
            let message = format!(
                "{label} is built on PostgreSQL {}, because no server of version {} is installed",
                target.server.major(),
                target.profile.major
            );
            context.warn(&message);
        }
        if has_other
            && matches!(plan, Plan::Deltas(_))
            && !self.options.knows_upgrades_table
            && target.profile.history_tables.is_empty()
        {
            note(context, "the upgrades table is unknown, so it is not left out");
        }
    }

    /// Builds it; gives the scripts that were run, and the name of the history table that was made
    /// for them.
    fn run(
        &self,
        target: &BuildDatabase<'_>,
        layout: Option<Layout>,
        plan: Plan,
        context: &mut Context<'_>,
    ) -> Result<(Vec<PreparedScript>, Option<&'static str>), SourceError> {
        let base = match (&self.options.base, &plan) {
            (Some(path), Plan::Scripts(_) | Plan::Deltas(_)) => vec![base(path)?],
            _ => Vec::new(),
        };
        target.make_roles(&build::roles_in(&base))?;
        let fill = |session: &mut Session| -> Result<(), SourceError> {
            base.iter().try_for_each(|script| build::run_script(target, session, script))
        };
        let has_base = !base.is_empty() || layout.is_none();
        let way_out = |err| if has_base { err } else { prerequisites::with_way_out(err) };
        let mut made = None;
        let scripts = match plan {
            Plan::Scripts(scripts) => {
                target.make_roles(&build::roles_in(&scripts))?;
                let ran = prerequisites::run_scripts(target, layout, &scripts, &fill, context);
                made = ran.map_err(way_out)?;
                scripts.into_iter().map(|one| one.script).collect()
            }
            Plan::Deltas(deltas) => {
                let ran = build::run_deltas(target, &deltas, &self.options.deltas, &fill);
                ran.map_err(way_out)?
            }
            Plan::Archive(path) => {
                self.restore(target, &path, context)?;
                Vec::new()
            }
        };
        Ok((base.into_iter().map(|one| one.script).chain(scripts).collect(), made))
    }

    fn origin_of(&self, archive: &Path) -> Result<Origin, SourceError> {
        let Toolchain { installations, overrides, .. } = self.toolchain;
        // The newest programs can read any archive.
        let newest = installations.newest_with(&["pg_dump", "pg_restore"], |_| true);
        let newest = newest.map(Installation::major).unwrap_or_default();
        let tools = Tools::choose(installations, overrides, newest)?;
        Ok(Origin::read(&tools, archive, self.interrupt)?)
    }

    fn restore(
        &self,
        target: &BuildDatabase<'_>,
        archive: &Path,
        context: &mut Context<'_>,
    ) -> Result<(), SourceError> {
        let Toolchain { installations, overrides, .. } = self.toolchain;
        let client = self.origin_of(archive)?.client.unwrap_or_default();
        let major = target.server.major();
        let tools = Tools::choose_for_restore(installations, overrides, client, major)?;
        let options = RestoreOptions {
            on_scratch: true,
            without_tablespaces: true,
            schema_only: true,
            replace: true,
            in_pieces: true,
            properties: target.profile.properties.clone(),
            ..RestoreOptions::default()
        };
        dump::restore(&tools, archive, &target.settings()?, &options, context)?;
        Ok(())
    }
}

/// Reads the files of a source.
fn plan(
    source: &Source,
    layout: Option<Layout>,
    variables: &Variables,
    label: &str,
    context: &mut Context<'_>,
) -> Result<Plan, SourceError> {
    Ok(match (source, layout) {
        (Source::Directory(path), Some(Layout::Pum)) => {
            note(context, &format!("{label}: layout {}", Layout::Pum));
            Plan::Deltas(Box::new(DeltaSet::read(&[path])?))
        }
        (Source::Directory(path), Some(layout)) => {
            let migrations = layout.read(path, variables)?;
            let count = migrations.scripts.len();
            let plural = if count == 1 { "" } else { "s" };
            note(context, &format!("{label}: layout {layout}, {count} script{plural}"));
            for text in &migrations.notes {
                note(context, &format!("{label}: {text}"));
            }
            Plan::Scripts(build::prepared(layout, &migrations)?)
        }
        (Source::Archive(path), _) => Plan::Archive(path.clone()),
        // Databases and snapshots are read at once.
        _ => Plan::Scripts(script_of(source)?.into_iter().collect()),
    })
}

/// A file of SQL, each statement on its own, as `psql -f` runs it; `None` for another source.
fn script_of(source: &Source) -> Result<Option<Prepared>, SourceError> {
    let (path, dump) = match source {
        Source::Script(path) => (path, false),
        Source::PlainDump(path) => (path, true),
        _ => return Ok(None),
    };
    let script = decompress::script(path)?.split(&Variables::default())?;
    Ok(Some(Prepared { script, transaction: false, alone: true, dump }))
}

/// The base on which migrations are run.
fn base(path: &Path) -> Result<Prepared, SourceError> {
    script_of(&Source::at(path)?)?.ok_or_else(|| SourceError::NotASource {
        path: path.to_owned(),
        reason:
            "a base is an SQL file or a plain dump; pg_restore --file BASE.sql converts any other \
                 dump"
                .to_owned(),
    })
}

/// Flyway's default schema if it is not `public`: as it was given, or where its history table is on
/// the other side. It is a placeholder too.
fn default_schema(variables: &mut Variables, profile: &TargetProfile) -> Option<String> {
    const NAME: &str = "flyway:defaultSchema";
    let given = variables.iter().find(|(name, _)| name.eq_ignore_ascii_case(NAME));
    let given = given.map(|(_, value)| value.text());
    let found = || profile.history_tables.first().map(|one| one.table.schema().to_owned());
    let schema = given.or_else(found)?;
    variables.set(NAME, VariableValue::String(schema.clone()));
    (schema != "public").then_some(schema)
}

fn label_of(source: &Source) -> String {
    match source {
        Source::Database(settings) => settings.label().to_owned(),
        Source::Snapshot(path)
        | Source::Directory(path)
        | Source::Script(path)
        | Source::PlainDump(path)
        | Source::Archive(path) => path.display().to_string(),
    }
}

fn note(context: &mut Context<'_>, message: &str) {
    context.notify(Event::Note { message });
}
