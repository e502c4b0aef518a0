use std::fmt;

use super::attribute::{Attribute, AttributeReader};
use super::macros::{attributes, words};
use super::name::{quoted_name, unquoted_name};
use super::value::{Sql, Value};

attributes! {
    /// A row security policy: `pg_policy`.
    Policy {
        /// `all`, `select`, `insert`, `update` or `delete`.
        command: PolicyCommand,
        /// False for `AS RESTRICTIVE`.
        permissive: bool,
        /// The roles it is for.
        roles: Vec<PolicyRole>,
        /// `USING (…)`.
        using: Option<Sql>,
        /// `WITH CHECK (…)`.
        with_check: Option<Sql>,
        /// `COMMENT ON POLICY`.
        comment: Option<String>,
    }
}

words! {
    /// The commands that a policy is for: `pg_policy.polcmd`.
    PolicyCommand {
        /// All of them.
        All = "all",
        /// `SELECT`.
        Select = "select",
        /// `INSERT`.
        Insert = "insert",
        /// `UPDATE`.
        Update = "update",
        /// `DELETE`.
        Delete = "delete",
    }
}

/// Whom a policy is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyRole {
    /// All roles.
    Public,
    /// The role of this name.
    Role(String),
}

impl fmt::Display for PolicyRole {
    /// `PUBLIC`, or the name of a role, in quotes where it needs them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("PUBLIC"),
            Self::Role(name) => f.write_str(&quoted_name([name.as_str()])),
        }
    }
}

impl Attribute<1> for Vec<PolicyRole> {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [name]: [&'static str; 1],
    ) -> Result<Self, R::Error> {
        let texts = reader.list(name)?;
        let role = |text: &String| match text.as_str() {
            "PUBLIC" => Ok(PolicyRole::Public),
            role => unquoted_name(role)
                .map(PolicyRole::Role)
                .ok_or_else(|| reader.invalid(name, &format!("{role} is not a role name"))),
        };
        texts.iter().map(role).collect()
    }
    fn values(&self) -> [Value; 1] {
        [Value::List(self.iter().map(ToString::to_string).collect())]
    }
}
