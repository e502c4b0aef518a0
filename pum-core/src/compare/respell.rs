use super::{Work, both, without_tables};
use crate::connect::ServerVersion;
use crate::diff::{Difference, merge};
use crate::model::Model;
use crate::scratch::Server;
use crate::source::{RoundTrip, SettleError, Side, Snapshot, provide_roles};

/// The differences between both schemas in the words that they have after a dump and restore.
pub(super) struct SecondLook {
    pub(super) differences: Vec<Difference>,
    /// Why a difference in printed SQL may still be one of spelling only.
    pub(super) doubt: Option<String>,
}

/// A schema after a dump and restore.
struct Settled {
    model: Model,
    /// The major version of the server that printed it then.
    major: u32,
    doubt: Option<String>,
}

/// Looks again: a database is dumped and restored on one scratch server, a snapshot has kept what
/// came of that. Or says why it cannot be.
pub(super) fn second_look<'c>(
    left: &mut Side<'_, 'c>,
    right: &mut Side<'_, 'c>,
    work: &Work<'_>,
) -> Result<SecondLook, String> {
    if let (Side::Snapshot(left), Side::Snapshot(right)) = (&*left, &*right) {
        return Ok(merged(kept(left), kept(right), work));
    }
    let major = [&*left, &*right].into_iter().filter_map(live_major).max().unwrap_or_default();
    let server = server_for(left, right, major, work)?;
    let workshop = work.workshop()?;
    let trip = RoundTrip { workshop, server, major, scope: &work.scope, interrupt: work.interrupt };
    let text = |err: SettleError| err.to_string();
    let provide = |side: &mut Side<'_, 'c>| match side {
        Side::Live(session) => provide_roles(session, server, work.interrupt),
        Side::Snapshot(_) => Ok(()),
    };
    provide(left).and_then(|()| provide(right)).map_err(text)?;
    let (left, right) = both(|| settled(left, "left", &trip), || settled(right, "right", &trip));
    Ok(merged(left.map_err(text)?, right.map_err(text)?, work))
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
) -> Result<&'a Server, String> {
    let scratch = &work.workshop()?.scratch;
    let kept = [left, right].into_iter().find_map(|side| match side {
        Side::Live(_) => None,
        Side::Snapshot(snapshot) => snapshot.settled_by().map(ServerVersion::major),
    });
    let wanted = kept.filter(|kept| *kept > major);
    let exact = wanted.and_then(|wanted| scratch.get(wanted, work.interrupt).ok());
    let server = match exact {
        Some(server) => server,
        None => scratch.get(major, work.interrupt).map_err(|err| err.to_string())?,
    };
    if server.major() < major {
        return Err(format!(
            "the installed PostgreSQL server is of version {}, and version {major} would be needed",
            server.major()
        ));
    }
    Ok(server)
}

fn settled(
    side: &mut Side<'_, '_>,
    name: &str,
    trip: &RoundTrip<'_>,
) -> Result<Settled, SettleError> {
    match side {
        Side::Live(session) => {
            let model = trip.model_of(session.settings(), name)?;
            Ok(Settled { model, major: trip.server.major(), doubt: None })
        }
        Side::Snapshot(snapshot) => Ok(kept(snapshot)),
    }
}

/// What a snapshot has kept of the dump and restore that it went through.
fn kept(snapshot: &Snapshot) -> Settled {
    let settled_by = snapshot.settled_by();
    Settled {
        model: snapshot.settled_model(),
        major: settled_by.unwrap_or(snapshot.server_version()).major(),
        doubt: settled_by.is_none().then(|| {
            "the snapshot was taken where there was no scratch server, and has only what the \
             server printed; take it again where PostgreSQL's server programs are installed"
                .to_owned()
        }),
    }
}

fn merged(mut left: Settled, mut right: Settled, work: &Work<'_>) -> SecondLook {
    without_tables(&mut left.model, &work.left_out);
    without_tables(&mut right.model, &work.left_out);
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
    SecondLook { differences, doubt: left.doubt.or(right.doubt).or(majors) }
}
