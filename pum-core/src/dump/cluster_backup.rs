//! Dumps a whole server into a directory: all databases, roles and settings.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::backup::{BackupOptions, backup, now, refuse_vulnerable};
use super::cluster::write_roles;
use super::cluster_manifest::{
    FORMAT_VERSION, ROLES, TABLESPACES, roles_of, sum_of, tablespaces_of,
};
use super::database::is_empty;
use super::destination::{inspect, sync};
use super::partial_file::PartialFile;
use super::program::Program;
use super::retention::escaped;
use super::server_settings::FileSettings;
use super::tools::option;
use super::{ClusterDatabase, ClusterManifest, DumpError, Format, Manifest, Tools};
use crate::connect::{Session, Settings};
use crate::process::PassOn;
use crate::progress::{Event, NoopObserver, Observer, Progress};
use crate::{Context, Interrupt};

/// How to dump a whole server.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ClusterBackupOptions {
    /// How each database is dumped.
    pub each: BackupOptions,
    /// Also the passwords of the roles, encrypted as the server has them.
    pub role_passwords: bool,
    /// Databases to exclude.
    pub exclude_databases: Vec<String>,
}

/// A dumped server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClusterBackupReport {
    /// The contents of the directory.
    pub manifest: ClusterManifest,
    /// How long it took, reading back included.
    pub duration: Duration,
}

/// Dumps all databases of the server of a session, its roles, and the settings made with
/// `ALTER SYSTEM` into a new directory. `template0` and `template1`, which every server has, are
/// excluded.
///
/// The dump is all or nothing: the directory is created under a temporary name, readable only by
/// its owner. Each dump in it is read back and has a manifest, and another manifest covers
/// everything. Then the directory is renamed. If anything fails before, the final name does not
/// exist.
///
/// Each database is dumped from its own snapshot.
///
/// # Errors
///
/// If a database cannot be dumped; nothing is left behind then.
pub fn backup_cluster(
    mut session: Session,
    tools: &Tools,
    directory: &Path,
    options: &ClusterBackupOptions,
    context: &mut Context<'_>,
) -> Result<ClusterBackupReport, DumpError> {
    let interrupt = &context.interrupt().clone();
    let started = Instant::now();
    let allow = options.each.allow;
    if options.each.dump.format == Format::Plain {
        let reason = "a script cannot be restored by pum: choose another format".to_owned();
        return Err(DumpError::NotAClusterDump { path: directory.to_owned(), reason });
    }
    inspect(directory, true, allow, context)?;
    refuse_vulnerable(tools, allow, context)?;
    let found = ClusterContents::read(&mut session, options, context)?;
    let file_error = |action| {
        move |source| DumpError::File { action, path: directory.to_owned(), cause: source }
    };
    let part = PartialFile::new(directory, true).map_err(file_error("write the dump to"))?;
    let mut manifest = ClusterManifest {
        format_version: FORMAT_VERSION,
        system_identifier: session.identity()?.system_identifier.to_string(),
        taken_at: now(),
        server_version: session.version().to_string(),
        client_version: tools.dump_version(),
        bytes: 0,
        role_passwords: options.role_passwords,
        roles: roles_of(&mut session)?,
        tablespaces: tablespaces_of(&mut session)?,
        settings: FileSettings::read(&mut session)?.without_place(),
        databases: Vec::new(),
        left_out: found.left_out,
        files: Vec::new(),
    };
    let settings = session.settings().clone();
    drop(session);
    context.notify(Event::Output { line: "roles" });
    write_scripts(tools, &settings, part.path(), options, interrupt)?;
    let all = found.databases.iter().map(|database| database.bytes).sum();
    let mut done = 0;
    for mut database in found.databases {
        let mut whole = ClusterProgress {
            observer: context,
            done,
            all,
            size: database.bytes,
            database: &database.name,
        };
        let backups =
            DatabaseBackups { settings: &settings, tools, directory: part.path(), options };
        let file = backups.write(&database, &mut Context::new(&mut whole, interrupt));
        let file = file.map_err(|err| match err {
            DumpError::Interrupted(_) => err,
            err => {
                let (database, source) = (database.name.clone(), Box::new(err));
                DumpError::OfDatabase { database, cause: source }
            }
        })?;
        done += database.bytes;
        database.file = file;
        manifest.databases.push(database);
    }
    add_files(&mut manifest, part.path(), interrupt)?;
    manifest.write(part.path())?;
    // The dumps were read back one by one.
    ClusterManifest::read(part.path())?.verify(part.path(), 1, |_| false, interrupt)?;
    sync(part.path()).map_err(file_error("sync"))?;
    context.check()?;
    part.persist(directory).map_err(file_error("name"))?;
    Ok(ClusterBackupReport { manifest, duration: started.elapsed() })
}

/// The databases of a server.
struct ClusterContents {
    databases: Vec<ClusterDatabase>,
    left_out: Vec<String>,
}

impl ClusterContents {
    fn read(
        session: &mut Session,
        options: &ClusterBackupOptions,
        context: &mut Context<'_>,
    ) -> Result<Self, DumpError> {
        let query = "SELECT datname::text, datistemplate, datallowconn, datconnlimit = -2, \
                CASE WHEN pg_catalog.has_database_privilege(oid, 'CONNECT') \
                     THEN pg_catalog.pg_database_size(oid) ELSE 0 END \
             FROM pg_catalog.pg_database WHERE datname NOT IN ('template0', 'template1') ORDER BY 1";
        let label = session.settings().label().to_owned();
        let rows = session.client().query(query, &[]).map_err(|err| {
            DumpError::server(format!("cannot list the databases of {label}"), &err)
        })?;
        let (mut databases, mut left_out) = (Vec::new(), Vec::new());
        for row in &rows {
            let name: String = row.get(0);
            if options.exclude_databases.contains(&name) {
                left_out.push(name);
                continue;
            }
            let reason = match (row.get(2), row.get(3)) {
                (_, true) => "it is invalid: a DROP DATABASE was interrupted",
                (false, _) => "it allows no connections (ALLOW_CONNECTIONS)",
                (true, false) => "",
            };
            if !reason.is_empty() {
                let reason = reason.to_owned();
                return Err(DumpError::Unreadable { database: name, label, reason });
            }
            let bytes = u64::try_from(row.get::<_, i64>(4)).unwrap_or_default();
            let is_template = row.get(1);
            databases.push(ClusterDatabase { name, file: None, is_template, bytes });
        }
        for name in options.exclude_databases.iter().filter(|name| !left_out.contains(name)) {
            let message =
                format!("{label} has no database \"{name}\": the name leaves nothing out");
            context.warn(&message);
        }
        Ok(Self { databases, left_out })
    }
}

/// The scripts of roles and tablespaces.
fn write_scripts(
    tools: &Tools,
    settings: &Settings,
    directory: &Path,
    options: &ClusterBackupOptions,
    interrupt: &Interrupt,
) -> Result<(), DumpError> {
    let without: &[&str] = if options.role_passwords { &[] } else { &["--no-role-passwords"] };
    write_roles(tools, settings, &private(directory, ROLES)?, without, interrupt)?;
    let script = private(directory, TABLESPACES)?;
    let mut arguments = vec!["--tablespaces-only".into(), option("file", &script)];
    arguments.extend(without.iter().map(Into::into));
    let program = Program::new(&tools.pg_dumpall()?, arguments, Some(settings), None)?;
    let outcome = program.run(&mut PassOn(&mut NoopObserver), interrupt)?;
    if outcome.success {
        return Ok(());
    }
    let action = format!("the dump of the tablespaces of {}", settings.label());
    Err(DumpError::Failed { action, output: outcome.output })
}

/// A file that only its owner can read, before anything is in it.
fn private(directory: &Path, name: &str) -> Result<PathBuf, DumpError> {
    use std::os::unix::fs::OpenOptionsExt;
    let path = directory.join(name);
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match made {
        Ok(_) => Ok(path),
        Err(source) => Err(DumpError::File { action: "write", path, cause: source }),
    }
}

/// The programs and options for dumping the databases of a server.
struct DatabaseBackups<'a> {
    settings: &'a Settings,
    tools: &'a Tools,
    directory: &'a Path,
    options: &'a ClusterBackupOptions,
}

impl DatabaseBackups<'_> {
    /// Dumps one database, and gives the name of its file.
    fn write(
        &self,
        database: &ClusterDatabase,
        context: &mut Context<'_>,
    ) -> Result<Option<String>, DumpError> {
        let &Self { settings, tools, directory, options } = self;
        let mut session =
            Session::open(&settings.with("dbname", &database.name)?, context.interrupt())?;
        // Every server comes with it.
        if database.name == "postgres" && is_empty(&mut session)? {
            return Ok(None);
        }
        let end = match options.each.dump.format {
            Format::Custom => "dump",
            Format::Directory => "dir",
            Format::Plain => "sql",
        };
        let file = format!("{}.{end}", escaped(&database.name));
        let path = directory.join(&file);
        let report = backup(&mut session, tools, &path, &options.each, context)?;
        if report.manifest.files.is_empty() {
            let output = "there is nothing in it".to_owned();
            return Err(DumpError::Archive { path, output });
        }
        Ok(Some(file))
    }
}

/// Adds the scripts and the manifests of the databases, and up the sizes.
fn add_files(
    manifest: &mut ClusterManifest,
    directory: &Path,
    interrupt: &Interrupt,
) -> Result<(), DumpError> {
    let mut paths = vec![directory.join(ROLES), directory.join(TABLESPACES)];
    for database in &manifest.databases {
        let Some(file) = &database.file else { continue };
        let dump = directory.join(file);
        manifest.bytes += Manifest::read(&dump)?.map_or(0, |manifest| manifest.bytes);
        paths.push(Manifest::path_of(&dump));
    }
    for path in paths {
        sync(&path).map_err(|source| DumpError::File {
            action: "sync",
            path: path.clone(),
            cause: source,
        })?;
        let sum = sum_of(&path, interrupt)?;
        manifest.bytes += sum.bytes;
        manifest.files.push(sum);
    }
    Ok(())
}

/// Tells how far one database is as how far all are.
pub(super) struct ClusterProgress<'a> {
    pub(super) observer: &'a mut dyn Observer,
    /// The size of what is done, in bytes.
    pub(super) done: u64,
    /// That of all databases.
    pub(super) all: u64,
    /// That of the one at work.
    pub(super) size: u64,
    pub(super) database: &'a str,
}

impl Observer for ClusterProgress<'_> {
    fn notify(&mut self, event: Event<'_>) {
        let Event::Progress(progress) = event else { return self.observer.notify(event) };
        let part = match progress.all_bytes {
            Some(all) if all > 0 => {
                let part = u128::from(self.size) * u128::from(progress.bytes) / u128::from(all);
                u64::try_from(part).unwrap_or(self.size).min(self.size)
            }
            _ => 0,
        };
        let table = match progress.table {
            "" => self.database.to_owned(),
            table => format!("{} {table}", self.database),
        };
        let (bytes, all_bytes) = (self.done + part, Some(self.all));
        let progress = Progress { bytes, all_bytes, table: &table, ..progress };
        self.observer.notify(Event::Progress(progress));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Last(String, u64, Option<u64>);

    impl Observer for Last {
        fn notify(&mut self, event: Event<'_>) {
            if let Event::Progress(progress) = event {
                *self = Self(progress.table.to_owned(), progress.bytes, progress.all_bytes);
            }
        }
    }

    #[test]
    fn the_progress_of_a_database_is_a_part_of_the_whole() {
        let mut last = Last(String::new(), 0, None);
        let told = |last: &mut Last, bytes, all_bytes| {
            let mut whole =
                ClusterProgress { observer: last, done: 100, all: 400, size: 200, database: "b" };
            let table = "public.t";
            let (action, tables, all_tables, written) = ("dump", 1, 2, None);
            whole.notify(Event::Progress(Progress {
                action,
                tables,
                all_tables,
                bytes,
                all_bytes,
                written,
                table,
            }));
        };
        // Tables take less than their database: the part is what counts.
        for (bytes, all_bytes, expected) in
            [(0, Some(50), 100), (25, Some(50), 200), (60, Some(50), 300), (7, None, 100)]
        {
            told(&mut last, bytes, all_bytes);
            assert_eq!((last.0.as_str(), last.1, last.2), ("b public.t", expected, Some(400)));
        }
    }
}
