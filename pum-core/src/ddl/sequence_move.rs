//! From a default that is the next value of a sequence to an identity column, and back: the value of
//! the sequence stays.

use super::name;
use super::sequence::{of_column, owned_by};
use super::statements::{Ddl, NoStatement, Schemas};
use crate::model::{Column, ColumnValue, Identity, Kind, Sequence, SequenceOwner};
use crate::sql::quote_ident;

/// The statements beside the changes of the column.
#[derive(Debug, Default)]
pub(super) struct SequenceMove {
    /// Before.
    pub(super) before: Vec<String>,
    /// Once its old default or identity is gone.
    pub(super) between: Vec<String>,
    /// Once it has the new one.
    pub(super) after: Vec<String>,
}

impl SequenceMove {
    pub(super) fn of(
        (from, to): (&Column, &Column),
        column: &Identity,
        schemas: &Schemas<'_>,
    ) -> Result<Self, NoStatement> {
        let is_identity = |column: &Column| matches!(column.value, ColumnValue::Identity(_));
        match (is_identity(from), is_identity(to)) {
            (false, true) => Self::to_identity(column, schemas),
            (true, false) => Self::from_identity(column, schemas),
            (false, false) => Ok(Self::to_another(column, schemas)),
            (true, true) => Ok(Self::default()),
        }
    }

    /// The sequence of the identity column begins where the one stopped that the column owned.
    fn to_identity(column: &Identity, schemas: &Schemas<'_>) -> Result<Self, NoStatement> {
        let mut owned = of_column(column, schemas.current);
        let (Some((old, _)), None) = (owned.next(), owned.next()) else {
            return Ok(Self::default());
        };
        let Some((new, sequence)) = identity_sequence(of_column(column, schemas.wanted)) else {
            return Ok(Self::default());
        };
        if old != new {
            return Ok(Self { after: vec![set_value(new, old)], ..Self::default() });
        }
        let away = name::out_of_the_way(old);
        let mut after =
            vec![set_value(new, &away), format!("DROP SEQUENCE {};", name::full(&away))];
        after.extend(sequence.finish(new, schemas)?);
        Ok(Self { before: vec![rename(old, &away)], after, ..Self::default() })
    }

    /// A new sequence that the column is to own begins where the one stopped that it owned.
    fn to_another(column: &Identity, schemas: &Schemas<'_>) -> Self {
        let old = only(of_column(column, schemas.current));
        let new = only(of_column(column, schemas.wanted));
        match (old, new) {
            (Some(old), Some(new))
                if schemas.wanted.get(old).is_none() && schemas.current.get(new).is_none() =>
            {
                Self { after: vec![set_value(new, old)], ..Self::default() }
            }
            _ => Self::default(),
        }
    }

    /// The sequence that the column is to own begins where that of the identity column stopped.
    fn from_identity(column: &Identity, schemas: &Schemas<'_>) -> Result<Self, NoStatement> {
        let mut owned = of_column(column, schemas.wanted);
        let (Some((new, sequence)), None) = (owned.next(), owned.next()) else {
            return Ok(Self::default());
        };
        let Some((old, _)) = identity_sequence(of_column(column, schemas.current)) else {
            return Ok(Self::default());
        };
        if old != new {
            return Ok(Self { before: vec![set_value(new, old)], ..Self::default() });
        }
        // The old one goes with the identity.
        let away = name::out_of_the_way(new);
        let mut before = sequence.create(&away, schemas)?;
        before.push(set_value(&away, old));
        let between = vec![rename(&away, new), owned_by(new, &column.quoted_name())];
        Ok(Self { before, between, after: Vec::new() })
    }
}

/// The sequence, if there is one and no other.
pub(super) fn only<'a>(
    mut sequences: impl Iterator<Item = (&'a Identity, &'a Sequence)>,
) -> Option<&'a Identity> {
    let (first, _) = sequences.next()?;
    sequences.next().is_none().then_some(first)
}

/// Whether the value of a sequence is carried over to another one of its column.
pub(crate) fn is_carried(sequence: &Sequence, schemas: &Schemas<'_>) -> bool {
    let Some(name) = sequence.owner_column.column() else { return false };
    let column = schemas.current.named(Kind::Column, name).map(|column| &column.identity);
    column.is_some_and(|column| {
        only(of_column(column, schemas.current)).is_some()
            && only(of_column(column, schemas.wanted)).is_some()
            && schemas.wanted.of::<Column>(column).is_some()
    })
}

fn identity_sequence<'a>(
    mut sequences: impl Iterator<Item = (&'a Identity, &'a Sequence)>,
) -> Option<(&'a Identity, &'a Sequence)> {
    sequences.find(|(_, it)| matches!(it.owner_column, SequenceOwner::IdentityColumn(_)))
}

pub(super) fn set_value(sequence: &Identity, from: &Identity) -> String {
    let (to, from) = (crate::sql::quote_literal(&name::full(sequence)), name::full(from));
    format!("SELECT pg_catalog.setval({to}, last_value, is_called) FROM {from};")
}

fn rename(from: &Identity, to: &Identity) -> String {
    format!("ALTER SEQUENCE {} RENAME TO {};", name::full(from), quote_ident(&to.name))
}
