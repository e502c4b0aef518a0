use pum_core::connect::Session;
use pum_core::dump::{
    ConnectChange, change_connect_access, create_database, database_use, drop_database,
    maintenance_session,
};
use pum_core::exit;
use pum_core::humanize::{count, size};

use crate::args::{Db, DbCommand, RoleDatabase};
use crate::console::{Console, print};
use crate::context::Context;
use crate::error::CliError;
use crate::text::{connection_name, printable};

pub(crate) fn run(context: &Context, args: &Db) -> Result<u8, CliError> {
    match &args.command {
        DbCommand::Create { server, name, template } => {
            let mut server = open(context, server)?;
            let mut console = Console::new(&context.interrupt, false);
            let mut progress = pum_core::Context::new(&mut console, &context.interrupt);
            create_database(&mut server, name, template.as_deref(), &mut progress)?;
            std::mem::drop(console);
            let copied =
                template.as_ref().map(|it| format!(", a copy of {it}")).unwrap_or_default();
            say_done(&format!("created the database {name}{copied}"))
        }
        DbCommand::Drop { server, name, yes } => drop(context, server, name, *yes),
        DbCommand::Access { server, name, grant_connect, revoke_connect, keep_public } => {
            if grant_connect.is_empty() && revoke_connect.is_empty() && *keep_public {
                let what = "nothing would change: give --grant-connect or --revoke-connect";
                return Err(CliError::ConflictingOptions { what });
            }
            let change = ConnectChange {
                revoke_public: !keep_public,
                grant: grant_connect.clone(),
                revoke: revoke_connect.clone(),
            };
            let access = change_connect_access(&mut open(context, server)?, name, &change)?;
            let everybody = access.public.then(|| "everybody".to_owned());
            let who: Vec<String> = everybody.into_iter().chain(access.roles).collect();
            say_done(&format!("{name}: may connect: {}", who.join(", ")))
        }
    }
}

fn drop(
    context: &Context,
    server: &RoleDatabase,
    name: &str,
    agreed: bool,
) -> Result<u8, CliError> {
    let mut session = open(context, server)?;
    let label = connection_name(session.settings());
    let Some(found) = database_use(&mut session, name)? else {
        return Err(CliError::NoDatabase { name: name.to_owned(), label });
    };
    let mut console = Console::new(&context.interrupt, false).agreeing(agreed);
    let sessions = match found.sessions {
        0 => String::new(),
        number => {
            let number = count(number, "session");
            format!(", {number} will be ended")
        }
    };
    let question = format!(
        "Drop the database {} of {label} with all its data ({}{sessions})?",
        printable(name),
        size(found.size)
    );
    if !console.confirm(&question)? {
        return Ok(exit::DIFFERENT);
    }
    drop_database(&mut session, name)?;
    say_done(&format!("dropped the database {name}"))
}

/// A session on the server, in a database that is none of these.
fn open(context: &Context, server: &RoleDatabase) -> Result<Session, CliError> {
    let settings = context.settings(context.database(server.pg_service.as_deref())?)?;
    Ok(maintenance_session(&settings, &context.interrupt)?)
}

fn say_done(text: &str) -> Result<u8, CliError> {
    print(&format!("{}\n", printable(text)))?;
    Ok(exit::SUCCESS)
}
