use super::attribute::{Attribute, AttributeReader};
use super::letters::Persistence;
use super::macros::attributes;
use super::privileges::Privileges;
use super::value::Value;

attributes! {
    /// A sequence: `pg_sequence`.
    Sequence {
        /// The owning role.
        owner: String,
        /// `smallint`, `integer` or `bigint`.
        data_type: String,
        /// `START WITH`.
        start: Option<i64>,
        /// `INCREMENT BY`.
        increment: Option<i64>,
        /// `MINVALUE`.
        minimum: Option<i64>,
        /// `MAXVALUE`.
        maximum: Option<i64>,
        /// `CACHE`.
        cache: Option<i64>,
        /// `CYCLE`.
        cycle: bool,
        /// `permanent` or `unlogged`.
        persistence: Persistence,
        /// Whether a column owns it, or even is made with it.
        owner_column: SequenceOwner as [owned_by, identity],
        /// `COMMENT ON SEQUENCE`.
        comment: Option<String>,
        /// Granted privileges.
        privileges: Privileges,
    }
}

/// The column, as `schema.table.column`, that a sequence belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SequenceOwner {
    /// None.
    None,
    /// `OWNED BY` this column.
    Column(String),
    /// It is part of this identity column.
    IdentityColumn(String),
}

impl SequenceOwner {
    /// The column.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Column(column) | Self::IdentityColumn(column) => Some(column),
        }
    }
}

impl Attribute<2> for SequenceOwner {
    fn read<R: AttributeReader>(
        reader: &mut R,
        [owned_by, identity]: [&'static str; 2],
    ) -> Result<Self, R::Error> {
        let column = reader.text(owned_by)?;
        Ok(match (column, reader.boolean(identity)?) {
            (None, false) => Self::None,
            (Some(column), false) => Self::Column(column),
            (Some(column), true) => Self::IdentityColumn(column),
            (None, true) => {
                return Err(reader.invalid(identity, "an identity column's sequence has a column"));
            }
        })
    }
    fn values(&self) -> [Value; 2] {
        let column = self.column().map(str::to_owned).map_or(Value::None, Value::Text);
        [column, Value::Boolean(matches!(self, Self::IdentityColumn(_)))]
    }
}
