use std::collections::BTreeSet;

use super::opened::{Content, Opened};
use super::{RoundTrip, RoundTripError, SourceError, Toolchain, provide_roles};
use crate::catalog::{self, Scope};
use crate::connect::{ServerVersion, Session};
use crate::diff::{Filters, Preset};
use crate::dump::roles_named_by;
use crate::model::{Model, Value};
use crate::snapshot::{CanonicalObject, Excluded, Snapshot, all_known};
use crate::{Context, Interrupt};

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
    /// The schema is dumped and restored on a scratch server of `toolchain` to record how its SQL
    /// is printed afterwards. If that is not possible, the observer gets a warning, and the
    /// snapshot says so.
    ///
    /// # Errors
    ///
    /// If the source cannot be read, or the context is interrupted.
    pub fn capture(
        source: &mut Opened,
        options: &SnapshotOptions,
        toolchain: &Toolchain,
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
        let (mut model, dependencies) = catalog::read_with_dependencies(session, &scope)?;
        left_out.remove_tables(&mut model);
        let dependencies = dependencies.filtered(|identity| model.get(identity).is_some());
        let roles = roles_named_by(session)?.into_iter().map(|role| role.name).collect();
        let settled = round_trip(session, &model, &scope, toolchain, context.interrupt());
        context.check()?;
        let (canonicalized_by, canonicalized) = match settled {
            Ok((version, canonicalized)) => (Some(version), canonicalized),
            Err(err) => {
                let message = format!(
                    "the snapshot has SQL only as the server printed it: a comparison with a \
                     restored database may show another spelling as a difference. A dump and \
                     restore on a scratch server failed: {err}"
                );
                context.warn(&message);
                (None, Vec::new())
            }
        };
        Ok(Self {
            pum_version: env!("CARGO_PKG_VERSION").to_owned(),
            server_version: session.version(),
            canonicalized_by,
            left_out,
            roles,
            known: all_known(),
            model,
            canonicalized,
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

/// The SQL that a server prints differently after a dump and restore.
fn round_trip(
    session: &mut Session,
    model: &Model,
    scope: &Scope,
    toolchain: &Toolchain,
    interrupt: &Interrupt,
) -> Result<(ServerVersion, Vec<CanonicalObject>), RoundTripError> {
    let major = session.version().major();
    let server = toolchain.scratch.get(major, interrupt)?;
    provide_roles(session, server, interrupt)?;
    let trip = RoundTrip { toolchain, server, major, scope, interrupt };
    let settled = trip.model_of(session, "snapshot")?;
    let version = Session::open(&server.settings("postgres")?, interrupt)?.version();
    let mut found = BTreeSet::new();
    for object in model.objects() {
        let Some(other) = settled.get(&object.identity) else { continue };
        let names = object.identity.kind.attribute_names();
        let values = object.attributes.values().into_iter().zip(other.attributes.values());
        for (name, values) in names.iter().zip(values) {
            if let (Value::Sql(now), Value::Sql(sql)) = values
                && now != sql
            {
                let (identity, attribute) = (object.identity.clone(), (*name).to_owned());
                found.insert(CanonicalObject { identity, attribute, sql });
            }
        }
    }
    Ok((version, found.into_iter().collect()))
}
