//! Tells another spelling from another meaning.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::canonical::{Built, Names, Needs, Wanted, build, is_of_names};
use super::comparison::{CompareError, Comparison, Undecided};
use super::read_side::ReadSide;
use super::side::Side;
use super::work::{Work, both};
use crate::catalog::{self, Addressed, Scope};
use crate::connect::{ServerVersion, Session};
use crate::diff::{Change, Difference, merge};
use crate::model::{Dependencies, Identity, Model, Value};
use crate::scratch::ScratchServer;
use crate::snapshot::{CanonicalObject, Snapshot};
use crate::{Context, Interrupt};

pub use crate::source::Toolchain;

/// Keeps of the differences in printed SQL those that are there too where one server has read and
/// printed both definitions.
pub(super) fn canonicalize(
    comparison: &mut Comparison,
    left: ReadSide<'_, '_, '_>,
    right: ReadSide<'_, '_, '_>,
    work: &Work<'_>,
) -> Result<(), CompareError> {
    let wanted: Vec<Wanted> = comparison
        .differences
        .iter()
        .filter_map(wanted)
        .filter(|one| !is_of_names(one, left.compared) || !is_of_names(one, right.compared))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    match build_both(&wanted, left, right, work) {
        Ok(sides) => decide(comparison, &wanted, &sides, work),
        Err(reason) => {
            work.interrupt.check()?;
            comparison.not_canonicalized = Some(reason);
        }
    }
    Ok(())
}

/// The definition that a difference is about, if it may be one of spelling only.
fn wanted(difference: &Difference) -> Option<Wanted> {
    let Change::Attribute { name, .. } = &difference.change else { return None };
    let identity = difference.identity.clone();
    difference.may_be_spelling().then_some(Wanted { identity, attribute: name })
}

impl Snapshot {
    /// Records how the definitions are printed after a dump and restore, so that a program can tell
    /// another spelling from another meaning where no server can be started. They are built for that
    /// on a scratch server of the major version that the snapshot is from, or else the next newer one.
    ///
    /// Gives those that cannot be built on this machine.
    ///
    /// # Errors
    ///
    /// If there is no such server, or the context is interrupted.
    pub fn canonicalize(
        &mut self,
        toolchain: &Toolchain,
        context: &mut Context<'_>,
    ) -> Result<Vec<Undecided>, CompareError> {
        let interrupt = context.interrupt().clone();
        let wanted: Vec<Wanted> = printed(self.model())
            .map(|(wanted, _)| wanted)
            .filter(|one| !is_of_names(one, self.model()))
            .collect();
        let built = self.built(&wanted, toolchain, &interrupt);
        context.check()?;
        let (version, built) = built.map_err(|reason| CompareError::NotBuilt { reason })?;
        let after: BTreeMap<Wanted, String> = printed(&built.model).collect();
        let mut undecided = Vec::new();
        let mut canonicalized = Vec::new();
        for (one, text) in printed(self.model()) {
            if let Some(reason) = built.failure(&one) {
                let Wanted { identity, attribute } = one;
                let attribute = attribute.to_owned();
                undecided.push(Undecided { identity, attribute, reason });
            } else if let Some(sql) = after.get(&one).filter(|sql| **sql != text) {
                let Wanted { identity, attribute } = one;
                let (attribute, sql) = (attribute.to_owned(), sql.clone());
                canonicalized.push(CanonicalObject { identity, attribute, sql });
            }
        }
        canonicalized.sort();
        self.canonicalized = canonicalized;
        self.canonicalized_by = Some(version);
        Ok(undecided)
    }

    fn built(
        &self,
        wanted: &[Wanted],
        toolchain: &Toolchain,
        interrupt: &Interrupt,
    ) -> Result<(ServerVersion, Built), String> {
        let server = server_for(self.server_version().major(), Some(toolchain), interrupt)?;
        let settings = server.settings("postgres").map_err(|err| err.to_string())?;
        let version = Session::open(&settings, interrupt).map_err(|err| err.to_string())?.version();
        let place = (server, "pum_canonical_snapshot");
        Ok((version, build_snapshot(wanted, self, place, interrupt)?))
    }
}

/// All SQL in a schema that a server printed.
fn printed(model: &Model) -> impl Iterator<Item = (Wanted, String)> {
    model.objects().iter().flat_map(|object| {
        let names = object.identity.kind.attribute_names().iter();
        names.zip(object.attributes.values()).filter_map(|(attribute, value)| match value {
            Value::Sql(sql) => Some((Wanted { identity: object.identity.clone(), attribute }, sql)),
            _ => None,
        })
    })
}

fn decide(comparison: &mut Comparison, wanted: &[Wanted], sides: &[Built; 2], work: &Work<'_>) {
    let [left, right] = sides;
    let after = merge(&left.model, &right.model, &work.options.filters);
    let differs: BTreeSet<Wanted> = after.iter().filter_map(self::wanted).collect();
    let asked: BTreeSet<&Wanted> = wanted.iter().collect();
    let Comparison { differences, undecided, canonicalized, .. } = comparison;
    differences.retain(|difference| {
        let Some(one) = self::wanted(difference).filter(|one| asked.contains(one)) else {
            return true;
        };
        let reason = sides.iter().find_map(|side| side.reason(&one));
        if let Some(reason) = reason {
            let Wanted { identity, attribute } = one;
            undecided.push(Undecided { identity, attribute: attribute.to_owned(), reason });
            return true;
        }
        let stays = differs.contains(&one);
        *canonicalized += usize::from(!stays);
        stays
    });
}

/// Builds the definitions of both sides on one scratch server, or says why that cannot be.
fn build_both(
    wanted: &[Wanted],
    left: ReadSide<'_, '_, '_>,
    right: ReadSide<'_, '_, '_>,
    work: &Work<'_>,
) -> Result<[Built; 2], String> {
    let major = left.side.major().max(right.side.major());
    let server = server_for(major, work.toolchain, work.interrupt)?;
    let (left, right) = both(
        || build_side(wanted, left, (server, "pum_canonical_left"), work),
        || build_side(wanted, right, (server, "pum_canonical_right"), work),
    );
    Ok([left?, right?])
}

fn build_side(
    wanted: &[Wanted],
    ReadSide { side, read, renames, .. }: ReadSide<'_, '_, '_>,
    place: (&ScratchServer, &str),
    work: &Work<'_>,
) -> Result<Built, String> {
    let session = match (side, renames) {
        (Side::Live(session), _) => session,
        (Side::Snapshot(snapshot), None) => {
            return build_snapshot(wanted, snapshot, place, work.interrupt);
        }
        (Side::Snapshot(snapshot), Some(renames)) => {
            let model = snapshot.model().with_renamed_schemas(renames);
            let mapped = |all: &Dependencies| all.renamed(|identity| renames.identity(identity));
            let dependencies = snapshot.dependencies().map(mapped);
            return build_model(wanted, &model, dependencies.as_ref(), place, work.interrupt);
        }
    };
    let mapped = |read: Addressed| match renames {
        Some(renames) => read.renamed(renames),
        None => read,
    };
    let mapped_read = renames.map(|renames| read.renamed(renames));
    let read = mapped_read.as_ref().unwrap_or(read);
    let text = |err: catalog::CatalogError| err.to_string();
    let of: BTreeSet<&Identity> = wanted.iter().map(|one| &one.identity).collect();
    let needed = catalog::read_needed(session, &work.scope, read, &of).map_err(text)?;
    let build_from = |model: &Model, dependencies| {
        let needs = Needs::Known(Cow::Owned(dependencies));
        build(wanted, model, &needs, place, work.interrupt)
    };
    if !needed.is_unread {
        return build_from(read.model(), needed.dependencies);
    }
    // They need what is left out of the comparison.
    let lock_timeout = work.scope.lock_timeout;
    let scope = Scope { allow_unknown: true, lock_timeout, ..Scope::default() };
    let whole = mapped(catalog::read_addressed(session, &scope).map_err(text)?);
    let needed = catalog::read_needed(session, &scope, &whole, &of).map_err(text)?;
    build_from(whole.model(), needed.dependencies)
}

/// With what is left out of the comparison: it may be needed.
fn build_snapshot(
    wanted: &[Wanted],
    snapshot: &Snapshot,
    place: (&ScratchServer, &str),
    interrupt: &Interrupt,
) -> Result<Built, String> {
    build_model(wanted, snapshot.model(), snapshot.dependencies(), place, interrupt)
}

fn build_model(
    wanted: &[Wanted],
    model: &Model,
    dependencies: Option<&Dependencies>,
    place: (&ScratchServer, &str),
    interrupt: &Interrupt,
) -> Result<Built, String> {
    let needs = match dependencies {
        Some(dependencies) => Needs::Known(Cow::Borrowed(dependencies)),
        None => Needs::Named(Names::new(model)),
    };
    build(wanted, model, &needs, place, interrupt)
}

/// A scratch server of the major version of the newer side.
fn server_for<'a>(
    major: u32,
    toolchain: Option<&'a Toolchain>,
    interrupt: &Interrupt,
) -> Result<&'a ScratchServer, String> {
    let toolchain = toolchain.ok_or_else(|| "no PostgreSQL programs were given".to_owned())?;
    let server = toolchain.scratch.get(major, interrupt).map_err(|err| err.to_string())?;
    if server.major() < major {
        return Err(format!(
            "the installed PostgreSQL server is version {}, but version {major} is required",
            server.major()
        ));
    }
    Ok(server)
}
