//! The dump of production.

use jiff::Timestamp;

use super::error::StepError;
use super::prepared::{Production, Ready};
use super::record::Kept;
use super::run_context::RunContext;
use super::{Config, DumpedData};
use crate::connect::{ConnectError, Session};
use crate::diff::Glob;
use crate::dump::{Allow, BackupOptions, DumpOptions, Format, Manifest, backup};
use crate::humanize::{size, time};

/// Dumps production, or takes the dump of the run that goes on.
pub(super) fn dump_production(
    stage: &mut RunContext<'_>,
    production: &mut Production,
    ready: &Ready,
) -> Result<((), String), StepError> {
    let job = stage.job;
    let Config { dump_file, dump_format, table, filters, .. } = job;
    if let Some(reached) = stage.kept.as_ref().and_then(|kept| kept.dumped(dump_file))
        && let Some(manifest) = Manifest::read(dump_file)?
    {
        manifest.verify(dump_file, job.jobs, stage.interrupt)?;
        stage.dumped_to(dump_file.clone());
        return Ok(((), format!("{}, dumped {}", dump_file.display(), since(reached))));
    }
    let exclude_table_data = match &production.data {
        DumpedData::All => Vec::new(),
        DumpedData::Only(kept) => tables_but(&mut production.session, kept, job)?,
    };
    let options = BackupOptions {
        dump: DumpOptions {
            exclude_schemas: filters.excluded_schemas().map(str::to_owned).collect(),
            exclude_table_data,
            format: *dump_format,
            jobs: if *dump_format == Format::Directory { job.jobs } else { 1 },
            ..DumpOptions::default()
        },
        upgrades_table: Some((table.schema().to_owned(), table.name().to_owned())),
        // Here it is a means to an end: what is risky about it is said.
        allow: Allow::ALL,
        ..BackupOptions::default()
    };
    let session = &mut production.session;
    let report = backup(session, &ready.tools, dump_file, &options, &mut stage.context())?;
    stage.dumped_to(dump_file.clone());
    stage.keep(Kept::has_dump)?;
    let bytes = size(report.manifest.bytes);
    Ok(((), format!("{}, {bytes}, read back", dump_file.display())))
}

/// The tables whose data are not wanted, as patterns of `pg_dump`.
fn tables_but(
    session: &mut Session,
    wanted: &[String],
    job: &Config,
) -> Result<Vec<String>, StepError> {
    const TABLES: &str = "SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, \
         pg_catalog.format('%I.%I', n.nspname, c.relname) \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' \
         AND n.nspname <> 'information_schema'";
    let patterns =
        wanted.iter().map(|pattern| Glob::new(pattern)).collect::<Result<Vec<_>, _>>()?;
    let label = session.settings().label().to_owned();
    let rows = session.client().query(TABLES, &[]).map_err(|source| {
        let action = "list its tables";
        StepError::Connect(ConnectError::Query { label, action, cause: source })
    })?;
    let is_own = |schema: &str, name: &str| {
        job.table.all().iter().any(|own| own.schema() == schema && own.name() == name)
    };
    Ok(rows
        .iter()
        .filter(|row| {
            let (schema, name): (&str, &str) = (row.get(0), row.get(1));
            let full = format!("{schema}.{name}");
            !is_own(schema, name) && !patterns.iter().any(|pattern| pattern.matches(&full))
        })
        .map(|row| row.get(2))
        .collect())
}

/// `2026-11-21 14:03 UTC (3 min 20 s ago)`
pub(super) fn since(then: Timestamp) -> String {
    let ago = Timestamp::now().duration_since(then).unsigned_abs();
    format!("{} UTC ({} ago)", then.strftime("%Y-%m-%d %H:%M"), time(ago))
}
