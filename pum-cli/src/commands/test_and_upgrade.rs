use std::path::PathBuf;

use pum_core::connect::Settings;
use pum_core::manager::{Config, ManagerError, RunDirectory, RunOutcome, RunReport};
use pum_core::{exit, manager};

use crate::args::{Format, RunReports, TestAndUpgrade};
use crate::browser::Browser;
use crate::commands::approval::Desk;
use crate::commands::manager_config::{is_up_to_date, manager_config, runs};
use crate::commands::open_page::open_page;
use crate::commands::runs::{bound, last};
use crate::commands::{closing_delta, fleet, run_reports};
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::files::make_sure_that_reports_can_be_written;
use crate::limits::Limit;
use crate::render::run::Run;
use crate::{console, limits, render};

/// What is resumed if no identifier is given.
pub(super) const LAST: &str = "last";

pub(crate) fn run(context: &Context, args: &TestAndUpgrade) -> Result<u8, CliError> {
    make_sure_that_reports_can_be_written(&args.reports.report)?;
    closing_delta::check(&args.reports)?;
    let productions = productions(context, args)?;
    let (deltas, table) = context.deltas_of_run(&args.deltas, &args.run)?;
    let Ok([production]) = <[Settings; 1]>::try_from(productions.clone()) else {
        return fleet::run(context, args, &productions, &deltas, &table);
    };
    if args.if_pending && is_up_to_date(context, args, &production, &deltas, &table)? {
        return Ok(exit::SUCCESS);
    }
    let runs = match (runs(context, args), args.resume.as_deref()) {
        (None, _) => None,
        (Some(runs), Some(LAST)) => Some(last(&runs)?),
        (Some(runs), Some(id)) => Some(RunDirectory::resume(&runs, id)),
        (Some(runs), None) => {
            bound(context, &runs);
            Some(RunDirectory::new(&runs))
        }
    };
    let config = manager_config(context, args, production, (deltas, table), runs)?;
    let console = Console::new(&context.interrupt, args.run.verbose)
        .agreeing(args.yes)
        .with_approval(args.approve)
        .not_asking(args.non_interactive);
    let limits = limits::of_options(&args.filter, &context.config);
    run_manager(context, &config, console, &args.reports, limits)
}

/// Runs the Manager and shows the result.
pub(crate) fn run_manager(
    context: &Context,
    config: &Config,
    mut console: Console,
    reports: &RunReports,
    limits: Vec<Limit>,
) -> Result<u8, CliError> {
    let mut desk = Desk {
        console: &mut console,
        config,
        limits: &limits,
        reports: &reports.report,
        browser: context.browser(),
    };
    let ended = manager::run(config, &mut desk, &context.interrupt);
    show(config, ended, console, (reports, &context.browser()), limits)
}

/// Shows the result of a run.
pub(super) fn show(
    config: &Config,
    ended: Result<RunReport, ManagerError>,
    mut console: Console,
    (reports, browser): (&RunReports, &Browser),
    limits: Vec<Limit>,
) -> Result<u8, CliError> {
    let unanswered = console.unanswered.take();
    drop(console);
    let run = Run::new(config, &ended, limits)
        .with_reports(&reports.report)
        .unanswered(unanswered.is_some());
    let printed = match &ended {
        Ok(_) => print(&match reports.format {
            Format::Text => render::run::text::report(&run, console::on_terminal()),
            Format::Json => render::run::json::report(&run),
        }),
        Err(_) => Ok(()),
    };
    if let Some([connect, remove]) = run.kept_test() {
        say(&format!("kept the rehearsed copy: {connect}"));
        say(&format!("  to remove it: {remove}"));
    }
    let pages = run_reports::write_and_say(&run, config, &reports.report);
    if reports.open && run.report.outcome != RunOutcome::NothingPending {
        let is_page = |path: &&PathBuf| path.extension().is_some_and(|it| it == "html");
        open_page(browser, pages.iter().find(is_page).map(PathBuf::as_path), || {
            render::run::html::report(&run)
        });
    }
    let written = closing_delta::write(run.report, reports);
    let hints = run.hints();
    let report = ended.map_err(|err| CliError::Hinted { cause: err.into(), hints })?;
    printed?;
    written?;
    if let Some(question) = unanswered {
        return Err(CliError::Unanswered { question });
    }
    Ok(match report.outcome {
        RunOutcome::NothingPending | RunOutcome::Upgraded | RunOutcome::Stopped(_) => exit::SUCCESS,
        RunOutcome::Different | RunOutcome::Declined(_) | RunOutcome::OverLimit(_) => {
            exit::DIFFERENT
        }
        RunOutcome::Failed => exit::ERROR,
    })
}

/// The production databases that were named, each once.
fn productions(context: &Context, args: &TestAndUpgrade) -> Result<Vec<Settings>, CliError> {
    let configured = &context.config.production;
    let given = if args.pg_service_prod.is_empty() { configured } else { &args.pg_service_prod };
    if given.is_empty() {
        return Err(CliError::Missing {
            what: "the production database",
            flag: "-pp A",
            key: "production",
        });
    }
    context.databases(given)
}
