//! Writes a `pum.toml` after a look around.

use std::path::{Path, PathBuf};

use pum_core::connect::service_files;
use pum_core::delta::DeltaSet;
use pum_core::exit;
use pum_core::upgrade::{History, find_tables};
use walkdir::{DirEntry, WalkDir};

use crate::args::Init;
use crate::console::{print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::files::write_new;
use crate::render::init::{Discovered, FoundDeltas, FoundTable, configuration};
use crate::text::shown;

/// How deep deltas are looked for.
const DEPTH: usize = 4;

const NAME: &str = "pum.toml";

pub(crate) fn run(context: &Context, args: &Init) -> Result<u8, CliError> {
    let here = std::env::current_dir().map_err(|source| CliError::System {
        action: "find the working directory",
        cause: source,
    })?;
    let path = here.join(NAME);
    // Before anything is looked at, and again when it is written.
    if !args.stdout && path.symlink_metadata().is_ok() {
        return Err(CliError::AlreadyExists { path });
    }
    let found = discover(context, args, &here)?;
    let text = configuration(&found);
    if args.stdout {
        print(&text)?;
        return Ok(exit::SUCCESS);
    }
    write_new(&path, &text).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => CliError::AlreadyExists { path: path.clone() },
        _ => CliError::Write { path: path.clone(), cause: source },
    })?;
    say(&format!("wrote {NAME}: read it and fill in what is missing, then run pum doctor"));
    match &context.config.path {
        Some(old) if is_yaml(old) => {
            say(&format!("{} was imported; {NAME} is now used instead of it", shown(old)));
        }
        Some(other) => say(&format!("it takes the place of {} here", other.display())),
        None => {}
    }
    Ok(exit::SUCCESS)
}

fn discover(context: &Context, args: &Init, here: &Path) -> Result<Discovered, CliError> {
    let files = service_files(&context.environment);
    let services: Vec<String> = files.into_iter().flat_map(|file| file.services).collect();
    let old = context.config.path.as_ref().filter(|path| is_yaml(path));
    let taken_over = old.map(|_| &context.config);
    let mut deltas: Vec<FoundDeltas> = match taken_over {
        _ if !args.deltas.dir.is_empty() => read_all(&args.deltas.dir),
        Some(config) if !config.delta_dirs.is_empty() => read_all(&config.delta_dirs),
        _ => find_deltas(here),
    };
    for one in &mut deltas {
        one.directory = relative(&one.directory, here);
    }
    let mut found = Discovered {
        production: args.pg_service.clone(),
        services,
        deltas,
        backup_file: taken_over
            .and_then(|config| config.backup_file.as_deref())
            .map(|file| relative(file, here)),
        old: old.map(|path| shown(path)),
        ..Discovered::default()
    };
    if let Some(config) = taken_over {
        found.ignore_elements.clone_from(&config.ignore_elements);
        found.pg_dump_exe.clone_from(&config.pg_dump_exe);
        found.pg_restore_exe.clone_from(&config.pg_restore_exe);
    }
    let known = args.deltas.table.as_ref();
    let known = known.or_else(|| taken_over.and_then(|config| config.upgrades_table.as_ref()));
    if let Some(text) = known {
        let table: pum_core::upgrade::TableName = text.parse()?;
        found.tables = vec![FoundTable { name: table.to_string(), version: None }];
    }
    if let Some(production) = &args.pg_service {
        if context.settings(production)?.label() != production {
            return Err(CliError::PasswordInFile);
        }
        let mut session = context.open(production)?;
        if found.tables.is_empty() {
            for table in find_tables(&mut session)? {
                let history = History::read(&mut session, &table)?;
                let version =
                    history.and_then(|history| Some(history.current_version()?.to_string()));
                found.tables.push(FoundTable { name: table.to_string(), version });
            }
        }
    }
    Ok(found)
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "yaml" || end == "yml")
}

fn read_all(directories: &[PathBuf]) -> Vec<FoundDeltas> {
    directories.iter().map(|directory| read(directory)).collect()
}

/// How many deltas a directory has, or what is wrong with it.
fn read(directory: &Path) -> FoundDeltas {
    let deltas = DeltaSet::read(&[directory]);
    let number = deltas.map(|set| set.deltas.len()).map_err(|err| err.to_string());
    FoundDeltas { directory: directory.to_owned(), number }
}

/// The directories below this one that hold deltas, as far as their names tell.
fn find_deltas(here: &Path) -> Vec<FoundDeltas> {
    let visible = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0
            || name == ".pum.yaml"
            || !name.starts_with('.') && !matches!(&*name, "target" | "node_modules")
    };
    let mut directories: Vec<PathBuf> = WalkDir::new(here)
        .max_depth(DEPTH)
        .into_iter()
        .filter_entry(visible)
        .filter_map(Result::ok)
        .filter(|entry| {
            entry.file_type().is_file() && is_delta(&entry.file_name().to_string_lossy())
        })
        .filter_map(|entry| Some(entry.path().parent()?.to_owned()))
        .collect();
    directories.sort();
    directories.dedup();
    // A directory that cannot be read as deltas is told as such.
    let found = directories.iter().map(|directory| read(directory));
    found.filter(|found| found.number != Ok(0)).collect()
}

fn is_delta(name: &str) -> bool {
    let script = [".sql", ".py"].iter().any(|end| name.ends_with(end));
    name == ".pum.yaml" || name.starts_with("delta_") && script
}

/// A path as the file beside it should name it.
fn relative(path: &Path, here: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match absolute.strip_prefix(here) {
        Ok(inner) if inner.as_os_str().is_empty() => PathBuf::from("."),
        Ok(inner) => inner.to_owned(),
        Err(_) => absolute,
    }
}
