use std::fmt;

use super::name::{quoted_name, split_quoted, unquoted_name};

/// Who has a privilege, or granted it ("Privileges" in the PostgreSQL documentation).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grantee {
    /// The owner of the object, whichever role that is.
    Owner,
    /// All roles.
    Public,
    /// The role of this name.
    Role(String),
}

impl Grantee {
    /// The grantee that is displayed as this text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "owner" => Some(Self::Owner),
            "PUBLIC" => Some(Self::Public),
            name => unquoted_name(name).map(Self::Role),
        }
    }

    /// The one displayed at the start of a text, up to `end`, and what follows that.
    pub(super) fn split<'a>(text: &'a str, end: &str) -> Option<(Self, &'a str)> {
        let at = match split_quoted(text) {
            Some((_, rest)) => text.len() - rest.len(),
            None => text.find(end)?,
        };
        let (grantee, rest) = text.split_at(at);
        Some((Self::parse(grantee)?, rest.strip_prefix(end)?))
    }
}

impl fmt::Display for Grantee {
    /// `owner`, `PUBLIC`, or the name of a role, in quotes where it could be taken for one of
    /// these.
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
