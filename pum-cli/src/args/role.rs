//! Options of `pum role`.

use clap::{Args, Subcommand};

use super::{Format, ReportOutput, Target};

#[derive(Debug, Args)]
pub(crate) struct Role {
    #[command(subcommand)]
    pub(crate) command: RoleCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RoleCommand {
    /// Create the roles that are not there, and grant all of them their permissions.
    #[command(
        after_help = "Examples:\n  pum role create -p prod -d .\n  pum role create -p prod -d . --suffix lausanne"
    )]
    Create(Chosen),
    /// Grant the roles their permissions, or with --to a user the roles.
    #[command(
        after_help = "Examples:\n  pum role grant -p prod -d .\n  pum role grant -p prod -d . --roles app_viewer --to ann"
    )]
    Grant {
        #[command(flatten)]
        chosen: Chosen,
        /// Make this user a member of the roles.
        #[arg(long, value_name = "USER")]
        to: Option<String>,
    },
    /// Take the permissions of the roles back, or with --from a user's membership in them.
    #[command(
        after_help = "Examples:\n  pum role revoke -p prod -d .\n  pum role revoke -p prod -d . --roles app_viewer --from ann"
    )]
    Revoke {
        #[command(flatten)]
        chosen: Chosen,
        /// End the membership of this user in the roles.
        #[arg(long, value_name = "USER")]
        from: Option<String>,
    },
    /// Take the permissions of the roles back, and drop the roles.
    #[command(
        after_help = "Examples:\n  pum role drop -p prod -d .\n  pum role drop -p prod -d . --suffix lausanne --force"
    )]
    Drop {
        #[command(flatten)]
        chosen: Chosen,
        /// Give what the roles own in this database to the current role, and take back all that was
        /// granted to them in it.
        #[arg(long)]
        force: bool,
    },
    /// Show the roles, their members, and who else may do something in their schemas.
    List(Inspected),
    /// Compare the roles and their permissions with what is declared.
    ///
    /// Exit codes: 0 as declared, 1 not, 2 an error.
    #[command(
        after_help = "Examples:\n  pum role check -p prod -d .\n  pum role check -p prod -d . --report junit=roles.xml"
    )]
    Check(CheckRoles),
    /// Show the roles that may log in and are members of a role.
    #[command(after_help = "Examples:\n  pum role members -p prod app_viewer")]
    Members {
        #[command(flatten)]
        database: RoleDatabase,
        /// The role.
        #[arg(value_name = "ROLE")]
        role: String,
    },
    /// Create a role that may log in, without a password.
    CreateLogin {
        #[command(flatten)]
        database: RoleDatabase,
        /// Its name.
        #[arg(long, value_name = "ROLE")]
        name: String,
    },
    /// Drop a role that may log in.
    DropLogin {
        #[command(flatten)]
        database: RoleDatabase,
        /// Its name.
        #[arg(long, value_name = "ROLE")]
        name: String,
    },
    /// Show the roles that may log in and are no superusers.
    LoginRoles(RoleDatabase),
}

#[derive(Debug, Args)]
pub(crate) struct RoleDatabase {
    /// Database. Default: production of pum.toml.
    #[arg(short, long, alias = "pg_service", value_name = "A")]
    pub(crate) pg_service: Option<String>,
}

/// Which roles, and in which database.
#[derive(Debug, Args)]
pub(crate) struct RoleNames {
    #[command(flatten, next_help_heading = "Database and project")]
    pub(crate) target: Target,
    /// Only these of the roles that the project declares.
    #[arg(long, num_args = 1.., value_name = "ROLE", help_heading = "Roles")]
    pub(crate) roles: Vec<String>,
    /// The roles with this suffix, for one of several databases on a server: app_viewer_lausanne.
    #[arg(long, value_name = "SUFFIX", help_heading = "Roles")]
    pub(crate) suffix: Option<String>,
}

/// Roles that are changed.
#[derive(Debug, Args)]
pub(crate) struct Chosen {
    #[command(flatten)]
    pub(crate) roles: RoleNames,
    /// Print the SQL, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Roles that are looked at.
#[derive(Debug, Args)]
pub(crate) struct Inspected {
    #[command(flatten)]
    pub(crate) roles: RoleNames,
    /// Format of the report.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// Show the superusers of the server as well, who may do everything.
    #[arg(long)]
    pub(crate) include_superusers: bool,
}

/// Roles that are compared with what is declared.
#[derive(Debug, Args)]
pub(crate) struct CheckRoles {
    #[command(flatten)]
    pub(crate) roles: RoleNames,
    #[command(flatten, next_help_heading = "Reports")]
    pub(crate) output: ReportOutput,
}
