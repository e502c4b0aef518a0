//! What a statement destroys that cannot be computed again.

use crate::model::{Attributes, ColumnValue, CompositeType, Model, Object, Table, TableKind};

/// What is lost with an object that is dropped.
pub(super) fn lost_with(object: &Object, model: &Model) -> Option<&'static str> {
    match &object.attributes {
        Attributes::Table(table) => match table.relation {
            // Those of its partitions are lost with these; those of a foreign table are elsewhere.
            TableKind::PartitionedTable | TableKind::ForeignTable => None,
            TableKind::Table | TableKind::Unknown(_) => Some("the rows of the table"),
        },
        Attributes::Column(column) => {
            let is_computed = matches!(column.value, ColumnValue::Generated { .. });
            let table = model.parent_of::<Table>(&object.identity);
            let stores = table.is_some_and(|table| table.relation != TableKind::ForeignTable)
                || model.parent_of::<CompositeType>(&object.identity).is_some();
            (stores && !is_computed).then_some("the values of the column")
        }
        Attributes::Sequence(_) => Some("the current value of the sequence"),
        Attributes::Extension(_) => Some("what the extension stores"),
        _ => None,
    }
}
