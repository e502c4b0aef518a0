//! A copy of a schema by a dump and restore.

use super::Toolchain;
use crate::Context;
use crate::Interrupt;
use crate::catalog::Scope;
use crate::connect::{ConnectError, Session, SessionOn};
use crate::dump::{
    DatabaseProperties, DumpError, DumpOptions, RestoreOptions, Tools, create_scratch_roles, dump,
    restore, roles_named_by,
};
use crate::scratch::{ScratchError, ScratchServer};

/// Why a schema could not be dumped and restored once more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoundTripError {
    #[error(transparent)]
    Dump(#[from] DumpError),
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("cannot create a temporary directory: {0}")]
    File(#[from] std::io::Error),
}

/// Makes the roles on the scratch server that own objects, have privileges or appear in policies.
pub(crate) fn provide_roles(
    session: &mut SessionOn<'_>,
    server: &ScratchServer,
    interrupt: &Interrupt,
) -> Result<(), RoundTripError> {
    let mut scratch = Session::open(&server.settings("postgres")?, interrupt)?;
    Ok(create_scratch_roles(&mut scratch, &roles_named_by(session)?)?)
}

/// A dump and restore of definitions on a scratch server.
pub(crate) struct RoundTrip<'a> {
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) server: &'a ScratchServer,
    /// The newest major version that is dumped: one `pg_dump` serves all.
    pub(crate) major: u32,
    pub(crate) scope: &'a Scope,
    pub(crate) interrupt: &'a Interrupt,
}

impl RoundTrip<'_> {
    /// A copy of a database without its rows, with owners and privileges. The server must have the
    /// roles that they name.
    pub(crate) fn copy(
        &self,
        session: &SessionOn<'_>,
        name: &str,
    ) -> Result<Session, RoundTripError> {
        let Toolchain { installations, overrides, .. } = self.toolchain;
        let tools = Tools::choose(installations, overrides, self.major)?;
        let directory = tempfile::Builder::new().prefix("pum-").tempdir()?;
        let archive = directory.path().join("schema.dump");
        let dump_options = DumpOptions {
            exclude_schemas: self.scope.exclude_schemas.clone(),
            schema_only: true,
            ..DumpOptions::default()
        };
        dump(
            &tools,
            session.settings(),
            &archive,
            &dump_options,
            &mut Context::silent(self.interrupt),
        )?;
        let target = self.server.settings(name)?;
        let restore_options = RestoreOptions {
            replace: true,
            without_tablespaces: true,
            unchecked: true,
            in_pieces: true,
            properties: DatabaseProperties::of_unconverted(session.encoding()),
            ..RestoreOptions::default()
        };
        restore(&tools, &archive, &target, &restore_options, &mut Context::silent(self.interrupt))?;
        Ok(Session::open(&target, self.interrupt)?)
    }
}
