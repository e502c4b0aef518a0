use std::cell::RefCell;
use std::path::Path;

use super::object_names::NameHistory;
use super::target_profile::TargetProfile;
use super::{SourceError, Toolchain};
use crate::Interrupt;
use crate::connect::{Session, Settings};
use crate::delta::tokens;
use crate::dump::{self, Role};
use crate::scratch::ScratchServer;
use crate::upgrade::StatementFailure;

/// A place on a scratch server where one source is built.
pub(super) struct BuildDatabase<'a> {
    pub(super) profile: &'a TargetProfile,
    pub(super) server: &'a ScratchServer,
    /// How the source is called.
    pub(super) label: &'a str,
    /// The name of its database.
    pub(super) database: &'a str,
    pub(super) interrupt: &'a Interrupt,
    /// The names of objects after each script, if they are watched.
    pub(super) names: Option<RefCell<NameHistory>>,
}

/// The role that builds objects without a known owner.
const SUPERUSER: &str = "postgres";

impl<'a> BuildDatabase<'a> {
    /// Starts the server, if it does not run, and makes the roles.
    pub(super) fn prepare(
        profile: &'a TargetProfile,
        toolchain: &'a Toolchain,
        label: &'a str,
        database: &'a str,
        interrupt: &'a Interrupt,
    ) -> Result<Self, SourceError> {
        let server = toolchain.scratch.get(profile.major, interrupt)?;
        let target = Self { profile, server, label, database, interrupt, names: None };
        let mut session = Session::open(&server.settings(SUPERUSER)?, interrupt)?;
        dump::create_scratch_roles(&mut session, &profile.roles)?;
        dump::grant_create(&mut session, target.role())?;
        Ok(target)
    }

    pub(super) fn role(&self) -> &str {
        self.profile.role.as_deref().unwrap_or(SUPERUSER)
    }

    pub(super) fn settings(&self) -> Result<Settings, SourceError> {
        Ok(self.server.settings_as(self.database, self.role())?)
    }

    /// Makes roles that scripts name and the other side does not.
    pub(super) fn make_roles(&self, roles: &[Role]) -> Result<(), SourceError> {
        let mut session = Session::open(&self.server.settings(SUPERUSER)?, self.interrupt)?;
        Ok(dump::create_scratch_roles(&mut session, roles)?)
    }

    /// A session in a new, empty database.
    pub(super) fn new_database(&self) -> Result<Session, SourceError> {
        let settings = self.settings()?;
        dump::create_empty(&settings, self.profile.properties.as_ref(), self.interrupt)?;
        Ok(Session::open(&settings, self.interrupt)?)
    }

    /// Looks at the names of objects after a script, if they are watched.
    pub(super) fn look_at_names(
        &self,
        session: &mut Session,
        script: &Path,
    ) -> Result<(), SourceError> {
        let Some(names) = &self.names else { return Ok(()) };
        let name = script.file_name().unwrap_or_default().to_string_lossy();
        let looked = names.borrow_mut().look(session, &name);
        looked.map_err(|err| self.server_error("read the names of objects".to_owned(), err))
    }

    pub(super) fn script_error(&self, failure: Box<StatementFailure>) -> SourceError {
        let (label, major) = (self.label.to_owned(), self.server.major());
        SourceError::Script { label, major, failure, hint: None }
    }

    pub(super) fn server_error(&self, action: String, source: postgres::Error) -> SourceError {
        SourceError::Server { label: self.label.to_owned(), action, cause: source }
    }
}

/// Whether a statement makes a role that is there: roles were made before the scripts ran.
pub(super) fn has_role_of(session: &mut Session, sql: &str) -> bool {
    let Some(role) = created_role(sql) else { return false };
    // In a failed transaction the script's own error is to be told.
    dump::missing_roles(session, &[role]).is_ok_and(|missing| missing.is_empty())
}

/// The role that a statement makes.
fn created_role(sql: &str) -> Option<String> {
    let start = sql.get(..6)?;
    if !start.eq_ignore_ascii_case("create") {
        return None;
    }
    let tokens = tokens(sql);
    let keys: Vec<&str> = tokens.iter().take(3).map(|token| token.key.as_str()).collect();
    match keys.as_slice() {
        ["create", "role" | "group" | "user", name] if *name != "mapping" => {
            let inside = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
            Some(inside.map_or_else(|| (*name).to_owned(), |name| name.replace("\"\"", "\"")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_that_makes_a_role_is_known() {
        for (sql, role) in [
            ("CREATE ROLE App LOGIN", Some("app")),
            ("create /* x */ user \"A \"\"b\"", Some("A \"b")),
            ("CREATE USER MAPPING FOR a SERVER s", None),
            ("CREATE TABLE role (a int)", None),
        ] {
            assert_eq!(created_role(sql).as_deref(), role, "{sql}");
        }
    }
}
