//! `GRANT` and `REVOKE`.

use super::statements::{NoStatement, Statements};
use crate::model::{Grant, Grantee, PrivilegeChange, Privileges};
use crate::sql::quote_ident;

/// The object on which privileges are granted.
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
    /// An object as it is named after `ON`, and its owner.
    pub(super) fn new(on: String, owner: &str) -> Self {
        let owner = Some(owner.to_owned());
        Self { before: String::new(), columns: String::new(), on, owner }
    }

    /// From privileges to others.
    pub(super) fn change(&self, from: &Privileges, to: &Privileges) -> Statements {
        let missing = |from: &Privileges, to: &Privileges| -> Vec<PrivilegeChange> {
            from.changes().iter().filter(|change| !to.changes().contains(change)).cloned().collect()
        };
        let (mut gone, mut new) = (missing(from, to), missing(to, from));
        // With the grant option or without it, it is the same privilege.
        let mut options = Vec::new();
        new.retain(|change| {
            let PrivilegeChange::Granted(wanted) = change else { return true };
            let other = Grant { grantable: !wanted.grantable, ..wanted.clone() };
            let other = PrivilegeChange::Granted(other);
            let Some(at) = gone.iter().position(|change| *change == other) else { return true };
            gone.remove(at);
            options.push(change.clone());
            false
        });
        // Others can grant what the owner let them grant, and only as long as they may.
        gone.sort_by_key(|change| grantor(change) == Some(&Grantee::Owner));
        new.sort_by_key(|change| grantor(change) != Some(&Grantee::Owner));
        // What is granted again without the grant option must be gone before.
        let gone = gone.iter().map(|change| self.statement(change, false));
        let options = options.iter().map(|change| self.grant_option(change));
        gone.chain(options).chain(new.iter().map(|change| self.statement(change, true))).collect()
    }

    /// Grants or revokes the grant option of a privilege.
    fn grant_option(&self, change: &PrivilegeChange) -> Result<String, NoStatement> {
        let PrivilegeChange::Granted(grant) = change else { return Err(NoStatement::Unknown) };
        if grant.grantable {
            return self.statement(change, true);
        }
        let sql = self.statement(change, false)?;
        Ok(sql.replacen("REVOKE ", "REVOKE GRANT OPTION FOR ", 1))
    }

    /// Grants or revokes a privilege.
    fn statement(&self, change: &PrivilegeChange, make: bool) -> Result<String, NoStatement> {
        let (grant, is_granted) = match change {
            PrivilegeChange::Granted(grant) => (grant, make),
            PrivilegeChange::Revoked(grant) => (grant, !make),
            PrivilegeChange::Unknown(_) => return Err(NoStatement::Unknown),
        };
        let Grant { grantee, privilege, grantable, grantor } = grant;
        let grantee = match grantee {
            Grantee::Owner => quote_ident(self.owner.as_deref().ok_or(NoStatement::NotInModel)?),
            Grantee::Public => "PUBLIC".to_owned(),
            Grantee::Role(name) => quote_ident(name),
        };
        let Self { before, columns, on, owner: _ } = self;
        let privilege = privilege.keyword();
        let option = if *grantable { " WITH GRANT OPTION" } else { "" };
        let sql = if is_granted {
            format!("{before}GRANT {privilege}{columns} ON {on} TO {grantee}{option};")
        } else {
            format!("{before}REVOKE {privilege}{columns} ON {on} FROM {grantee};")
        };
        // A privilege is of the role that granted it.
        Ok(match grantor {
            Grantee::Owner => sql,
            Grantee::Role(name) => format!(
                "SET SESSION AUTHORIZATION {}; {sql} RESET SESSION AUTHORIZATION;",
                quote_ident(name)
            ),
            Grantee::Public => return Err(NoStatement::Unknown),
        })
    }
}

fn grantor(change: &PrivilegeChange) -> Option<&Grantee> {
    match change {
        PrivilegeChange::Granted(grant) | PrivilegeChange::Revoked(grant) => Some(&grant.grantor),
        PrivilegeChange::Unknown(_) => None,
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
                "REVOKE GRANT OPTION FOR ALL ON TABLE \"s\".\"t\" FROM \"a\";",
                "GRANT UPDATE ON TABLE \"s\".\"t\" TO \"A b\";",
                "REVOKE TRIGGER ON TABLE \"s\".\"t\" FROM \"o w\";",
            ]
        );
        assert_eq!(change(&["a: ALL"], &["a: ALL"]), Ok(Vec::new()));
    }

    #[test]
    fn another_role_grants_after_the_owner_and_revokes_before() {
        let by_other = "SET SESSION AUTHORIZATION \"b\"; ";
        assert_eq!(
            change(&[], &["a: SELECT by b", "b: SELECT with grant option"]).unwrap(),
            [
                "GRANT SELECT ON TABLE \"s\".\"t\" TO \"b\" WITH GRANT OPTION;".to_owned(),
                format!(
                    "{by_other}GRANT SELECT ON TABLE \"s\".\"t\" TO \"a\"; \
                     RESET SESSION AUTHORIZATION;"
                ),
            ]
        );
        assert_eq!(
            change(&["a: SELECT by b", "b: SELECT with grant option"], &[]).unwrap()[0],
            format!(
                "{by_other}REVOKE SELECT ON TABLE \"s\".\"t\" FROM \"a\"; \
                 RESET SESSION AUTHORIZATION;"
            )
        );
        assert_eq!(change(&["a=z/b"], &[]), Err(NoStatement::Unknown));
    }
}
