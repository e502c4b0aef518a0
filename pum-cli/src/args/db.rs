//! Options of `pum db`.

use clap::{Args, Subcommand};

use super::RoleDatabase;

#[derive(Debug, Args)]
pub(crate) struct Db {
    #[command(subcommand)]
    pub(crate) command: DbCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Create a database, or a copy of one (pum clone copies from server to server, and while others
    /// use it).
    #[command(
        after_help = "Examples:\n  pum db create -p prod shop\n  pum db create -p prod shop_copy --template shop"
    )]
    Create {
        #[command(flatten)]
        server: RoleDatabase,
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
        /// Copy this database, which no session may be connected to.
        #[arg(long, value_name = "DATABASE")]
        template: Option<String>,
    },
    /// Drop a database and end its sessions, behind a question.
    #[command(after_help = "Examples:\n  pum db drop -p prod shop_copy")]
    Drop {
        #[command(flatten)]
        server: RoleDatabase,
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
        /// Answer the question with yes.
        #[arg(short, long, visible_alias = "force")]
        yes: bool,
    },
    /// Change who may connect to a database: those who are named, and no longer everybody.
    #[command(
        after_help = "Examples:\n  pum db access -p prod shop --grant-connect app_viewer app_user\n  pum db access -p prod shop --revoke-connect ann --keep-public"
    )]
    Access {
        #[command(flatten)]
        server: RoleDatabase,
        /// The database.
        #[arg(value_name = "NAME")]
        name: String,
        /// Roles that may connect.
        #[arg(long, num_args = 1.., value_name = "ROLE")]
        grant_connect: Vec<String>,
        /// Roles that may no longer connect.
        #[arg(long, num_args = 1.., value_name = "ROLE")]
        revoke_connect: Vec<String>,
        /// Leave it to everybody to connect, if it is so.
        #[arg(long)]
        keep_public: bool,
    },
}
