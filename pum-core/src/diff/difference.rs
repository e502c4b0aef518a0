use super::spelling::same_deparse;
use crate::model::{Identity, Value};

/// One difference between two models, which are called left and right.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Difference {
    /// The object.
    pub identity: Identity,
    /// The kind of difference.
    #[serde(flatten)]
    pub change: Change,
}

/// How an object differs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// It exists only in the left model. Its parts are not listed separately.
    OnlyLeft,
    /// It exists only in the right model. Its parts are not listed separately.
    OnlyRight,
    /// It exists in both, with different values of one attribute.
    Attribute {
        /// The attribute.
        name: &'static str,
        /// Its value in the left model.
        left: Value,
        /// Its value in the right model.
        right: Value,
    },
}

impl std::fmt::Display for Difference {
    /// The sides are told as "on the left" and "on the right"; [`Difference::between`] names them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.told("on the left", "on the right"))
    }
}

impl Difference {
    /// Describes the difference, with the names of both sides.
    ///
    /// ```
    /// use pum_core::diff::{Change, Difference};
    /// use pum_core::model::{Identity, Kind};
    ///
    /// let identity = Identity {
    ///     kind: Kind::Table,
    ///     schema: "app".to_owned(),
    ///     parent: None,
    ///     name: "orders".to_owned(),
    ///     arguments: None,
    /// };
    /// let difference = Difference { identity, change: Change::OnlyLeft };
    /// assert_eq!(difference.between("test", "reference"), "table app.orders: only in test");
    /// ```
    pub fn between(&self, left: &str, right: &str) -> String {
        self.told(&format!("in {left}"), &format!("in {right}"))
    }

    fn told(&self, in_left: &str, in_right: &str) -> String {
        let Self { identity, change } = self;
        match change {
            Change::OnlyLeft => format!("{identity}: only {in_left}"),
            Change::OnlyRight => format!("{identity}: only {in_right}"),
            Change::Attribute { name, left, right } => {
                format!("{identity}: {name}: {left} {in_left}, {right} {in_right}")
            }
        }
    }

    /// Whether this may be only another spelling: both values are SQL that the server printed from
    /// its parsed form, which a dump and restore can rewrite.
    pub fn may_be_spelling(&self) -> bool {
        matches!(&self.change, Change::Attribute { left: Value::Sql(_), right: Value::Sql(_), .. })
    }

    /// Whether the values are the same SQL as printed by two major versions of the server.
    pub fn is_spelling_of_majors(&self, left: u32, right: u32) -> bool {
        match &self.change {
            Change::Attribute { left: Value::Sql(l), right: Value::Sql(r), .. }
                if left != right =>
            {
                let (left, right) = ((left, l.as_str()), (right, r.as_str()));
                same_deparse(left.min(right), left.max(right))
            }
            _ => false,
        }
    }

    /// Whether another difference concerns the same object and attribute.
    pub fn is_about_the_same(&self, other: &Self) -> bool {
        let attribute = |difference: &Self| match difference.change {
            Change::Attribute { name, .. } => Some(name),
            Change::OnlyLeft | Change::OnlyRight => None,
        };
        self.identity == other.identity && attribute(self) == attribute(other)
    }
}
