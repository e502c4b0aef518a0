use std::fmt;

use super::quoted_name;

/// Who has a privilege, or granted it ("Privileges" in the PostgreSQL documentation).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grantee {
    /// The owner of the object, whoever that is.
    Owner,
    /// All roles.
    Public,
    /// The role of this name.
    Role(String),
}

impl fmt::Display for Grantee {
    /// `owner`, `PUBLIC`, or the name of a role, in quotes where it could be taken for one of these.
    ///
    /// ```
    /// use pum_core::model::Grantee;
    ///
    /// let shown = |name: &str| Grantee::Role(name.to_owned()).to_string();
    /// assert_eq!([shown("app"), shown("App")], ["app", "\"App\""]);
    /// assert_eq!([Grantee::Owner.to_string(), shown("owner")], ["owner", "\"owner\""]);
    /// assert_eq!([Grantee::Public.to_string(), shown("PUBLIC")], ["PUBLIC", "\"PUBLIC\""]);
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner => f.write_str("owner"),
            Self::Public => f.write_str("PUBLIC"),
            Self::Role(name) if name == "owner" => f.write_str("\"owner\""),
            Self::Role(name) => f.write_str(&quoted_name([name.as_str()])),
        }
    }
}
