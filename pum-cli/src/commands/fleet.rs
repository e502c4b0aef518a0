//! The Manager on several production databases of one model.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use pum_core::connect::Settings;
use pum_core::delta::DeltaSet;
use pum_core::manager::{Rehearsals, RunDirectory, RunReport};
use pum_core::upgrade::TableName;
use pum_core::{exit, manager};
use serde_json::Value;

use crate::args::{Format, TestAndUpgrade};
use crate::commands::approval::Desk;
use crate::commands::manager_config::{DUMP, is_up_to_date, manager_config, runs};
use crate::commands::run_reports;
use crate::commands::runs::bound;
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::render::fleet::{FleetProgress, FleetResult, FleetRow};
use crate::render::run::{Run, json};
use crate::text::{connection_name, printable};
use crate::{limits, render};

/// Works on one after the other, or on several at once. One that fails does not keep the others
/// from it, unless that is asked for.
pub(crate) fn run(
    context: &Context,
    args: &TestAndUpgrade,
    productions: &[Settings],
    deltas: &DeltaSet,
    table: &TableName,
) -> Result<u8, CliError> {
    refuse_what_is_for_one(args)?;
    let Some(runs) = runs(context, args) else {
        return Err(CliError::ConflictingOptions {
            what: "each of several production databases has its dump in its directory: name one for the runs with --runs",
        });
    };
    if context.config.backup_file.is_some() {
        say("note: backup_file is for one database; here each has its dump in its directory");
    }
    bound(context, &runs);
    let directory = RunDirectory::new(&runs);
    let names = distinct_names(productions);
    let work = Work { context, args, deltas, table, directory, rehearsals: Rehearsals::new() };
    let rows: Vec<Mutex<Option<FleetRow>>> = productions.iter().map(|_| Mutex::new(None)).collect();
    let next = Mutex::new((0, false));
    let done = Mutex::new(FleetProgress::of(productions.len()));
    let worker = || {
        loop {
            let at = {
                let mut next = lock(&next);
                let at = next.0;
                if at >= productions.len() || next.1 || context.interrupt.is_triggered() {
                    return;
                }
                next.0 += 1;
                at
            };
            let row = work.one(&productions[at], &names[at]);
            lock(&next).1 |= args.stop_on_failure && row.result.exit_code() != exit::SUCCESS;
            {
                let mut done = lock(&done);
                done.add(&row);
                say(&done.line(&row));
            }
            *lock(&rows[at]) = Some(row);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..args.parallel {
            scope.spawn(worker);
        }
        worker();
    });
    let not_begun = |at: usize| FleetRow {
        production: productions[at].label().to_owned(),
        name: names[at].clone(),
        result: FleetResult::NotBegun,
        took: Duration::ZERO,
    };
    let rows: Vec<FleetRow> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| lock(row).take().unwrap_or_else(|| not_begun(at)))
        .collect();
    print(&match args.reports.format {
        Format::Text => render::fleet::text(&rows),
        Format::Json => render::json::fleet(&rows),
    })?;
    Ok(rows.iter().map(|row| row.result.exit_code()).max().unwrap_or(exit::SUCCESS))
}

/// What lines call them: short names, unless two have the same one.
fn distinct_names(productions: &[Settings]) -> Vec<String> {
    let names: Vec<String> = productions.iter().map(connection_name).collect();
    if names.iter().collect::<BTreeSet<_>>().len() == names.len() {
        return names;
    }
    productions.iter().map(|production| printable(production.label())).collect()
}

fn refuse_what_is_for_one(args: &TestAndUpgrade) -> Result<(), CliError> {
    let refused = |what| Err(CliError::ConflictingOptions { what });
    if args.file.is_some() {
        return refused(
            "-f names one dump, and there are several production databases: use --runs",
        );
    }
    if !args.reports.report.is_empty() {
        return refused(
            "--report names one file, and each production database has its own reports",
        );
    }
    if args.reports.write_delta.is_some() {
        return refused(
            "--write-delta writes one delta, and there are several production databases: name one",
        );
    }
    if args.keep_test {
        return refused(
            "--keep-test keeps one copy, and there are several production databases: name one",
        );
    }
    if args.resume.is_some() {
        return refused("--resume works on one production database: name it with -pp");
    }
    if args.parallel > 1 && !args.yes {
        return refused("--parallel cannot ask questions: use it with --yes");
    }
    if args.parallel > 1 && args.pg_service_test.is_some() {
        return refused("--parallel cannot share one test database: leave -pt out");
    }
    Ok(())
}

/// What all of them share.
struct Work<'a> {
    context: &'a Context,
    args: &'a TestAndUpgrade,
    deltas: &'a DeltaSet,
    table: &'a TableName,
    directory: RunDirectory,
    rehearsals: Rehearsals,
}

impl Work<'_> {
    fn one(&self, production: &Settings, name: &str) -> FleetRow {
        let started = Instant::now();
        let result = match self.manage(production, name) {
            Ok(Some((report, value))) => FleetResult::Report(Box::new(report), value),
            Ok(None) => {
                let report = RunReport::nothing_pending();
                let value = json::value(&Run::nothing_pending(production.label(), &report));
                FleetResult::Report(Box::new(report), value)
            }
            Err(err) => FleetResult::Failed(err.with_hints()),
        };
        FleetRow {
            production: production.label().to_owned(),
            name: name.to_owned(),
            result,
            took: started.elapsed(),
        }
    }

    /// `None`: it had all, and nothing else was looked at.
    fn manage(
        &self,
        production: &Settings,
        name: &str,
    ) -> Result<Option<(RunReport, Value)>, CliError> {
        let Self { context, args, deltas, table, directory, rehearsals } = self;
        if args.if_pending && is_up_to_date(context, args, production, deltas, table)? {
            return Ok(None);
        }
        let directory = directory.part(production.label());
        let (deltas, table) = ((*deltas).clone(), (*table).clone());
        let mut config = manager_config(
            context,
            args,
            production.clone(),
            (deltas, table),
            Some(directory.clone()),
        )?;
        config.dump_file = directory.path().join(DUMP);
        config.rehearsals = Some(rehearsals.clone());
        let mut console = Console::new(&context.interrupt, args.run.verbose)
            .agreeing(args.yes)
            .not_asking(args.non_interactive)
            .one_of_several(production.label(), name);
        let limits = limits::of_options(&args.filter, &context.config);
        let mut desk = Desk {
            console: &mut console,
            config: &config,
            limits: &limits,
            reports: &[],
            browser: context.browser(),
        };
        let ended = manager::run(&config, &mut desk, &context.interrupt);
        let unanswered = console.unanswered.take();
        drop(console);
        let run = Run::new(&config, &ended, limits).unanswered(unanswered.is_some());
        run_reports::write_and_say(&run, &config, &[]);
        let value = json::value(&run);
        let report = ended?;
        match unanswered {
            Some(question) => Err(CliError::Unanswered { question }),
            None => Ok(Some((report, value))),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
