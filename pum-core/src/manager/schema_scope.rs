use crate::catalog::Scope;
use crate::diff::{Filters, PartitionManager, without_partitions};
use crate::model::{Identity, Kind, Model};
use crate::upgrade::TableName;

/// What of a schema must be the same in rehearsal and production: everything, but for what the
/// filters leave out and pum's own tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct SchemaScope<'a> {
    pub(super) table: &'a TableName,
    pub(super) filters: &'a Filters,
}

impl SchemaScope<'_> {
    /// What is read: all kinds, but for those that the filters leave out and the role may be unable
    /// to read.
    pub(super) fn of_catalog(self) -> Scope {
        let unreadable = |kind: &Kind| matches!(kind, Kind::UserMapping | Kind::Subscription);
        Scope {
            exclude_kinds: self.filters.excluded_kinds().filter(unreadable).collect(),
            ..Scope::default()
        }
    }

    /// A schema without the partitions that come and go, as the settings say: one more or less in
    /// production is no change.
    pub(super) fn without_managed(self, model: &Model) -> Model {
        without_partitions(model, &|table| self.is_managed(table))
    }

    /// Whether the settings say that the partitions of a table come and go.
    pub(super) fn is_managed(self, table: &Identity) -> Option<Option<PartitionManager>> {
        self.filters.has_managed_partitions(table).then_some(None)
    }

    /// A schema without the tables of pum, of which the copy has those of production.
    pub(super) fn without_own(self, mut model: Model) -> Model {
        for own in self.table.all() {
            model.remove_table(own.schema(), own.name());
        }
        model
    }
}
