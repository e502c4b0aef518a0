use std::fmt;
use std::str::FromStr;

use super::grantee::Grantee;

/// The declaration of [`Privilege`]: each with its key word.
macro_rules! privileges {
    ($($(#[$doc:meta])* $privilege:ident $word:literal,)+) => {
        /// A privilege ("Privileges" in the PostgreSQL documentation).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Privilege { $($(#[$doc])* $privilege,)+ }

        impl Privilege {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$privilege,)+];

            /// The key word, as `GRANT` takes it.
            pub fn keyword(self) -> &'static str {
                match self { $(Self::$privilege => $word,)+ }
            }
        }
    };
}

privileges! {
    /// All privileges that the owner of the object has.
    AllPrivileges "ALL",
    /// Read rows.
    Select "SELECT",
    /// Add rows.
    Insert "INSERT",
    /// Change rows.
    Update "UPDATE",
    /// Remove rows.
    Delete "DELETE",
    /// Empty a table.
    Truncate "TRUNCATE",
    /// Refer to a table in a foreign key.
    References "REFERENCES",
    /// Make triggers on a table.
    Trigger "TRIGGER",
    /// Call a function.
    Execute "EXECUTE",
    /// Use a schema, sequence, type, language, server or wrapper.
    Usage "USAGE",
    /// Make objects in a schema or database.
    Create "CREATE",
    /// Make temporary tables.
    Temporary "TEMPORARY",
    /// Connect to a database.
    Connect "CONNECT",
    /// Set a configuration parameter.
    Set "SET",
    /// Set a configuration parameter in the server's configuration.
    AlterSystem "ALTER SYSTEM",
    /// `VACUUM`, `ANALYZE` and the like.
    Maintain "MAINTAIN",
}

/// One privilege of one grantee.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// Who has it.
    pub grantee: Grantee,
    /// What it allows.
    pub privilege: Privilege,
    /// `WITH GRANT OPTION`.
    pub grantable: bool,
    /// Who granted it.
    pub grantor: Grantee,
}

/// One thing in which the privileges on an object are not the default ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrivilegeChange {
    /// Granted, and not by default.
    Granted(Grant),
    /// There by default, and revoked.
    Revoked(Grant),
    /// An `aclitem` with a letter that this version of pum does not know, as the server prints it.
    Unknown(String),
}

impl PrivilegeChange {
    fn write(f: &mut fmt::Formatter<'_>, not: &str, grant: &Grant) -> fmt::Result {
        let Grant { grantee, privilege, grantable, grantor } = grant;
        write!(f, "{grantee}: {not}{}", privilege.keyword())?;
        if *grantable {
            f.write_str(GRANT_OPTION)?;
        }
        match grantor {
            Grantee::Owner => Ok(()),
            other => write!(f, "{BY}{other}"),
        }
    }
}

const NOT: &str = "not ";
const GRANT_OPTION: &str = " with grant option";
const BY: &str = " by ";

impl fmt::Display for PrivilegeChange {
    /// `reader: SELECT with grant option`, `PUBLIC: not EXECUTE`, `reader: SELECT by other`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted(grant) => Self::write(f, "", grant),
            Self::Revoked(grant) => Self::write(f, NOT, grant),
            Self::Unknown(item) => f.write_str(item),
        }
    }
}

/// A text is not what [`PrivilegeChange`] is displayed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a privilege such as \"reader: SELECT\"")]
pub struct NotAPrivilege;

impl FromStr for PrivilegeChange {
    type Err = NotAPrivilege;

    fn from_str(text: &str) -> Result<Self, NotAPrivilege> {
        if let Some(change) = granted_or_revoked(text) {
            return Ok(change);
        }
        // `grantee=letters/grantor`
        let is_item = text.split_once('=').is_some_and(|(_, rest)| rest.contains('/'));
        if is_item { Ok(Self::Unknown(text.to_owned())) } else { Err(NotAPrivilege) }
    }
}

fn granted_or_revoked(text: &str) -> Option<PrivilegeChange> {
    let (grantee, rest) = Grantee::split(text, ": ")?;
    let (rest, revoked) = rest.strip_prefix(NOT).map_or((rest, false), |rest| (rest, true));
    let starts = |privilege: &&Privilege| rest.starts_with(privilege.keyword());
    let privilege = *Privilege::ALL.iter().find(starts)?;
    let rest = rest.strip_prefix(privilege.keyword())?;
    let (rest, grantable) =
        rest.strip_prefix(GRANT_OPTION).map_or((rest, false), |rest| (rest, true));
    let grantor = match rest.strip_prefix(BY) {
        Some(grantor) => Grantee::parse(grantor)?,
        None if rest.is_empty() => Grantee::Owner,
        None => return None,
    };
    let grant = Grant { grantee, privilege, grantable, grantor };
    Some(if revoked { PrivilegeChange::Revoked(grant) } else { PrivilegeChange::Granted(grant) })
}

/// Privileges on an object, as far as they are not the default ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Privileges(Vec<PrivilegeChange>);

impl Privileges {
    /// These, in this order.
    pub fn new(changes: Vec<PrivilegeChange>) -> Self {
        Self(changes)
    }

    /// Deviations from the default.
    pub fn changes(&self) -> &[PrivilegeChange] {
        &self.0
    }

    /// Whether all is as by default.
    pub fn is_default(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that these texts stand for; the first that stands for none is an error.
    ///
    /// # Errors
    ///
    /// If the text is no such list.
    pub fn parse(texts: &[String]) -> Result<Self, &str> {
        let parse = |text| match str::parse(text) {
            Ok(change) => Ok(change),
            Err(NotAPrivilege) => Err(text),
        };
        texts.iter().map(String::as_str).map(parse).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_displayed_is_read_back() {
        for text in [
            "reader: SELECT",
            "PUBLIC: not EXECUTE",
            "owner: not TRIGGER",
            "\"a: \"\"b\": ALL with grant option",
            "reader: SELECT with grant option by \"other by one\"",
            "\"owner\": not ALTER SYSTEM by a",
            "a=r?/b",
            "\"a: SELECT\"=r?/b",
        ] {
            assert_eq!(text.parse::<PrivilegeChange>().unwrap().to_string(), text);
        }
        for text in ["", "reader", "reader: SELEC", "reader: SELECTS", "\"reader: SELECT", "a: "] {
            assert_eq!(text.parse::<PrivilegeChange>(), Err(NotAPrivilege), "{text}");
        }
        let unknown = "\"a: SELECT\"=r?/b".parse::<PrivilegeChange>().unwrap();
        assert!(matches!(unknown, PrivilegeChange::Unknown(_)));
        let all = "a: ALL".parse::<PrivilegeChange>().unwrap();
        assert!(matches!(all, PrivilegeChange::Granted(grant)
            if grant.privilege == Privilege::AllPrivileges && !grant.grantable
                && grant.grantor == Grantee::Owner));
    }
}
