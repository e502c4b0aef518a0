use std::ffi::OsString;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::check::read_back;
use super::destination::sync;
use super::partial_file::PartialFile;
use super::program::Program;
use super::schema_pattern::schema_pattern;
use super::tools::option;
use super::{Compression, DumpError, Format, Tools};
use crate::connect::Settings;
use crate::process::{Listener, PassOn};
use crate::{Context, Interrupt};

/// What to dump and how.
// Each of them is a switch of pg_dump that goes with any other.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct DumpOptions {
    /// The format.
    pub format: Format,
    /// How many workers write a dump in directory format and read back any dump; 0 means 1.
    pub jobs: usize,
    /// How data are compressed; the client's default if not set.
    pub compression: Option<Compression>,
    /// The schemas to dump, as globs; empty for all schemas.
    pub schemas: Vec<String>,
    /// Schemas to exclude, as globs.
    pub exclude_schemas: Vec<String>,
    /// Tables to dump without data, as patterns of `pg_dump`.
    pub exclude_table_data: Vec<String>,
    /// No data.
    pub schema_only: bool,
    /// No owners and privileges, for servers without the roles.
    pub without_roles: bool,
    /// Everything but rows, and yet what is made from rows.
    pub(crate) definitions_only: bool,
}

/// A finished dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DumpReport {
    /// Size of the file, or of all files, in bytes.
    pub bytes: u64,
    /// How long it took, reading back included.
    pub duration: Duration,
}

/// Dumps a database into `file`, without a manifest. See [`backup`](super::backup) for permanent
/// dumps.
///
/// The file is written under a temporary name with mode 0600, read back completely, synced and
/// renamed, which replaces an older file of that name. On failure nothing is left behind, and an
/// older file stays.
///
/// # Errors
///
/// If `pg_dump` fails or the file cannot be written; nothing is left behind then.
pub fn dump(
    tools: &Tools,
    settings: &Settings,
    file: &Path,
    options: &DumpOptions,
    context: &mut Context<'_>,
) -> Result<DumpReport, DumpError> {
    let interrupt = &context.interrupt().clone();
    let started = Instant::now();
    let file_error =
        |action| move |source| DumpError::File { action, path: file.to_owned(), cause: source };
    let part = PartialFile::new(file, options.format == Format::Directory)
        .map_err(file_error("write the dump to"))?;
    let run = DumpRun { tools, settings, options, snapshot: None };
    run.write((part.path(), file), &mut PassOn(context), interrupt)?;
    let sums = read_back(tools, part.path(), options.format, options.jobs, interrupt)?;
    sync(part.path()).map_err(file_error("sync"))?;
    part.persist(file).map_err(file_error("name"))?;
    let bytes = sums.iter().map(|sum| sum.bytes).sum();
    Ok(DumpReport { bytes, duration: started.elapsed() })
}

/// The inputs for running `pg_dump`.
pub(super) struct DumpRun<'a> {
    pub(super) tools: &'a Tools,
    pub(super) settings: &'a Settings,
    pub(super) options: &'a DumpOptions,
    /// The snapshot that it reads, if it is not one of its own.
    pub(super) snapshot: Option<&'a str>,
}

impl DumpRun<'_> {
    /// Runs `pg_dump`. The paths are where it writes to and what that will be called.
    pub(super) fn write(
        &self,
        (part, file): (&Path, &Path),
        listener: &mut dyn Listener,
        interrupt: &Interrupt,
    ) -> Result<(), DumpError> {
        let &Self { tools, settings, options, snapshot } = self;
        let mut arguments = options.arguments(tools)?;
        arguments.push(option("file", part));
        if options.format == Format::Directory && options.jobs > 1 {
            arguments.push(option("jobs", options.jobs.to_string()));
        }
        arguments.extend(snapshot.map(|snapshot| option("snapshot", snapshot)));
        let program = Program::new(&tools.pg_dump.path, arguments, Some(settings), None)?;
        let outcome = program.run(listener, interrupt)?;
        if outcome.success && options.format == Format::Directory {
            return make_private(part).map_err(|source| DumpError::File {
                action: "make private",
                path: file.to_owned(),
                cause: source,
            });
        }
        if outcome.success {
            return Ok(());
        }
        let action = format!("the dump of {} to {}", settings.label(), file.display());
        Err(DumpError::Failed { action, output: outcome.output })
    }
}

/// Takes from others what `pg_dump` gave them of the files in its directory: they may be copied to
/// another one.
fn make_private(directory: &Path) -> std::io::Result<()> {
    for entry in directory.read_dir()? {
        std::fs::set_permissions(entry?.path(), Permissions::from_mode(0o600))?;
    }
    Ok(())
}

impl DumpOptions {
    /// The arguments of `pg_dump` that say what to dump and in which form.
    pub(super) fn arguments(&self, tools: &Tools) -> Result<Vec<OsString>, DumpError> {
        let mut arguments = vec![option("format", self.format.name()), "--verbose".into()];
        if let Some(compression) = self.compression {
            let value = compression.argument(tools.dump_major(), self.format)?;
            arguments.push(option("compress", value));
        }
        for (name, globs) in [("schema", &self.schemas), ("exclude-schema", &self.exclude_schemas)]
        {
            for glob in globs {
                arguments.push(option(name, schema_pattern(glob)?.psql()));
            }
        }
        arguments.extend(
            self.exclude_table_data.iter().map(|table| option("exclude-table-data", table)),
        );
        let switches = [
            (self.schema_only, "--schema-only"),
            (self.definitions_only && !self.schema_only, "--section=pre-data"),
            (self.definitions_only && !self.schema_only, "--section=post-data"),
            (self.without_roles, "--no-owner"),
            (self.without_roles, "--no-privileges"),
        ];
        arguments.extend(switches.iter().filter(|(on, _)| *on).map(|(_, name)| (*name).into()));
        Ok(arguments)
    }
}
