use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::analyze::analyze;
use super::backup::refuse_vulnerable;
use super::check::{check, format_of};
use super::database::session_beside;
use super::dump_input::{DumpInput, Toc};
use super::initial_objects::{InitialObjects, guess};
use super::manifest::Manifest;
use super::populate::Populate;
use super::prepare::{Prepared, prepare};
use super::properties::{Carried, carry_over};
use super::restore_errors::{IgnoredError, RestoreErrors};
use super::restore_options::RestoreOptions;
use super::tables::Tracker;
use super::temporary_database::{TemporaryDatabase, may_take_name};
use super::{DatabaseProperties, DumpError, Format, Tools};
use crate::connect::Settings;
use crate::progress::Event;
use crate::{Context, Interrupt};

/// A restored database.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RestoreReport {
    /// How long it took.
    pub duration: Duration,
    /// The errors of `pg_restore` that were ignored.
    pub ignored_errors: Vec<IgnoredError>,
    /// Settings and grants of the database that could not be copied, with the reasons.
    pub skipped_properties: Vec<String>,
    /// The roles that were created.
    pub created_roles: Vec<String>,
    /// The manifest of the dump, if it exists.
    pub manifest: Option<Manifest>,
}

/// Restores an archive into the database that `target` names.
///
/// The archive is compared with the checksums of its manifest; without one it is read completely.
/// Roles, extensions and tablespaces that it needs must exist. A new database is created from
/// `template0` under a temporary name, filled, and renamed. An existing database is replaced only
/// if it is empty or `replace` is set, and is dropped only when the new one is complete. On failure
/// everything is as before.
///
/// # Errors
///
/// If the dump is not complete, the database exists and may not be replaced, roles, extensions or
/// tablespaces are missing, or `pg_restore` fails; the database is unchanged then.
pub fn restore(
    tools: &Tools,
    archive: &Path,
    target: &Settings,
    options: &RestoreOptions,
    context: &mut Context<'_>,
) -> Result<RestoreReport, DumpError> {
    let started = Instant::now();
    let toc = &Toc::default();
    let manifest = inspect(tools, archive, toc, options, context)?;
    let mut server = session_beside(target, context.interrupt())?;
    let protected = &options.protected;
    let existing = may_take_name(&mut server, target, options.replace, protected, context)?;
    let from_manifest = manifest.as_ref().map(|manifest| &manifest.properties);
    let properties = options.properties.as_ref().or(from_manifest).or(existing.as_ref()).cloned();
    let dump = DumpInput { tools, archive, options, manifest: manifest.as_ref(), toc };
    let owner = options.owner.clone().or(existing.as_ref().map(|it| it.owner.clone()));
    let prepared = if options.unchecked {
        Prepared::default()
    } else {
        prepare(&dump, properties.as_ref(), owner.as_deref(), &mut server, context)?
    };
    let created_roles = prepared.created_roles.clone();
    let result = (|| {
        let known = properties.as_ref();
        let new = TemporaryDatabase::create(&mut server, target, existing, known, context)?;
        let initial = dump.initial_objects(context)?;
        if let Some(initial) = &initial {
            initial.take_away(&new.settings, context.interrupt())?;
        }
        let becomes = NewDatabase { properties: known, owner, initial: initial.as_ref() };
        dump.fill_and_name(new, becomes, context)
    })();
    if result.is_err() {
        prepared.take_back(&mut server);
    }
    let (ignored_errors, skipped_properties) = result?;
    let duration = started.elapsed();
    Ok(RestoreReport { duration, ignored_errors, skipped_properties, created_roles, manifest })
}

/// The dump is one that can be restored, and complete.
fn inspect(
    tools: &Tools,
    archive: &Path,
    toc: &Toc,
    options: &RestoreOptions,
    context: &mut Context<'_>,
) -> Result<Option<Manifest>, DumpError> {
    if options.unchecked {
        return Ok(None);
    }
    refuse_vulnerable(tools, options.allow, context)?;
    if format_of(archive)? == Format::Plain {
        return Err(DumpError::PlainDump { path: archive.to_owned() });
    }
    let manifest = Manifest::read(archive)?;
    if let Some(manifest) = &manifest {
        if !options.is_verified {
            manifest.verify(archive, options.jobs, context.interrupt())?;
        }
        // Its head tells whether this pg_restore can read it.
        toc.read(tools, archive, context.interrupt())?;
    } else {
        let path = Manifest::path_of(archive);
        let message = format!(
            "{} is missing: the dump is known to be complete, but not whether it was altered",
            path.display()
        );
        context.warn(&message);
        check(tools, archive, context.interrupt())?;
    }
    Ok(manifest)
}

/// What a restored database gets in addition to the dump's objects.
struct NewDatabase<'a> {
    properties: Option<&'a DatabaseProperties>,
    owner: Option<String>,
    /// The objects of `initdb` that it has.
    initial: Option<&'a InitialObjects>,
}

/// Owner, settings and grants. Gives what could not be carried over.
pub(super) fn apply_properties(
    new: &mut TemporaryDatabase<'_>,
    properties: Option<&DatabaseProperties>,
    owner: Option<String>,
    options: &RestoreOptions,
    context: &mut Context<'_>,
) -> Result<Vec<String>, DumpError> {
    let mut lost = Vec::new();
    if let Some(properties) = properties {
        let carried =
            Carried { properties, with_roles: !options.without_roles, role_map: &options.role_map };
        let name = new.name().to_owned();
        lost = carry_over(new.server, &name, carried)?;
    }
    if let Some(whole) = &options.part_of {
        new.set_part_of(whole)?;
    }
    if let Some(owner) = owner {
        new.set_owner(&owner)?;
    } else if let Some(properties) =
        properties.filter(|_| !options.without_roles && !options.unchecked)
    {
        let owner = options.role_map.get(&properties.owner).unwrap_or(&properties.owner);
        if let Err(err) = new.set_owner(owner) {
            lost.push(err.to_string());
        }
    }
    for what in &lost {
        context.notify(Event::Warning { message: &format!("not carried over: {what}") });
    }
    Ok(lost)
}

impl DumpInput<'_> {
    /// Fills the new database, and gives it its name.
    fn fill_and_name(
        &self,
        mut new: TemporaryDatabase<'_>,
        NewDatabase { properties, owner, initial }: NewDatabase<'_>,
        context: &mut Context<'_>,
    ) -> Result<(Vec<IgnoredError>, Vec<String>), DumpError> {
        let interrupt = &context.interrupt().clone();
        let options = self.options;
        let (sizes, tables) = self.tables(interrupt)?;
        let mut complaints = RestoreErrors::default();
        {
            let mut tracker = Tracker::new(context, "restore", sizes, tables)
                .parallel(options.jobs > 1)
                .asking(&new.settings)
                .and_to(&mut complaints);
            let server = new.server.version().major();
            let filling = Populate { dump: *self, target: &new.settings, server, interrupt };
            filling.run(&mut tracker)?;
        }
        if let Some(initial) = initial {
            initial.grant(&new.settings, options, interrupt)?;
        }
        if options.analyze {
            context.notify(Event::Output { line: "ANALYZE" });
            analyze(&new.settings, options.jobs, interrupt)?;
        }
        let skipped_properties = apply_properties(&mut new, properties, owner, options, context)?;
        context.check()?;
        new.finish()?;
        Ok((complaints.real().cloned().collect(), skipped_properties))
    }

    /// The objects of `initdb` that the dumped database had.
    fn initial_objects(
        &self,
        context: &mut Context<'_>,
    ) -> Result<Option<InitialObjects>, DumpError> {
        let said = self.manifest.and_then(|manifest| manifest.properties.initial.as_ref());
        if said.is_some() || self.options.unchecked {
            return Ok(said.cloned());
        }
        let properties = self.options.properties.as_ref();
        let other = properties.and_then(|properties| properties.initial.as_ref());
        guess(self.tools, self.archive, other, context)
    }

    /// The sizes of the tables, or how many there are if they are not known.
    fn tables(&self, interrupt: &Interrupt) -> Result<(BTreeMap<String, u64>, usize), DumpError> {
        let left_out = |name: &str| {
            let of = |schema: &String| {
                name.strip_prefix(schema.as_str()).is_some_and(|rest| rest.starts_with('.'))
            };
            self.options.exclude_schemas.iter().any(of)
        };
        if let Some(manifest) = self.manifest {
            let tables = manifest.tables.iter().filter(|table| !left_out(&table.name));
            return Ok((tables.map(|table| (table.name.clone(), table.bytes)).collect(), 0));
        }
        if self.options.unchecked {
            return Ok((BTreeMap::new(), 0));
        }
        let count = self.toc(interrupt)?.matches(" TABLE DATA ").count();
        Ok((BTreeMap::new(), count))
    }
}
