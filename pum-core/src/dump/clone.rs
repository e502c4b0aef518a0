use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use super::archive::{DumpOptions, DumpRun};
use super::backup::{Snapshot, refuse_vulnerable};
use super::contents::Contents;
use super::database::session_beside;
use super::dump_input::{DumpInput, Toc};
use super::pipe::pipe;
use super::populate::Populate;
use super::prepare::prepare;
use super::program::Program;
use super::restore::apply_properties;
use super::restore_errors::RestoreErrors;
use super::restore_options::RestoreOptions;
use super::stream::{LargeTable, Streams, large_tables};
use super::tables::Tracker;
use super::template::{Strategy, copy_database};
use super::temporary_database::{TemporaryDatabase, may_take_name, refuse_in_use};
use super::tools::option;
use super::{Compression, DatabaseProperties, DumpError, Format, Tools};
use crate::connect::{Session, Settings, quote_ident};
use crate::pattern::TablePattern;
use crate::process::{Both, PassOn};
use crate::progress::Event;
use crate::{Context, Interrupt};

/// How to copy a database.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CloneOptions {
    /// Have the server copy its files, if source and target are on one server and no session is
    /// connected to the source; otherwise definitions and rows are sent from one to the other.
    pub as_template: bool,
    /// Schemas to exclude, as globs.
    pub exclude_schemas: Vec<String>,
    /// Tables to copy without data, as patterns of `pg_dump`.
    pub exclude_table_data: Vec<String>,
    /// No data.
    pub schema_only: bool,
    /// Other options for the new database, as for a restore.
    pub restore: RestoreOptions,
}

/// A copied database.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloneReport {
    /// How long it took.
    pub duration: Duration,
    /// The number of tables whose data were copied.
    pub tables: usize,
    /// Their size on the source.
    pub bytes: u64,
    /// Settings and grants of the database that could not be copied, with the reasons.
    pub skipped_properties: Vec<String>,
    /// The roles that were created.
    pub created_roles: Vec<String>,
}

/// Copies the database of `source` to the one that `target` names, on the same server or another.
///
/// As in a restore, the new database is created under a temporary name and renamed when it is
/// complete; on failure everything is as before. All data are from one snapshot. Only the
/// definitions are written to a file: large tables are copied over several connections in parallel,
/// the others go from `pg_dump` to `pg_restore` through a pipe, and indexes are created over
/// several connections.
///
/// # Errors
///
/// If the copy exists and may not be replaced, lacks roles or extensions, or cannot be created;
/// nothing is left behind then.
pub fn clone(
    mut source: Session,
    tools: &Tools,
    target: &Settings,
    options: &CloneOptions,
    context: &mut Context<'_>,
) -> Result<CloneReport, DumpError> {
    let started = Instant::now();
    let restore = &options.restore;
    let mut server = session_beside(target, context.interrupt())?;
    let protected = &restore.protected;
    let existing = may_take_name(&mut server, target, restore.replace, protected, context)?;
    let properties = DatabaseProperties::read(&mut source)?;
    let owner = restore.owner.clone().or(existing.as_ref().map(|it| it.owner.clone()));
    let server = &mut server;
    let place = Place { server, tools, target, existing, owner, properties: &properties };
    let mut report = if options.as_template {
        place.by_template(source, options, context)?
    } else {
        refuse_vulnerable(tools, restore.allow, context)?;
        let snapshot = Snapshot::take(&mut source)?;
        // Its end is that of the session.
        place.by_stream(&mut source, &snapshot, options, context)?
    };
    report.duration = started.elapsed();
    Ok(report)
}

/// Where the copy goes, and what it gets.
struct Place<'a> {
    server: &'a mut Session,
    tools: &'a Tools,
    target: &'a Settings,
    existing: Option<DatabaseProperties>,
    owner: Option<String>,
    properties: &'a DatabaseProperties,
}

impl Place<'_> {
    /// The server copies the files of the database.
    fn by_template(
        self,
        mut source: Session,
        options: &CloneOptions,
        context: &mut Context<'_>,
    ) -> Result<CloneReport, DumpError> {
        let label = source.settings().label().to_owned();
        let refused =
            |reason: &str| DumpError::Template { label: label.clone(), reason: reason.to_owned() };
        if source.identity()?.system_identifier != self.server.identity()?.system_identifier {
            return Err(refused("source and target are on different servers"));
        }
        let partly = options.schema_only
            || options.restore.without_roles
            || !options.restore.role_map.is_empty()
            || !(options.exclude_schemas.is_empty() && options.exclude_table_data.is_empty());
        if partly {
            return Err(refused("a template is copied whole, but something is to be left out"));
        }
        let contents = Contents::read(&mut source, &DumpOptions::default(), context)?;
        let name = source.settings().database().to_owned();
        // The server cannot copy a database with open connections, so this one is closed too.
        drop(source);
        refuse_in_use(self.server, &name, &label)?;
        let make = |server: &mut Session, new: &str| {
            context.check()?;
            let template = (name.as_str(), Strategy::FileCopy);
            copy_database(server, template, |server| create_from(server, &name, new), context)
        };
        let mut new = TemporaryDatabase::made_by(self.server, self.target, self.existing, make)?;
        let known = Some(self.properties);
        let skipped_properties =
            apply_properties(&mut new, known, self.owner, &options.restore, context)?;
        context.check()?;
        new.finish()?;
        Ok(report(&contents, skipped_properties, Vec::new()))
    }

    /// Definitions, rows, and then what is made from rows.
    fn by_stream(
        self,
        source: &mut Session,
        snapshot: &Snapshot,
        options: &CloneOptions,
        context: &mut Context<'_>,
    ) -> Result<CloneReport, DumpError> {
        let interrupt = &context.interrupt().clone();
        let tools = self.tools;
        let selection = options.selection();
        let contents = Contents::read(source, &selection, context)?;
        let directory = tempfile::Builder::new().prefix("pum-").tempdir().map_err(|source| {
            DumpError::File {
                action: "make a directory in",
                path: "the place for temporary files".into(),
                cause: source,
            }
        })?;
        let archive = directory.path().join("definitions.dump");
        context.notify(Event::Output { line: "definitions" });
        let sections = DumpOptions { definitions_only: true, ..selection.clone() };
        let paths = (archive.as_path(), Path::new("a temporary file"));
        let id = Some(snapshot.id.as_str());
        let settings = source.settings().clone();
        let run = DumpRun { tools, settings: &settings, options: &sections, snapshot: id };
        run.write(paths, &mut PassOn(context), interrupt)?;

        let toc = &Toc::default();
        let (archive, options_of) = (&archive, &options.restore);
        let dump = DumpInput { tools, archive, options: options_of, manifest: None, toc };
        let known = Some(self.properties);
        let prepared = prepare(&dump, known, self.owner.as_deref(), self.server, context)?;
        let result: Result<_, DumpError> = (|| {
            let mut new =
                TemporaryDatabase::create(self.server, self.target, self.existing, known, context)?;
            let server = new.server.version().major();
            let initial = self.properties.initial.as_ref();
            if let Some(initial) = initial {
                initial.take_away(&new.settings, interrupt)?;
            }
            let filling = Populate { dump, target: &new.settings, server, interrupt };
            filling.section("pre-data", &mut PassOn(context))?;
            if !options.schema_only {
                let large = large_tables(source, |table| contents.tables.contains_key(table))?;
                let (target, id) = (&new.settings, snapshot.id.as_str());
                let jobs = options.restore.jobs;
                let rows = Rows { source, tools, target, server, id, jobs, interrupt };
                rows.copy(&selection, large, &contents, context)?;
            }
            context.notify(Event::Output { line: "indexes and constraints" });
            let mut tracker =
                Tracker::new(context, "copy", BTreeMap::new(), 0).asking(&new.settings);
            filling.section("post-data", &mut tracker)?;
            drop(tracker);
            if let Some(initial) = initial {
                initial.grant(&new.settings, &options.restore, interrupt)?;
            }
            if options.restore.analyze {
                context.notify(Event::Output { line: "ANALYZE" });
                super::analyze::analyze(&new.settings, options.restore.jobs, interrupt)?;
            }
            let skipped_properties =
                apply_properties(&mut new, known, self.owner, &options.restore, context)?;
            context.check()?;
            new.finish()?;
            Ok(skipped_properties)
        })();
        if result.is_err() {
            prepared.take_back(self.server);
        }
        Ok(report(&contents, result?, prepared.created_roles))
    }
}

impl CloneOptions {
    fn selection(&self) -> DumpOptions {
        DumpOptions {
            exclude_schemas: self.exclude_schemas.clone(),
            exclude_table_data: self.exclude_table_data.clone(),
            schema_only: self.schema_only,
            without_roles: self.restore.without_roles,
            ..DumpOptions::default()
        }
    }
}

fn report(contents: &Contents, skipped_properties: Vec<String>, roles: Vec<String>) -> CloneReport {
    CloneReport {
        duration: Duration::ZERO,
        tables: contents.tables.len(),
        bytes: contents.bytes(),
        skipped_properties,
        created_roles: roles,
    }
}

/// `CREATE DATABASE … TEMPLATE`, in the fastest way that the server has.
fn create_from(server: &mut Session, template: &str, name: &str) -> Result<(), DumpError> {
    let major = server.version().major();
    let base = format!("CREATE DATABASE {} TEMPLATE {}", quote_ident(name), quote_ident(template));
    let failed = |err: &postgres::Error| {
        DumpError::server(format!("cannot copy the database \"{template}\""), err)
    };
    if major >= 18 {
        // Only some file systems can share blocks between files.
        let shared = server
            .client()
            .batch_execute("SET file_copy_method TO clone")
            .and_then(|()| server.client().batch_execute(&format!("{base} STRATEGY file_copy")));
        server.client().batch_execute("RESET file_copy_method").map_err(|err| failed(&err))?;
        if shared.is_ok() {
            return Ok(());
        }
    }
    // Before 15 there was no other way; since then writing all pages to the log is the usual one.
    let strategy = if major >= 15 { " STRATEGY file_copy" } else { "" };
    server.client().batch_execute(&(base + strategy)).map_err(|err| failed(&err))
}

/// Rows on their way.
struct Rows<'a> {
    source: &'a mut Session,
    tools: &'a Tools,
    target: &'a Settings,
    /// The major version of the target's server.
    server: u32,
    id: &'a str,
    jobs: usize,
    interrupt: &'a Interrupt,
}

impl Rows<'_> {
    /// Large tables on connections of their own, all others through a pipe, at the same time.
    fn copy(
        self,
        selection: &DumpOptions,
        large: Vec<LargeTable>,
        contents: &Contents,
        context: &mut Context<'_>,
    ) -> Result<(), DumpError> {
        let jobs = self.jobs;
        let (from, to) = self.programs(selection, &large)?;
        let encoding = self.source.encoding().to_owned();
        let streams = Streams {
            source: self.source.settings(),
            target: self.target,
            snapshot: self.id,
            encoding: &encoding,
            tables: Mutex::new(large),
            failed: AtomicBool::new(false),
            interrupt: self.interrupt,
        };
        let mut tracker = Tracker::new(context, "copy", contents.tables.clone(), 0)
            .asking(self.source.settings());
        std::thread::scope(|scope| {
            let (tell, told) = channel();
            let workers: Vec<_> = (0..jobs.max(1))
                .map(|_| {
                    let (streams, tell) = (&streams, tell.clone());
                    scope.spawn(move || streams.work(&tell))
                })
                .collect();
            drop(tell);
            let mut complaints = RestoreErrors::default();
            let mut listener = Both(&mut tracker, &mut complaints);
            let outcome = pipe(from, to, &mut listener, self.interrupt);
            tracker.all_begun_are_done();
            let is_complete = outcome.as_ref().is_ok_and(|outcome| {
                outcome.sent && (outcome.received || complaints.completed(false))
            });
            if !is_complete {
                streams.failed.store(true, std::sync::atomic::Ordering::SeqCst);
            }
            for (table, done) in told {
                tracker.large_table(&table.label(), done);
            }
            let join = |worker: std::thread::ScopedJoinHandle<'_, Result<(), DumpError>>| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            let copied = workers.into_iter().try_for_each(join);
            // After an interrupt, errors that it caused are not reported.
            self.interrupt.check()?;
            copied?;
            let outcome = outcome?;
            if is_complete {
                return Ok(());
            }
            let action = format!("the copy of {}", streams.source.label());
            Err(DumpError::Failed { action, output: outcome.output })
        })
    }

    /// `pg_dump` and `pg_restore` for all rows but those of the large tables.
    fn programs(
        &self,
        selection: &DumpOptions,
        large: &[LargeTable],
    ) -> Result<(Program, Program), DumpError> {
        let mut rest = selection.clone();
        rest.format = Format::Custom;
        rest.compression = Some(Compression::NONE);
        let tables = large.iter().map(|table| TablePattern::exactly(&table.schema, &table.name));
        rest.exclude_table_data.extend(tables);
        let mut arguments = rest.arguments(self.tools)?;
        arguments.extend([option("section", "data"), option("snapshot", self.id)]);
        let from =
            Program::new(&self.tools.pg_dump.path, arguments, Some(self.source.settings()), None)?;
        let mut arguments = vec!["--section=data".into()];
        if !self.tools.restore_is_too_new(self.server) {
            arguments.extend(["--exit-on-error", "--single-transaction"].map(Into::into));
        }
        let to = Program::new(&self.tools.pg_restore.path, arguments, Some(self.target), None)?;
        Ok((from, to))
    }
}
