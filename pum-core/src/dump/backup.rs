use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::archive::{DumpOptions, DumpRun};
use super::check::read_back;
use super::contents::Contents;
use super::destination::{Allow, free_space, inspect, refuse_unless, sync};
use super::globals::{Globals, write_globals};
use super::manifest::{ExcludedData, Manifest, TableSize, UpgradesVersion};
use super::partial_file::PartialFile;
use super::tables::Tracker;
use super::{DatabaseProperties, DumpError, Format, Tools, globals};
use crate::Context;
use crate::connect::{Session, quote_ident};
use crate::delta::Version;
use crate::progress::{Event, Progress};

/// How to back up a database.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct BackupOptions {
    /// What to dump and how.
    pub dump: DumpOptions,
    /// The upgrades table, as schema and name, whose version is recorded in the manifest.
    pub upgrades_table: Option<(String, String)>,
    /// Also write the server's roles and tablespaces to a file next to the dump.
    pub globals: Option<Globals>,
    /// Risks that cause a warning instead of an error.
    pub allow: Allow,
}

/// A finished backup.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackupReport {
    /// Its manifest.
    pub manifest: Manifest,
    /// The file with roles and tablespaces, if requested.
    pub globals: Option<PathBuf>,
    /// How long it took, reading back included.
    pub duration: Duration,
    /// How much of that was reading back.
    pub read_back: Duration,
}

/// Backs up the database of a session to `destination`: a file, or a directory in that format.
///
/// The client's version, the destination and the free space are checked first. The dump is written
/// under a temporary name, read back completely, and renamed when a [`Manifest`] with its checksum
/// is ready to be written next to it. On failure nothing is left behind, and an older dump of that
/// name stays.
///
/// Everything, including the manifest, is from one snapshot of the database.
///
/// # Errors
///
/// If a program is missing or refused, there is not enough space, `pg_dump` fails, or its output
/// cannot be read back; nothing is left behind then.
pub fn backup(
    session: &mut Session,
    tools: &Tools,
    destination: &Path,
    options: &BackupOptions,
    context: &mut Context<'_>,
) -> Result<BackupReport, DumpError> {
    let started = Instant::now();
    let format = options.dump.format;
    let is_directory = format == Format::Directory;
    inspect(destination, is_directory, options.allow, context)?;
    refuse_vulnerable(tools, options.allow, context)?;
    if options.dump.jobs > 1 && !is_directory {
        let message = "only the directory format can be dumped over several connections";
        context.warn(message);
    }
    let file_error = |action| {
        move |source| DumpError::File { action, path: destination.to_owned(), cause: source }
    };
    let part =
        PartialFile::new(destination, is_directory).map_err(file_error("write the dump to"))?;

    let snapshot = Snapshot::take(session)?;
    let work = Backup { tools, destination, options };
    let found = work.write(&snapshot, session, &part, context);
    Snapshot::end(session);
    let Inspected { contents, properties, upgrades_table } = found?;
    let system_identifier = session.identity().ok().map(|it| it.system_identifier.to_string());
    context.notify(Event::Progress(Progress {
        action: "read back",
        tables: contents.tables.len(),
        all_tables: contents.tables.len(),
        bytes: contents.bytes(),
        all_bytes: Some(contents.bytes()),
        written: None,
        table: "",
    }));
    let reading = Instant::now();
    let mut files = read_back(tools, part.path(), format, options.dump.jobs, context.interrupt())?;
    if let ([file], false) = (files.as_mut_slice(), is_directory) {
        // Its final one.
        let name = destination.file_name().unwrap_or_default();
        file.name = name.to_string_lossy().into_owned();
    }
    let read_back = reading.elapsed();
    sync(part.path()).map_err(file_error("sync"))?;
    let globals = options
        .globals
        .map(|globals| {
            write_globals(tools, session.settings(), destination, globals, context.interrupt())
        })
        .transpose()?;
    let manifest = Manifest {
        format_version: Manifest::VERSION,
        format,
        database: session.settings().database().to_owned(),
        system_identifier,
        taken_at: snapshot.taken_at,
        server_version: session.version().to_string(),
        client_version: tools.dump_version(),
        bytes: files.iter().map(|file| file.bytes).sum(),
        files,
        upgrades_table,
        left_out: left_out(&options.dump),
        properties,
        tables: contents
            .tables
            .into_iter()
            .map(|(name, bytes)| TableSize { name, bytes })
            .collect(),
    };
    let written = manifest.write(destination)?;
    // Whatever ends this process between two of these steps: no dump ever has the manifest of
    // another one.
    context.check()?;
    remove_what_is_beside(destination)?;
    part.persist(destination).map_err(file_error("name"))?;
    let globals = globals.map(|file| file.persist(destination)).transpose()?;
    written.persist()?;
    Ok(BackupReport { manifest, globals, duration: started.elapsed(), read_back })
}

/// The state of the database at the time of the dump.
struct Inspected {
    contents: Contents,
    properties: DatabaseProperties,
    upgrades_table: Option<UpgradesVersion>,
}

/// The inputs of a backup.
struct Backup<'a> {
    tools: &'a Tools,
    destination: &'a Path,
    options: &'a BackupOptions,
}

impl Backup<'_> {
    /// Writes the dump, and finds what belongs into its manifest.
    fn write(
        &self,
        snapshot: &Snapshot,
        session: &mut Session,
        part: &PartialFile,
        context: &mut Context<'_>,
    ) -> Result<Inspected, DumpError> {
        let &Self { tools, destination, options } = self;
        let interrupt = &context.interrupt().clone();
        let contents = Contents::read(session, &options.dump, context)?;
        enough_space(destination, &contents, options, context)?;
        let properties = DatabaseProperties::read(session)?;
        let upgrades_table = match &options.upgrades_table {
            Some((schema, name)) => version_in(session, schema, name)?,
            None => None,
        };
        let parallel = options.dump.format == Format::Directory && options.dump.jobs > 1;
        let mut tracker = Tracker::new(context, "dump", contents.tables.clone(), 0)
            .parallel(parallel)
            .writing(part.path())
            .asking(session.settings());
        let (paths, id) = ((part.path(), destination), Some(snapshot.id.as_str()));
        let (settings, options) = (session.settings(), &options.dump);
        let run = DumpRun { tools, settings, options, snapshot: id };
        run.write(paths, &mut tracker, interrupt)?;
        Ok(Inspected { contents, properties, upgrades_table })
    }
}

/// An error, or a warning, if the programs have a known weakness.
pub(super) fn refuse_vulnerable(
    tools: &Tools,
    allow: Allow,
    context: &mut Context<'_>,
) -> Result<(), DumpError> {
    match tools.vulnerability() {
        Some(found) => {
            refuse_unless(allow.vulnerable_client, DumpError::Vulnerable(found), context)
        }
        None => Ok(()),
    }
}

fn enough_space(
    destination: &Path,
    contents: &Contents,
    options: &BackupOptions,
    context: &mut Context<'_>,
) -> Result<(), DumpError> {
    let estimate = contents.dump_size(options.dump.format, options.dump.compression);
    match free_space(destination) {
        Some(free) if free < estimate => {
            let err = DumpError::Space { path: destination.to_owned(), estimate, free };
            refuse_unless(options.allow.little_space, err, context)
        }
        _ => Ok(()),
    }
}

fn left_out(options: &DumpOptions) -> ExcludedData {
    ExcludedData {
        data: options.schema_only,
        all_schemas_but: options.schemas.clone(),
        schemas: options.exclude_schemas.clone(),
        table_data: options.exclude_table_data.clone(),
    }
}

/// The manifest and the roles of an older dump of that name.
fn remove_what_is_beside(destination: &Path) -> Result<(), DumpError> {
    for path in [Manifest::path_of(destination), globals::path_of(destination)] {
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(DumpError::File { action: "remove the older", path, cause: source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// A moment of the database, held by the session's transaction.
pub(super) struct Snapshot {
    pub(super) id: String,
    taken_at: String,
}

impl Snapshot {
    pub(super) fn take(session: &mut Session) -> Result<Self, DumpError> {
        let failed = |err: postgres::Error| {
            DumpError::server("cannot take a snapshot of the database".to_owned(), &err)
        };
        session
            .client()
            .batch_execute(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                 SET LOCAL idle_in_transaction_session_timeout = 0; \
                 SET LOCAL statement_timeout = 0",
            )
            .map_err(failed)?;
        let query = "SELECT pg_catalog.pg_export_snapshot()";
        let id = session.client().query_one(query, &[]).map_err(failed)?.get(0);
        Ok(Self { id, taken_at: now() })
    }

    /// Lets go of it. Should the connection be gone, so is the transaction.
    pub(super) fn end(session: &mut Session) {
        let _ = session.client().batch_execute("ROLLBACK");
    }
}

/// The time, in UTC and whole seconds: `2026-11-20T03:00:12Z`.
pub(super) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The highest version that an upgrades table records; `None` without such a table.
fn version_in(
    session: &mut Session,
    schema: &str,
    name: &str,
) -> Result<Option<UpgradesVersion>, DumpError> {
    let table = format!("{}.{}", quote_ident(schema), quote_ident(name));
    let failed = |err: postgres::Error| {
        DumpError::server(format!("cannot read the upgrades table {table}"), &err)
    };
    let exists = "SELECT pg_catalog.to_regclass($1) IS NOT NULL";
    if !session.client().query_one(exists, &[&table]).map_err(failed)?.get::<_, bool>(0) {
        return Ok(None);
    }
    // The table of PUM 1 has no such column.
    let query = format!(
        "SELECT t.version::text FROM {table} t \
         WHERE coalesce((pg_catalog.to_jsonb(t) OPERATOR(pg_catalog.->>) 'success')::bool, true)"
    );
    let rows = session.client().query(query.as_str(), &[]).map_err(failed)?;
    let versions = rows.iter().filter_map(|row| row.get::<_, String>(0).parse::<Version>().ok());
    let table = format!("{schema}.{name}");
    Ok(versions.max().map(|version| UpgradesVersion { table, version: version.to_string() }))
}
