//! Options of `pum runs`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct Runs {
    /// Directory of the runs. Default: runs_dir of pum.toml, or pum-runs.
    #[arg(long, value_name = "DIR", env = "PUM_RUNS", global = true)]
    pub(crate) runs: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Show the runs, the newest first.
    List,
    /// Show the report of a run in the browser.
    Open {
        /// The run. Default: the last one.
        #[arg(value_name = "ID")]
        id: Option<String>,
    },
    /// Remove old runs, with their dumps and reports.
    Prune {
        /// Keep so many, the newest.
        #[arg(long, value_name = "N", default_value_t = 20)]
        keep: usize,
        /// Answer all questions with yes.
        #[arg(short, long)]
        yes: bool,
    },
}
