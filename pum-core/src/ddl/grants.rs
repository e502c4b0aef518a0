//! `GRANT` and `REVOKE`.

use super::statements::{NoStatement, Statements};
use crate::model::{Grant, Grantee, PrivilegeChange, Privileges};
use crate::sql::quote_ident;

/// On what privileges are granted.
#[derive(Debug, Clone)]
pub(super) struct GrantTarget {
    /// Before `GRANT` and `REVOKE`.
    pub(super) before: String,
    /// Behind the privilege.
    pub(super) columns: String,
    /// `TABLE "s"."t"`
    pub(super) on: String,
    /// The owner's name, if it is known.
    pub(super) owner: Option<String>,
}

impl GrantTarget {
    /// An object as it stands behind `ON`, and its owner.
    pub(super) fn new(on: String, owner: &str) -> Self {
        let owner = Some(owner.to_owned());
        Self { before: String::new(), columns: String::new(), on, owner }
    }

    /// From privileges to others.
    pub(super) fn change(&self, from: &Privileges, to: &Privileges) -> Statements {
        let gone = from.changes().iter().filter(|change| !to.changes().contains(change));
        let new = to.changes().iter().filter(|change| !from.changes().contains(change));
        // What is granted anew without the grant option must be gone before.
        let gone = gone.map(|change| self.statement(change, false));
        gone.chain(new.map(|change| self.statement(change, true))).collect()
    }

    /// What makes a change, or takes it back.
    fn statement(&self, change: &PrivilegeChange, make: bool) -> Result<String, NoStatement> {
        let (grant, is_granted) = match change {
            PrivilegeChange::Granted(grant) => (grant, make),
            PrivilegeChange::Revoked(grant) => (grant, !make),
            PrivilegeChange::Unknown(_) => return Err(NoStatement::Unknown),
        };
        let Grant { grantee, privilege, grantable, grantor } = grant;
        if *grantor != Grantee::Owner {
            return Err(NoStatement::GrantedByOther);
        }
        let grantee = match grantee {
            Grantee::Owner => quote_ident(self.owner.as_deref().ok_or(NoStatement::NotInModel)?),
            Grantee::Public => "PUBLIC".to_owned(),
            Grantee::Role(name) => quote_ident(name),
        };
        let Self { before, columns, on, owner: _ } = self;
        let privilege = privilege.keyword();
        if !is_granted {
            return Ok(format!("{before}REVOKE {privilege}{columns} ON {on} FROM {grantee};"));
        }
        let option = if *grantable { " WITH GRANT OPTION" } else { "" };
        Ok(format!("{before}GRANT {privilege}{columns} ON {on} TO {grantee}{option};"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(from: &[&str], to: &[&str]) -> Statements {
        let target = GrantTarget::new("TABLE \"s\".\"t\"".to_owned(), "o w");
        let parse = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            Privileges::parse(&texts).unwrap()
        };
        target.change(&parse(from), &parse(to))
    }

    #[test]
    fn only_what_differs_is_granted_and_revoked() {
        assert_eq!(
            change(
                &["PUBLIC: not EXECUTE", "a: ALL with grant option", "b: SELECT"],
                &["\"A b\": UPDATE", "a: ALL", "b: SELECT", "owner: not TRIGGER"],
            )
            .unwrap(),
            [
                "GRANT EXECUTE ON TABLE \"s\".\"t\" TO PUBLIC;",
                "REVOKE ALL ON TABLE \"s\".\"t\" FROM \"a\";",
                "GRANT UPDATE ON TABLE \"s\".\"t\" TO \"A b\";",
                "GRANT ALL ON TABLE \"s\".\"t\" TO \"a\";",
                "REVOKE TRIGGER ON TABLE \"s\".\"t\" FROM \"o w\";",
            ]
        );
        assert_eq!(change(&["a: ALL"], &["a: ALL"]), Ok(Vec::new()));
    }

    #[test]
    fn what_only_another_role_can_grant_has_no_statement() {
        assert_eq!(change(&[], &["a: SELECT by b"]), Err(NoStatement::GrantedByOther));
        assert_eq!(change(&["a=z/b"], &[]), Err(NoStatement::Unknown));
    }
}
