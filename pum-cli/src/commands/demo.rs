//! The Manager on the sample data model.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use pum_core::connect::Session;
use pum_core::delta::{DeltaSet, Script, VariableValue, Variables};
use pum_core::humanize::seconds;
use pum_core::manager::{Config, Reference};
use pum_core::scratch::{OnDemand, ScratchServer};
use pum_core::upgrade::{BaselineSource, run_script};

use crate::args::{Demo, ReportFile, ReportFormat};
use crate::commands::closing_delta;
use crate::commands::test_and_upgrade::run_manager;
use crate::console::{Console, say};
use crate::context::Context;
use crate::error::CliError;
use crate::files::make_sure_that_reports_can_be_written;

/// The sample, as it is in the repository: the demo needs no file of it. They are links: a package
/// holds only what is in its own directory, and what links there lead to.
static DELTAS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sample/deltas");
static SAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sample/model");

const DATABASE: &str = "water";

pub(crate) fn run(context: &Context, args: &Demo) -> Result<u8, CliError> {
    let mut reports = args.reports.clone();
    if args.keep {
        let path = PathBuf::from("pum-demo.html");
        reports.report.push(ReportFile { format: ReportFormat::Html, path });
    }
    make_sure_that_reports_can_be_written(&reports.report)?;
    closing_delta::check(&reports)?;
    let files = tempfile::Builder::new().prefix("pum-demo-").tempdir().map_err(|source| {
        CliError::System { action: "make a temporary directory", cause: source }
    })?;
    let (deltas, sample) = (files.path().join("deltas"), files.path().join("sample"));
    extract(&DELTAS, &deltas)?;
    extract(&SAMPLE, &sample)?;
    if args.drift {
        use_careless_deltas(&sample.join("drift"), &deltas)?;
    }
    let started = std::time::Instant::now();
    let mut toolchain = context.toolchain();
    let options = context.scratch_options(&toolchain.installations);
    let server = ScratchServer::start(&options, &context.interrupt)?;
    say(&format!(
        "started a temporary PostgreSQL {} server ({})",
        server.major(),
        seconds(started.elapsed())
    ));
    let production = build_production(context, &server, &sample)?;
    // One server is enough: production, test and reference are three databases on it.
    toolchain.scratch = OnDemand::started(options, server);
    let mut variables = Variables::default();
    variables.set("default_zone", VariableValue::Integer(1));
    let reference = Reference::Sql(vec![sample.join("build.sql")]);
    let (table, deltas) = ("water_sys.upgrades".parse()?, DeltaSet::read(&[deltas])?);
    let mut job = Config::new(production, reference, table, deltas, toolchain);
    job.plan.variables = variables;
    let baseline = "SELECT version FROM water_sys.versions".to_owned();
    job.baseline = Some(BaselineSource::Query(baseline));
    job.dump_file = files.path().join("water.dump");
    let code = run_manager(
        context,
        &job,
        Console::new(&context.interrupt, false).agreeing(true),
        &reports,
        Vec::new(),
    )?;
    drop(job);
    drop(files);
    say("removed the demo's server, databases and dump");
    Ok(code)
}

/// An old production: the sample at version 1.0.0, with data.
fn build_production(
    context: &Context,
    server: &ScratchServer,
    sample: &Path,
) -> Result<pum_core::connect::Settings, CliError> {
    let settings = server.settings(DATABASE)?;
    pum_core::dump::create_empty(&settings, None, &context.interrupt)?;
    let mut session = Session::open(&settings, &context.interrupt)?;
    let started = std::time::Instant::now();
    for name in ["production-1.0.0.sql", "data.sql"] {
        let script = Script::read(&sample.join(name))?.prepare(&Variables::default())?;
        let quiet = &mut pum_core::Context::silent(&context.interrupt);
        run_script(&mut session, &script, quiet).map_err(CliError::Demo)?;
    }
    say(&format!("built a production database at version 1.0.0 ({})", seconds(started.elapsed())));
    Ok(settings)
}

fn use_careless_deltas(drift: &Path, deltas: &Path) -> Result<(), CliError> {
    let write = |source| CliError::Write { path: deltas.to_owned(), cause: source };
    for entry in std::fs::read_dir(drift).map_err(write)? {
        let entry = entry.map_err(write)?;
        std::fs::copy(entry.path(), deltas.join(entry.file_name())).map_err(write)?;
    }
    Ok(())
}

fn extract(files: &Dir<'_>, to: &Path) -> Result<(), CliError> {
    std::fs::create_dir_all(to)
        .and_then(|()| files.extract(to))
        .map_err(|source| CliError::Write { path: to.to_owned(), cause: source })
}
