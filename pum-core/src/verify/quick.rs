//! Checks of the catalogs.

use std::time::Instant;

use super::finding::{Finding, Severity};
use super::report::CheckReport;
use super::session::Guarded;
use super::sql::for_major;
use super::{Check, VerifyError};
use crate::Interrupt;
use crate::connect::{ServerMessage, Session};

/// Asks the query of a check. What the server refuses to answer is said: a damaged catalog is a
/// finding, and the other checks go on.
pub(super) fn run(
    session: &mut Guarded,
    check: Check,
    query: &str,
    interrupt: &Interrupt,
) -> Result<CheckReport, VerifyError> {
    let started = Instant::now();
    let mut report = CheckReport::new(check);
    let query = for_major(query, session.version().major());
    match session.ask_alone(&query) {
        Ok(rows) => {
            report.findings.extend(rows.iter().map(|row| Finding {
                severity: match row.get(0) {
                    Some("note") => Severity::Note,
                    _ => Severity::Finding,
                },
                object: row.text(1),
                problem: row.text(2),
                remedy: Some(row.text(3)).filter(|remedy| !remedy.is_empty()),
            }));
        }
        Err(err) => refused(session, &mut report, &err, interrupt)?,
    }
    report.duration = started.elapsed();
    Ok(report)
}

/// A check that the server did not answer.
pub(super) fn refused(
    session: &Session,
    report: &mut CheckReport,
    err: &postgres::Error,
    interrupt: &Interrupt,
) -> Result<(), VerifyError> {
    use super::task::{Judged, judge};
    interrupt.check()?;
    let server = ServerMessage::new(err);
    match judge(session, err) {
        Judged::Skip(reason) => report.skip(None, reason),
        Judged::Lost => {
            let label = session.settings().label().to_owned();
            let object = format!("the catalogs ({})", report.check);
            return Err(VerifyError::Lost { object, label, server });
        }
        Judged::Finding => report.findings.push(Finding {
            severity: Severity::Finding,
            object: format!(
                "database {}",
                crate::connect::quote_ident(session.settings().database())
            ),
            problem: format!("has catalogs that cannot be read: {server}"),
            remedy: None,
        }),
    }
    Ok(())
}
