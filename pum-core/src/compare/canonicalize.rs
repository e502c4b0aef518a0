use super::comparison::{CompareError, Comparison};
use super::side::Side;
use super::snapshot_canonical::{canonical_major, canonical_model};
use super::spelling::drop_spelling;
use super::work::{Work, both, without_tables};
use crate::connect::ServerVersion;
use crate::diff::{Difference, merge};
use crate::model::Model;
use crate::scratch::ScratchServer;
use crate::snapshot::Snapshot;
use crate::source::{RoundTrip, RoundTripError, provide_roles};

pub use crate::source::Toolchain;

/// Keeps of the differences in printed SQL those that are there after a dump and restore too.
pub(super) fn canonicalize<'c>(
    comparison: &mut Comparison,
    left: &mut Side<'_, 'c>,
    right: &mut Side<'_, 'c>,
    work: &Work<'_>,
) -> Result<(), CompareError> {
    match build_and_compare(left, right, work) {
        Ok(Canonicalization { differences, doubt }) => {
            drop_spelling(comparison, &differences);
            let left_over = comparison.differences.iter().any(Difference::may_be_spelling);
            comparison.not_canonicalized = doubt.filter(|_| left_over);
        }
        Err(reason) => {
            work.interrupt.check()?;
            comparison.not_canonicalized = Some(reason);
        }
    }
    Ok(())
}

/// The differences between both schemas in the words that they have after a dump and restore.
struct Canonicalization {
    differences: Vec<Difference>,
    /// Why a difference in printed SQL may still be one of spelling only.
    doubt: Option<String>,
}

/// A schema after a dump and restore.
struct Canonical {
    model: Model,
    /// The major version of the server that printed it then.
    major: u32,
    doubt: Option<String>,
}

/// Looks again: a database is dumped and restored on one scratch server, a snapshot has kept what
/// came of that. Or says why it cannot be.
fn build_and_compare<'c>(
    left: &mut Side<'_, 'c>,
    right: &mut Side<'_, 'c>,
    work: &Work<'_>,
) -> Result<Canonicalization, String> {
    if let (Side::Snapshot(left), Side::Snapshot(right)) = (&*left, &*right) {
        return Ok(merged(kept(left, work), kept(right, work), work));
    }
    let major = [&*left, &*right].into_iter().filter_map(live_major).max().unwrap_or_default();
    let server = server_for(left, right, major, work)?;
    let toolchain = toolchain_of(work)?;
    let trip =
        RoundTrip { toolchain, server, major, scope: &work.scope, interrupt: work.interrupt };
    let text = |err: RoundTripError| err.to_string();
    let provide = |side: &mut Side<'_, 'c>| match side {
        Side::Live(session) => provide_roles(session, server, work.interrupt),
        Side::Snapshot(_) => Ok(()),
    };
    provide(left).and_then(|()| provide(right)).map_err(text)?;
    let (left, right) =
        both(|| canonical(left, "left", &trip, work), || canonical(right, "right", &trip, work));
    Ok(merged(left.map_err(text)?, right.map_err(text)?, work))
}

fn toolchain_of<'a>(work: &Work<'a>) -> Result<&'a Toolchain, String> {
    work.toolchain.ok_or_else(|| "no PostgreSQL programs were given".to_owned())
}

fn live_major(side: &Side<'_, '_>) -> Option<u32> {
    match side {
        Side::Live(session) => Some(session.version().major()),
        Side::Snapshot(_) => None,
    }
}

/// A scratch server for databases of `major`; if it can be had, one that prints SQL as that did
/// which a snapshot went through.
fn server_for<'a, 'c>(
    left: &Side<'_, 'c>,
    right: &Side<'_, 'c>,
    major: u32,
    work: &Work<'a>,
) -> Result<&'a ScratchServer, String> {
    let scratch = &toolchain_of(work)?.scratch;
    let kept = [left, right].into_iter().find_map(|side| match side {
        Side::Live(_) => None,
        Side::Snapshot(snapshot) => snapshot.canonicalized_by().map(ServerVersion::major),
    });
    let wanted = kept.filter(|kept| *kept > major);
    let exact = wanted.and_then(|wanted| scratch.get(wanted, work.interrupt).ok());
    let server = match exact {
        Some(server) => server,
        None => scratch.get(major, work.interrupt).map_err(|err| err.to_string())?,
    };
    if server.major() < major {
        return Err(format!(
            "the installed PostgreSQL server is version {}, but version {major} is required",
            server.major()
        ));
    }
    Ok(server)
}

fn canonical(
    side: &mut Side<'_, '_>,
    name: &str,
    trip: &RoundTrip<'_>,
    work: &Work<'_>,
) -> Result<Canonical, RoundTripError> {
    match side {
        Side::Live(session) => {
            let mut model = trip.model_of(session, name)?;
            without_tables(&mut model, &work.left_out);
            Ok(Canonical { model, major: trip.server.major(), doubt: None })
        }
        Side::Snapshot(snapshot) => Ok(kept(snapshot, work)),
    }
}

/// The SQL after a dump and restore, as recorded in a snapshot.
fn kept(snapshot: &Snapshot, work: &Work<'_>) -> Canonical {
    Canonical {
        model: canonical_model(snapshot, work),
        major: canonical_major(snapshot),
        doubt: snapshot.canonicalized_by().is_none().then(|| {
            "the snapshot was taken without a scratch server, and has only the text the server \
             printed; take it again where PostgreSQL's server programs are installed"
                .to_owned()
        }),
    }
}

fn merged(left: Canonical, right: Canonical, work: &Work<'_>) -> Canonicalization {
    let mut differences = merge(&left.model, &right.model, &work.options.filters);
    differences.retain(|difference| !difference.is_spelling_of_majors(left.major, right.major));
    let majors = (left.major != right.major).then(|| {
        format!(
            "one side was printed by PostgreSQL {} and the other by {} after their dump and \
             restore: take the snapshot again from the newer server, or install the servers of \
             both versions",
            left.major, right.major
        )
    });
    Canonicalization { differences, doubt: left.doubt.or(right.doubt).or(majors) }
}
