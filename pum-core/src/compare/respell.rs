use super::{CompareOptions, RespellError, Workshop, both, scope_of, without_upgrades_table};
use crate::Interrupt;
use crate::catalog;
use crate::connect::{Session, Settings};
use crate::diff::{Difference, merge};
use crate::dump::{
    DumpOptions, RestoreOptions, Tools, create_roles, dump, restore, roles_named_by,
};
use crate::model::Model;
use crate::progress::Silent;
use crate::scratch::Server;

/// The differences between both schemas after a dump and restore of each on one scratch server;
/// or why that cannot be had.
pub(super) fn differences(
    left: &mut Session,
    right: &mut Session,
    options: &CompareOptions,
    workshop: Option<&Workshop>,
    interrupt: &Interrupt,
) -> Result<Vec<Difference>, String> {
    let workshop = workshop.ok_or("no PostgreSQL programs were given for it")?;
    let newest = left.version().major().max(right.version().major());
    let round = RoundTrip { options, workshop, major: newest, interrupt };
    let server = workshop.scratch.get(newest, interrupt).map_err(|err| err.to_string())?;
    if server.major() < newest {
        return Err(format!(
            "the installed PostgreSQL server is of version {}, and version {newest} would be needed",
            server.major()
        ));
    }
    let text = |err: RespellError| err.to_string();
    provide_roles(&mut [&mut *left, &mut *right], server, interrupt).map_err(text)?;
    let (left_settings, right_settings) = (left.settings(), right.settings());
    let (left, right) = both(
        || round.model_of(left_settings, server, "left"),
        || round.model_of(right_settings, server, "right"),
    );
    Ok(merge(&left.map_err(text)?, &right.map_err(text)?, &options.filters))
}

/// Makes the roles on the scratch server that policies name: a dump without owners and privileges
/// names them all the same.
fn provide_roles(
    sessions: &mut [&mut Session],
    server: &Server,
    interrupt: &Interrupt,
) -> Result<(), RespellError> {
    let mut scratch = Session::open(&server.settings("postgres")?, interrupt)?;
    for session in sessions {
        create_roles(&mut scratch, &roles_named_by(session)?)?;
    }
    Ok(())
}

struct RoundTrip<'a> {
    options: &'a CompareOptions,
    workshop: &'a Workshop,
    /// The newer of both servers' major versions: one `pg_dump` serves both.
    major: u32,
    interrupt: &'a Interrupt,
}

impl RoundTrip<'_> {
    fn model_of(
        &self,
        settings: &Settings,
        server: &Server,
        side: &str,
    ) -> Result<Model, RespellError> {
        let Workshop { installations, overrides, .. } = self.workshop;
        let tools = Tools::choose(installations, overrides, self.major)?;
        let scope = scope_of(self.options);
        let directory = tempfile::Builder::new().prefix("pum-").tempdir()?;
        let archive = directory.path().join("schema.dump");
        let dump_options = DumpOptions {
            exclude_schemas: scope.exclude_schemas.clone(),
            schema_only: true,
            without_extras: true,
            without_roles: true,
            ..DumpOptions::default()
        };
        dump(&tools, settings, &archive, &dump_options, &mut Silent, self.interrupt)?;
        let target = server.settings(&format!("pum_respelled_{side}"))?;
        let restore_options = RestoreOptions {
            replace: true,
            without_roles: true,
            without_tablespaces: true,
            unchecked: true,
            ..RestoreOptions::default()
        };
        restore(&tools, &archive, &target, &restore_options, &mut Silent, self.interrupt)?;
        let mut restored = Session::open(&target, self.interrupt)?;
        let model = catalog::read(&mut restored, &scope)?;
        Ok(without_upgrades_table(model, self.options))
    }
}
