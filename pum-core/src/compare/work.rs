//! What the two sides of a comparison have in common.

use super::canonicalize::Toolchain;
use super::comparison::{CompareError, CompareOptions};
use super::side::Side;
use crate::catalog::Scope;
use crate::diff::FilterError;
#[cfg(feature = "scratch")]
use crate::model::Dependencies;
use crate::model::{Model, TablePath};
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
        let scope = scope_of(&options);
        Ok(Self { options, scope, left_out: tables, toolchain, interrupt })
    }

    pub(super) fn model(&self, side: &mut Side<'_, '_>) -> Result<Model, CompareError> {
        let model = match side {
            Side::Live(session) => self.without_unread(catalog::read(session, &self.scope)?),
            Side::Snapshot(snapshot) => self.of_snapshot(snapshot),
        };
        Ok(model)
    }

    fn of_snapshot(&self, snapshot: &Snapshot) -> Model {
        let filters = &self.options.filters;
        let mut model = snapshot.model().filtered(|identity| !filters.leaves_unread(identity));
        without_tables(&mut model, &self.left_out);
        model
    }

    /// Without what is left out of both sides, of a model that was read.
    fn without_unread(&self, model: Model) -> Model {
        let filters = &self.options.filters;
        // Some schemas may have been read because the server cannot be asked about them.
        let is_whole = self.scope.exclude_schemas.iter().all(|glob| glob.is_ascii());
        let mut model =
            if is_whole { model } else { model.filtered(|one| !filters.leaves_unread(one)) };
        without_tables(&mut model, &self.left_out);
        model
    }

    /// The same, with what depends on what.
    #[cfg(feature = "scratch")]
    pub(super) fn with_dependencies(
        &self,
        side: &mut Side<'_, '_>,
    ) -> Result<(Model, Dependencies), CompareError> {
        match side {
            Side::Live(session) => {
                let (model, dependencies) = catalog::read_with_dependencies(session, &self.scope)?;
                Ok((self.without_unread(model), dependencies))
            }
            Side::Snapshot(snapshot) => {
                let model = self.of_snapshot(snapshot);
                let all = snapshot.dependencies();
                let dependencies =
                    all.map(|all| all.filtered(|identity| model.get(identity).is_some()));
                Ok((model, dependencies.unwrap_or_default()))
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
