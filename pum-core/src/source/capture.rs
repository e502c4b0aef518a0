use super::SourceError;
use super::opened::{Content, Opened};
use crate::Context;
use crate::catalog::{self, Scope};
use crate::diff::{Filters, Preset};
use crate::dump::roles_named_by;
use crate::snapshot::{Excluded, Snapshot, all_known};

/// Options of a snapshot.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SnapshotOptions {
    /// The exclusions: tables, schemas and whole elements.
    pub left_out: Excluded,
    /// Continue at an unknown code in a catalog.
    pub allow_unknown: bool,
}

impl Snapshot {
    /// Takes the snapshot of a source.
    ///
    /// Nothing is built: a comparison with it builds what it needs, on a scratch server. For programs
    /// that compare where no server can be started, see
    /// [`Snapshot::canonicalize`](Snapshot::canonicalize).
    ///
    /// # Errors
    ///
    /// If the source cannot be read, or the context is interrupted.
    pub fn capture(
        source: &mut Opened,
        options: &SnapshotOptions,
        context: &mut Context<'_>,
    ) -> Result<Self, SourceError> {
        let mut left_out = options.left_out.clone();
        left_out.add(source.left_out().clone());
        let mut filters = Filters::new(Preset::Strict);
        left_out.apply_to(&mut filters)?;
        let session = match &mut source.content {
            Content::Database(session) => session,
            Content::Snapshot(snapshot) => return Ok(snapshot.without_excluded(left_out, &filters)),
        };
        let scope = Scope {
            exclude_schemas: left_out.schemas.clone(),
            exclude_kinds: filters.excluded_kinds().collect(),
            allow_unknown: options.allow_unknown,
            ..Scope::default()
        };
        let (mut model, mut dependencies) =
            catalog::read_with_dependencies_by_two(session, &scope)?;
        if !left_out.tables.is_empty() {
            left_out.remove_tables(&mut model);
            dependencies = dependencies.filtered(|identity| model.get(identity).is_some());
        }
        let roles = roles_named_by(session)?.into_iter().map(|role| role.name).collect();
        context.check()?;
        Ok(Self {
            pum_version: env!("CARGO_PKG_VERSION").to_owned(),
            server_version: session.version(),
            canonicalized_by: None,
            left_out,
            roles,
            known: all_known(),
            model,
            canonicalized: Vec::new(),
            dependencies: Some(dependencies),
        })
    }
}

impl Snapshot {
    /// The same without what is left out.
    fn without_excluded(&self, left_out: Excluded, filters: &Filters) -> Self {
        let mut model = self.model.filtered(|identity| !filters.leaves_unread(identity));
        left_out.remove_tables(&mut model);
        let canonicalized =
            self.canonicalized.iter().filter(|one| model.get(&one.identity).is_some());
        let dependencies = self.dependencies.as_ref();
        Self {
            canonicalized: canonicalized.cloned().collect(),
            dependencies: dependencies
                .map(|all| all.filtered(|identity| model.get(identity).is_some())),
            left_out,
            model,
            ..self.clone()
        }
    }
}
