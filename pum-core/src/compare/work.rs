//! What the two sides of a comparison have in common.

use super::canonicalize::Toolchain;
use super::comparison::{CompareError, CompareOptions};
use super::side::Side;
use crate::catalog::{Addressed, Scope};
use crate::diff::FilterError;
#[cfg(feature = "scratch")]
use crate::model::Dependencies;
use crate::model::{Model, Object, TablePath};
use crate::snapshot::{Excluded, Snapshot};
use crate::upgrade::TableName;
use crate::{Interrupt, catalog};

/// What the two sides of a comparison have in common.
pub(super) struct Work<'a> {
    pub(super) options: CompareOptions,
    pub(super) scope: Scope,
    pub(super) left_out: Vec<TablePath>,
    pub(super) toolchain: Option<&'a Toolchain>,
    pub(super) interrupt: &'a Interrupt,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        options: &CompareOptions,
        left_out: impl IntoIterator<Item = Excluded>,
        toolchain: Option<&'a Toolchain>,
        interrupt: &'a Interrupt,
    ) -> Result<Self, FilterError> {
        let mut options = options.clone();
        let own = options.upgrades_table.iter().flat_map(TableName::all);
        let mut tables: Vec<TablePath> = own.map(|table| table.path().clone()).collect();
        for sides in left_out {
            sides.apply_to(&mut options.filters)?;
            tables.extend(sides.tables);
        }
        let mut scope = scope_of(&options);
        if !options.schema_map.is_empty() {
            // Other objects name what is left out, too.
            scope.exclude_kinds.retain(|kind| !kind.is_in_schema());
        }
        Ok(Self { options, scope, left_out: tables, toolchain, interrupt })
    }

    pub(super) fn read(&self, side: &mut Side<'_, '_>) -> Result<Addressed, CompareError> {
        Ok(match side {
            Side::Live(session) => {
                let mut read = catalog::read_addressed(session, &self.scope)?;
                self.leave_out(&mut read);
                read
            }
            Side::Snapshot(snapshot) => self.of_snapshot(snapshot),
        })
    }

    fn of_snapshot(&self, snapshot: &Snapshot) -> Addressed {
        let filters = &self.options.filters;
        let is_mapped = !self.options.schema_map.is_empty();
        let model =
            snapshot.model().filtered(|identity| is_mapped || !filters.leaves_unread(identity));
        let mut read = Addressed::without_addresses(model);
        self.leave_tables_out(&mut read);
        read
    }

    /// Takes out what is left out of both sides, of a model that was read.
    fn leave_out(&self, read: &mut Addressed) {
        let filters = &self.options.filters;
        // Some schemas may have been read because the server cannot be asked about them.
        if !self.scope.exclude_schemas.iter().all(|glob| glob.is_ascii()) {
            read.retain(|object| !filters.leaves_unread(&object.identity));
        }
        self.leave_tables_out(read);
    }

    fn leave_tables_out(&self, read: &mut Addressed) {
        if !self.left_out.is_empty() {
            let is_left_out = |object: &Object| {
                self.left_out.iter().any(|table| object.is_of_table(&table.schema, &table.name))
            };
            read.retain_and_note_emptied(|object| !is_left_out(object));
        }
    }

    /// The same, with what depends on what.
    #[cfg(feature = "scratch")]
    pub(super) fn with_dependencies(
        &self,
        side: &mut Side<'_, '_>,
    ) -> Result<(Addressed, Dependencies), CompareError> {
        match side {
            Side::Live(session) => {
                let (mut read, dependencies) =
                    catalog::read_addressed_with_dependencies(session, &self.scope)?;
                self.leave_out(&mut read);
                Ok((read, dependencies))
            }
            Side::Snapshot(snapshot) => {
                let read = self.of_snapshot(snapshot);
                let all = snapshot.dependencies();
                let dependencies =
                    all.map(|all| all.filtered(|identity| read.model().get(identity).is_some()));
                Ok((read, dependencies.unwrap_or_default()))
            }
        }
    }
}

pub(crate) fn scope_of(options: &CompareOptions) -> Scope {
    Scope {
        exclude_schemas: options.filters.excluded_schemas().map(str::to_owned).collect(),
        exclude_kinds: options.filters.excluded_kinds().collect(),
        allow_unknown: options.allow_unknown,
        lock_timeout: options.lock_timeout.unwrap_or(Scope::default().lock_timeout),
    }
}

pub(super) fn without_tables(model: &mut Model, tables: &[TablePath]) {
    for table in tables {
        model.remove_table(&table.schema, &table.name);
    }
}

/// Runs two pieces of work at the same time.
pub(super) fn both<A: Send, B: Send>(
    left: impl FnOnce() -> A + Send,
    right: impl FnOnce() -> B + Send,
) -> (A, B) {
    std::thread::scope(|scope| {
        let other = scope.spawn(right);
        let left = left();
        match other.join() {
            Ok(right) => (left, right),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
