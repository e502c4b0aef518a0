//! Restores a whole server from a directory.

use std::path::Path;
use std::time::{Duration, Instant};

use super::backup::refuse_vulnerable;
use super::cluster::{RoleStatement, make_roles};
use super::cluster_backup::ClusterProgress;
use super::cluster_manifest::{ROLES, roles_of, tablespaces_of};
use super::database::{is_empty, maintenance_session};
use super::properties::PART_OF;
use super::{
    Allow, ClusterDatabase, ClusterManifest, DumpError, RestoreOptions, RestoreReport,
    ServerSettings, Tools, restore,
};
use crate::connect::{Session, Settings, quote_ident};
use crate::progress::Event;
use crate::{Context, Interrupt};

/// How to restore a whole server.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct ClusterRestoreOptions {
    /// Keep existing roles that have other attributes unchanged.
    pub keep_roles: bool,
    /// Put everything into the databases' default tablespaces.
    pub without_tablespaces: bool,
    /// The number of connections that restore a database.
    pub jobs: usize,
    /// Run `ANALYZE` at the end.
    pub analyze: bool,
    /// Risks that cause a warning instead of an error.
    pub allow: Allow,
}

/// The result of restoring a server.
#[derive(Debug)]
#[non_exhaustive]
pub struct ClusterRestoreReport {
    /// The contents of the directory.
    pub manifest: ClusterManifest,
    /// The roles that the server did not have.
    pub created_roles: Vec<String>,
    /// The databases and their results.
    pub databases: Vec<(String, RestoredDatabase)>,
    /// The result for the server's own settings; `None` if not all databases were restored, in
    /// which case none were set.
    pub settings: Option<ServerSettings>,
    /// How long it took.
    pub duration: Duration,
}

/// The result for one database.
#[derive(Debug)]
pub enum RestoredDatabase {
    /// It was restored.
    Restored(Box<RestoreReport>),
    /// An earlier, unfinished run restored it.
    AlreadyThere,
    /// It is empty, and the server has a database of that name.
    Empty,
    /// It was not restored; nothing of it is on the server.
    Failed(DumpError),
    /// It was not tried because of an interrupt.
    NotTried,
}

impl ClusterRestoreReport {
    /// How many databases are not on the server.
    pub fn failed(&self) -> usize {
        let is_missing = |outcome: &RestoredDatabase| {
            matches!(outcome, RestoredDatabase::Failed(_) | RestoredDatabase::NotTried)
        };
        self.databases.iter().filter(|(_, outcome)| is_missing(outcome)).count()
    }
}

/// Restores a dump of a whole server to the server of `target`, which can have a newer major
/// version.
///
/// First all files are compared with their checksums, and the server is checked: it must have none
/// of the databases, and no role with other attributes. Then roles are created, all or none, and
/// each database is restored as by [`restore`], completely or not at all. If one fails, the others
/// are still restored. The settings come last.
///
/// After an unfinished run, another one restores the missing databases: until all exist, each
/// database is marked with the dump that it belongs to.
///
/// # Errors
///
/// If the dump is not complete, the server has its databases already, or roles differ; nothing is
/// restored then. A database that cannot be restored is in the report.
pub fn restore_cluster(
    tools: &Tools,
    directory: &Path,
    target: &Settings,
    options: &ClusterRestoreOptions,
    context: &mut Context<'_>,
) -> Result<ClusterRestoreReport, DumpError> {
    let interrupt = &context.interrupt().clone();
    let started = Instant::now();
    refuse_vulnerable(tools, options.allow, context)?;
    let manifest = ClusterManifest::read(directory)?;
    let mut server = maintenance_session(target, interrupt)?;
    let there = ExistingCluster::read(&mut server, target, &manifest, options, interrupt)?;
    context.notify(Event::Output { line: "checksums" });
    let is_wanted = |name: &str| !there.restored.iter().any(|there| there == name);
    manifest.verify(directory, options.jobs.max(1), is_wanted, interrupt)?;
    context.notify(Event::Output { line: "roles" });
    let own = |role: &RoleStatement, exists: bool, _: &str| {
        // What was made before this run is left as it is.
        let is_made = there.roles.contains(&role.name);
        if role.is_new { !exists } else { !is_made }
    };
    let label = directory.display().to_string();
    let created_roles = make_roles(&directory.join(ROLES), &mut server, &label, own)?;
    drop(server);
    let work = Work { tools, directory, target, manifest: &manifest, options, interrupt };
    let databases = work.databases(&there.restored, context);
    let mut report = ClusterRestoreReport {
        created_roles,
        databases,
        settings: None,
        duration: started.elapsed(),
        manifest,
    };
    if report.failed() == 0 {
        context.notify(Event::Output { line: "settings" });
        let mut server = maintenance_session(target, interrupt)?;
        report.settings = Some(report.manifest.settings.give_to(&mut server)?);
        finish(&mut server, &report.manifest)?;
    }
    report.duration = started.elapsed();
    Ok(report)
}

/// Objects of the dump that exist on the server.
struct ExistingCluster {
    /// The databases that an earlier run restored.
    restored: Vec<String>,
    /// The roles.
    roles: Vec<String>,
}

impl ExistingCluster {
    /// An error if the server has something that is not of the dump, or cannot take it.
    fn read(
        server: &mut Session,
        target: &Settings,
        manifest: &ClusterManifest,
        options: &ClusterRestoreOptions,
        interrupt: &Interrupt,
    ) -> Result<Self, DumpError> {
        let label = target.label().to_owned();
        let (major, dumped) = (server.version().major(), manifest.server_major());
        if major < dumped {
            return Err(DumpError::OlderServer { label, server: major, dumped });
        }
        let restored = restored(server, target, manifest, interrupt)?;
        if !options.without_tablespaces {
            let existing = tablespaces_of(server)?;
            let used = manifest.tablespaces.iter().filter(|one| !one.used_by.is_empty());
            let missing = used.filter(|one| existing.iter().all(|other| other.name != one.name));
            let tablespaces: Vec<String> = missing.map(|one| one.name.clone()).collect();
            if !tablespaces.is_empty() {
                return Err(DumpError::MissingTablespaces { label, tablespaces });
            }
        }
        let existing = roles_of(server)?;
        let own = server.settings().user().to_owned();
        let mut differ = Vec::new();
        for role in manifest.roles.iter().filter(|role| role.name != own) {
            if let Some(other) = existing.iter().find(|other| other.name == role.name)
                && other.attributes != role.attributes
            {
                let (name, here, there) = (&role.name, &role.attributes, &other.attributes);
                differ.push(format!("  {name}: {here} in the dump, {there} on the server"));
            }
        }
        if !differ.is_empty() && !options.keep_roles {
            return Err(DumpError::RolesDiffer { label, roles: differ });
        }
        let roles = existing.into_iter().map(|role| role.name).collect();
        Ok(Self { restored, roles })
    }
}

/// The databases that an earlier run restored; an error if there are others of these names.
fn restored(
    server: &mut Session,
    target: &Settings,
    manifest: &ClusterManifest,
    interrupt: &Interrupt,
) -> Result<Vec<String>, DumpError> {
    let label = target.label().to_owned();
    let query = format!(
        "SELECT d.datname::text, \
                (SELECT pg_catalog.substr(c, {}) FROM pg_catalog.pg_db_role_setting s, \
                        pg_catalog.unnest(s.setconfig) c \
                 WHERE s.setdatabase = d.oid AND s.setrole = 0 \
                   AND pg_catalog.starts_with(c, '{PART_OF}=')) \
         FROM pg_catalog.pg_database d ORDER BY 1",
        PART_OF.len() + 2
    );
    let rows = server
        .client()
        .query(query.as_str(), &[])
        .map_err(|err| DumpError::server(format!("cannot list the databases of {label}"), &err))?;
    let (mut restored, mut databases) = (Vec::new(), Vec::new());
    for row in &rows {
        let (name, part_of): (String, Option<String>) = (row.get(0), row.get(1));
        let Some(dumped) = manifest.databases.iter().find(|one| one.name == name) else { continue };
        if part_of == Some(manifest.identifier()) {
            restored.push(name);
        } else if dumped.file.is_some() && !may_replace(target, &name, interrupt)? {
            databases.push(name);
        }
    }
    if databases.is_empty() {
        return Ok(restored);
    }
    Err(DumpError::DatabasesExist { label, databases })
}

/// Every server comes with a database `postgres`, which may go if nothing is in it.
fn may_replace(target: &Settings, name: &str, interrupt: &Interrupt) -> Result<bool, DumpError> {
    if name != "postgres" {
        return Ok(false);
    }
    is_empty(&mut Session::open(&target.with("dbname", name)?, interrupt)?)
}

/// What all databases are restored with.
struct Work<'a> {
    tools: &'a Tools,
    directory: &'a Path,
    target: &'a Settings,
    manifest: &'a ClusterManifest,
    options: &'a ClusterRestoreOptions,
    interrupt: &'a Interrupt,
}

impl Work<'_> {
    fn databases(
        &self,
        restored: &[String],
        context: &mut Context<'_>,
    ) -> Vec<(String, RestoredDatabase)> {
        let all = self.manifest.databases.iter().map(|database| database.bytes).sum();
        let (mut done, mut databases) = (0, Vec::new());
        for database in &self.manifest.databases {
            let outcome = match &database.file {
                _ if restored.contains(&database.name) => RestoredDatabase::AlreadyThere,
                None => RestoredDatabase::Empty,
                // Who asked to stop wants to know what is there by now.
                Some(_) if self.interrupt.is_triggered() => RestoredDatabase::NotTried,
                Some(file) => {
                    context.notify(Event::Output { line: &database.name });
                    let (size, name) = (database.bytes, database.name.as_str());
                    let mut whole =
                        ClusterProgress { observer: context, done, all, size, database: name };
                    match self.one(database, file, &mut Context::new(&mut whole, self.interrupt)) {
                        Ok(report) => RestoredDatabase::Restored(Box::new(report)),
                        Err(err) => RestoredDatabase::Failed(err),
                    }
                }
            };
            done += database.bytes;
            databases.push((database.name.clone(), outcome));
        }
        databases
    }

    fn one(
        &self,
        database: &ClusterDatabase,
        file: &str,
        context: &mut Context<'_>,
    ) -> Result<RestoreReport, DumpError> {
        let options = RestoreOptions {
            without_tablespaces: self.options.without_tablespaces,
            jobs: self.options.jobs,
            analyze: self.options.analyze,
            allow: self.options.allow,
            is_verified: true,
            part_of: Some(self.manifest.identifier()),
            ..RestoreOptions::default()
        };
        let target = self.target.with("dbname", &database.name)?;
        let dump = self.directory.join(file);
        restore(self.tools, &dump, &target, &options, context)
    }
}

/// All is there: the databases are like any others, and templates again.
fn finish(server: &mut Session, manifest: &ClusterManifest) -> Result<(), DumpError> {
    for database in manifest.databases.iter().filter(|database| database.file.is_some()) {
        let name = quote_ident(&database.name);
        let mut sql = format!("ALTER DATABASE {name} RESET {PART_OF};");
        if database.is_template {
            sql = format!("ALTER DATABASE {name} IS_TEMPLATE true;{sql}");
        }
        server.client().batch_execute(&sql).map_err(|err| {
            DumpError::server(format!("cannot complete the database {name}"), &err)
        })?;
    }
    Ok(())
}
