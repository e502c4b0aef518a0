//! Objects that `CREATE OR REPLACE` makes what they shall be.

use crate::ddl::{self, Alteration, Schemas};
use crate::model::{Attributes, Column, Model, Object, ViewKind};

/// Whether `CREATE OR REPLACE` can make an object what is wanted.
pub(super) fn can_be_replaced(current: &Object, wanted: &Object, schemas: &Schemas<'_>) -> bool {
    match (&current.attributes, &wanted.attributes) {
        (Attributes::View(from), Attributes::View(to)) => {
            // Columns can only be added at the end.
            let columns = |model: &Model| {
                let mut columns: Vec<(Option<i64>, String, String, Option<String>)> = model
                    .parts_of::<Column>(&current.identity)
                    .map(|(identity, column)| {
                        let Column { position, data_type, collation, .. } = column;
                        (*position, identity.name.clone(), data_type.clone(), collation.clone())
                    })
                    .collect();
                columns.sort();
                columns
            };
            let is_view = [from, to].iter().all(|view| view.relation == ViewKind::View);
            is_view && columns(schemas.wanted).starts_with(&columns(schemas.current))
        }
        (Attributes::Function(from), Attributes::Function(to)) => {
            from.routine == to.routine
                && from.signature == to.signature
                && from.returns == to.returns
        }
        _ => true,
    }
}

/// What else is to be changed of what is replaced: owner, comment, privileges.
pub(super) fn after_replacement(
    current: &Object,
    wanted: &Object,
    schemas: &Schemas<'_>,
) -> Option<Vec<String>> {
    let mut from = wanted.attributes.clone();
    for name in ["owner", "comment", "privileges", "extensions"] {
        if let Some(with) = from.with(&current.attributes, name) {
            from = with;
        }
    }
    match ddl::alteration(&from, &wanted.attributes, &wanted.identity, schemas) {
        Ok(Alteration::InPlace(statements)) if !statements.is_empty() => Some(statements),
        _ => None,
    }
}
