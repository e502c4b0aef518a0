//! Options of the commands for projects of PUM 1: `pum install`, `pum uninstall`, `pum app`.

use clap::{Args, ValueEnum};

use super::{Run, Target};

#[derive(Debug, Args)]
pub(crate) struct Install {
    #[command(flatten, next_help_heading = "Database and project")]
    pub(crate) target: Target,
    /// Insert this set of the project's demo data afterwards.
    #[arg(long, value_name = "NAME", help_heading = "Module")]
    pub(crate) demo_data: Option<String>,
    /// Install the module beside those of other projects in the database.
    #[arg(long, help_heading = "Module")]
    pub(crate) allow_multiple_modules: bool,
    #[command(flatten, next_help_heading = "Running scripts")]
    pub(crate) run: Run,
}

#[derive(Debug, Args)]
pub(crate) struct Uninstall {
    #[command(flatten, next_help_heading = "Database and project")]
    pub(crate) target: Target,
    #[command(flatten, next_help_heading = "Running scripts")]
    pub(crate) run: Run,
    /// Only show what would be lost.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Answer all questions with yes.
    #[arg(short, long, visible_alias = "force")]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct App {
    /// What to do.
    #[arg(value_enum, value_name = "ACTION")]
    pub(crate) action: AppAction,
    #[command(flatten, next_help_heading = "Database and project")]
    pub(crate) target: Target,
    #[command(flatten, next_help_heading = "Running scripts")]
    pub(crate) run: Run,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AppAction {
    /// Run the scripts that create the application, and grant the roles their permissions.
    Create,
    /// Run the scripts that drop the application.
    Drop,
    /// Both, in one transaction.
    Recreate,
}
