//! What shells and readers of manuals are given: completions and man pages, from the very
//! definition of the command line.

use clap::CommandFactory;
use pum_core::exit;

use crate::args::{Cli, Completions, Man};
use crate::console::{print, say};
use crate::error::CliError;
use crate::text::shown;

/// The script that completes pum's command line in a shell.
pub(crate) fn completions(args: &Completions) -> Result<u8, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut visible(), "pum", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(exit::SUCCESS)
}

/// The command line without the commands that are there for old habits only.
fn visible() -> clap::Command {
    let all = Cli::command();
    let shown = all.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    clap::Command::new("pum")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_version_flag(true)
        .args(all.get_arguments().cloned())
        .subcommands(shown)
}

/// A page for pum and one for each of its commands: `pum.1`, `pum-check.1` …
pub(crate) fn man(args: &Man) -> Result<u8, CliError> {
    let directory = &args.directory;
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), directory))
        .map_err(|source| CliError::Write { path: directory.clone(), cause: source })?;
    say(&format!("wrote man pages to {}", shown(directory)));
    Ok(exit::SUCCESS)
}
