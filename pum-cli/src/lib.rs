//! The `pum` command: a thin layer over `pum-core` that reads the environment and files, draws
//! progress, asks questions and renders reports.

mod accepted;
mod args;
mod argv_compat;
mod browser;
mod commands;
mod config;
mod console;
mod context;
mod error;
mod files;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod hint;
mod limits;
mod protocol;
mod render;
mod system_packages;
mod text;
mod usage;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};
use pum_core::{Interrupt, exit};

use args::{Cli, Command, Shell, TopLevelCommand};
use console::Stream;
use context::Context;
use error::CliError;

/// Runs the command with the arguments of this process and returns its exit code, which is one of
/// [`pum_core::exit`].
pub fn main() -> ExitCode {
    let arguments = argv_compat::rewrite(std::env::args_os());
    let (cli, command) = match parse(&arguments) {
        Ok(parsed) => parsed,
        Err(err) => {
            if usage::asks_for_events(&arguments) {
                Stream::begin(None);
            }
            return ExitCode::from(answer(&usage::without_far_suggestion(err), &arguments));
        }
    };
    if let Some(args::Events::Json) = cli.global.events {
        Stream::begin(Some(&command));
    }
    console::choose_colors(cli.global.color.forced());
    let interrupt = Interrupt::new();
    stop_on_signal(&interrupt);
    let ended = start(cli, interrupt.clone());
    let code = *ended.as_ref().unwrap_or(&exit::ERROR);
    // What was done all the same, is.
    let stopped = interrupt.is_triggered() && code != exit::SUCCESS;
    let code = if stopped { exit::INTERRUPTED } else { code };
    match (Stream::current(), ended) {
        (Some(stream), ended) => stream.end(code, ended.err().as_ref()),
        (None, Err(err)) => say_error(&err),
        (None, Ok(_)) => {}
    }
    ExitCode::from(code)
}

/// What the arguments mean, and the name of the command, such as `role check`.
fn parse(arguments: &[OsString]) -> Result<(Cli, String), clap::Error> {
    let matches = Cli::command().try_get_matches_from(arguments)?;
    let mut names = Vec::new();
    let mut at = &matches;
    while let Some((name, next)) = at.subcommand() {
        names.push(name);
        at = next;
    }
    let format = |err: clap::Error| err.format(&mut Cli::command());
    Ok((Cli::from_arg_matches(&matches).map_err(format)?, names.join(" ")))
}

/// Help and version are answers, everything else is bad usage.
fn answer(err: &clap::Error, arguments: &[OsString]) -> u8 {
    let text = err.render().to_string();
    let shown = usage::without_secrets(&text, arguments);
    if let Some(stream) = Stream::current() {
        if err.use_stderr() {
            stream.end_of_wrong_usage(shown.trim_end().to_owned());
            return exit::ERROR;
        }
        stream.end_with_output(&text);
        return exit::SUCCESS;
    }
    if err.use_stderr() {
        if shown == text {
            let _ = err.print();
        } else {
            console::say(shown.trim_end());
        }
        return exit::ERROR;
    }
    let outcome = err.print().and_then(|()| std::io::stdout().flush());
    match console::written(outcome) {
        Ok(()) => exit::SUCCESS,
        Err(err) => {
            say_error(&err);
            exit::ERROR
        }
    }
}

fn say_error(err: &CliError) {
    console::say(&format!("error: {}", err.with_hints()));
}

/// Whether a command line can be understood; if not, what [`main`] would say. Nothing is run. The
/// first argument is the name of the program.
///
/// # Errors
///
/// What [`main`] would say.
pub fn understand(arguments: impl IntoIterator<Item = OsString>) -> Result<(), String> {
    match Cli::try_parse_from(argv_compat::rewrite(arguments)) {
        Err(err) if err.use_stderr() => Err(usage::without_far_suggestion(err).to_string()),
        _ => Ok(()),
    }
}

fn start(cli: Cli, interrupt: Interrupt) -> Result<u8, CliError> {
    match cli.command {
        TopLevelCommand::Shell(Shell::Completions(args)) => commands::shell::completions(&args),
        TopLevelCommand::Shell(Shell::Man(args)) => commands::shell::man(&args),
        TopLevelCommand::Work(command) => {
            let context = Context::new(&cli.global, interrupt).inspect_err(|err| {
                // The reports say it, too.
                match &*command {
                    Command::Check(args) => commands::check::report_error(args, err),
                    Command::Role(args) => commands::role::report_error(args, err),
                    _ => {}
                }
            })?;
            run(&context, *command)
        }
    }
}

/// Ctrl-C and a polite kill let the work at hand stop and clean up; the second one does not wait.
fn stop_on_signal(interrupt: &Interrupt) {
    let interrupt = interrupt.clone();
    let handler = move || {
        if interrupt.is_triggered() {
            if let Some(stream) = Stream::current() {
                stream.end_at_once();
            }
            std::process::exit(exit::INTERRUPTED.into());
        }
        console::say("stopping, please wait (once more to stop at once) …");
        interrupt.trigger();
    };
    // Without a handler a signal ends the process, and the watchers of scratch servers clean up.
    let _ = ctrlc::set_handler(handler);
}

fn run(context: &Context, command: Command) -> Result<u8, CliError> {
    match command {
        Command::Check(args) => commands::check::run(context, &args),
        Command::Diff(args) => commands::diff::run(context, &args),
        Command::Delta(args) => commands::delta::run(context, &args),
        Command::Snapshot(args) => commands::snapshot::run(context, &args),
        Command::Dump(args) => commands::dump::run(context, &args),
        Command::Restore(args) => commands::restore::run(context, &args),
        Command::Verify(args) => commands::verify::run(context, &args),
        Command::Clone(args) => commands::clone::run(context, &args),
        Command::Baseline(args) => commands::baseline::run(context, &args),
        Command::Info(args) => commands::info::run(context, &args),
        Command::Lint(args) => commands::lint::run(context, &args),
        Command::Install(args) => commands::install::run(context, args),
        Command::Uninstall(args) => commands::uninstall::run(context, &args),
        Command::App(args) => commands::app::run(context, &args),
        Command::Role(args) => commands::role::run(context, &args),
        Command::Db(args) => commands::db::run(context, &args),
        Command::Repair(args) => commands::repair::run(context, &args),
        Command::Upgrade(args) => commands::upgrade::run(context, &args),
        Command::Downgrade(args) => commands::downgrade::run(context, &args),
        Command::TestAndUpgrade(args) => commands::test_and_upgrade::run(context, &args),
        Command::Runs(args) => commands::runs::run(context, &args),
        Command::Init(args) => commands::init::run(context, &args),
        Command::Doctor(args) => commands::doctor::run(context, &args),
        Command::Demo(args) => commands::demo::run(context, &args),
        Command::Checker(args) => commands::check::run(context, &args.into()),
        Command::Dumper(args) if args.dump => commands::dump::run(context, &args.into()),
        Command::Dumper(args) => commands::restore::run(context, &args.into()),
        Command::Upgrader(args) => run_upgrader(context, args),
        Command::Manager(args) => commands::test_and_upgrade::run(context, &args.into()),
    }
}

/// The old `upgrader` is three commands in one.
fn run_upgrader(context: &Context, args: args::Upgrader) -> Result<u8, CliError> {
    let args::Upgrader { target, info, baseline, mut run } = args;
    run.allow_changed = true;
    match baseline {
        Some(version) => {
            let of_pum_1 = args::BaselineOfPum1::default();
            commands::baseline::run(context, &args::Baseline { target, version, of_pum_1 })
        }
        None if info => {
            let format = args::InfoFormat::Text;
            let info = args::Info { target, check: false, format, open: false };
            commands::info::run(context, &info)
        }
        None => commands::upgrade::run(context, &args::Upgrade::plain(target, run)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        let words = line.split_whitespace().map(OsString::from);
        match Cli::try_parse_from(argv_compat::rewrite(words))
            .map_err(|err| err.to_string())?
            .command
        {
            TopLevelCommand::Work(command) => Ok(*command),
            TopLevelCommand::Shell(_) => Err("no command that works".to_owned()),
        }
    }

    #[test]
    fn the_old_checker_takes_silent_with_and_without_a_value() {
        for (more, silent) in [
            ("", false),
            ("-s", true),
            ("-s true", true),
            ("-s True", true),
            ("-s 1", true),
            ("--silent=yes", true),
            ("-s false", false),
            ("-s False", false),
            ("-s -i columns views", true),
            ("-i columns -s", true),
        ] {
            let command = parsed(&format!("pum checker -p1 a -p2 b {more}"));
            let Ok(Command::Checker(checker)) = command else { panic!("{more}: {command:?}") };
            assert_eq!(checker.silent, silent, "{more}");
        }
        let err = parsed("pum checker -p1 a -p2 b -s SILENTLY").unwrap_err();
        assert!(err.contains("SILENTLY") && err.contains("--silent"), "{err}");
    }

    #[test]
    fn every_option_reads_a_time_in_the_same_way() {
        for (line, is_limit) in [
            ("check a b --lock-timeout", true),
            ("verify a --lock-timeout", true),
            ("lint -d deltas --lock-timeout", true),
            ("upgrade -p a -d deltas -t t --lock-timeout", true),
            ("upgrade -p a -d deltas -t t --statement-timeout", true),
            ("test-and-upgrade -pp a -d deltas -t t --lock-timeout", true),
            ("upgrade -p a -d deltas -t t --wait", false),
            ("repair -p a -d deltas -t t --wait", false),
        ] {
            let time = |text: &str| parsed(&format!("pum {line} {text}"));
            let spellings = ["90", "90s", "1.5min", "90000ms"];
            let read = spellings.map(|text| format!("{:?}", time(text).unwrap()));
            let seconds = format!("{:?}", Duration::from_secs(90));
            assert!(read[0].contains(&seconds), "{line}: {}", read[0]);
            assert!(read.iter().all(|one| *one == read[0]), "{line}: {read:?}");
            let err = time("soon").unwrap_err();
            assert!(err.contains("is not a duration: write 500ms"), "{line}: {err}");
            assert_eq!(time("700h").is_err(), is_limit, "{line}");
        }
    }
}
