//! The functions of the extension `amcheck`, either installed or created temporarily.
//!
//! Functions in the schema `pg_temp` belong to one session, so all workers can create them at the
//! same time, unlike with `CREATE EXTENSION`. The transaction that creates them is rolled back.

use super::session::Guarded;
use super::sql::Row;
use super::{VerifyError, session};
use crate::Interrupt;
use crate::connect::ServerMessage;

/// Which functions can be called, and how. A reason stands for one that cannot.
#[derive(Debug)]
pub(super) struct Amcheck {
    /// The schema, as it stands in SQL.
    pub(super) schema: String,
    /// What makes the functions, in a transaction that is to be rolled back.
    pub(super) temporary: Option<String>,
    /// `bt_index_check`
    pub(super) index: Result<(), String>,
    /// `bt_index_parent_check`
    pub(super) parent: Result<(), String>,
    /// `verify_heapam`
    pub(super) heap: Result<(), String>,
    /// Whether the functions for indexes can look for duplicates in unique ones.
    pub(super) unique: bool,
}

/// Since when `amcheck` has `verify_heapam`.
const HEAP_SINCE: u32 = 14;
/// Since when it looks for duplicates.
const UNIQUE_SINCE: u32 = 17;

impl Amcheck {
    /// Looks what there is, and tries whether it could be made.
    pub(super) fn find(session: &mut Guarded, interrupt: &Interrupt) -> Result<Self, VerifyError> {
        let installed = session.ask_alone(include_str!("queries/amcheck.sql"));
        let installed = installed.map_err(|err| match interrupt.check() {
            Ok(()) => session::failure("look for amcheck", session, &err),
            Err(stopped) => stopped.into(),
        })?;
        let Some(first) = installed.first() else { return Self::lend(session, interrupt) };
        let role = session.settings().user();
        let major = session.version().major();
        let function = |name: &str| usable(&installed, name, role, major);
        let arguments = |name: &str| {
            let found = installed.iter().find(|row| row.get(2) == Some(name));
            found.map_or(0, |row| row.number::<u32>(3))
        };
        let unique = arguments("bt_index_check") >= 3 && arguments("bt_index_parent_check") >= 4;
        Ok(Self {
            schema: first.text(0),
            temporary: None,
            index: function("bt_index_check"),
            parent: function("bt_index_parent_check"),
            heap: function("verify_heapam"),
            unique,
        })
    }

    fn lend(session: &mut Guarded, interrupt: &Interrupt) -> Result<Self, VerifyError> {
        let major = session.version().major();
        let sql =
            session.beginning("ISOLATION LEVEL READ COMMITTED READ WRITE") + &statements(major);
        let why_not = if session.in_recovery() {
            Some("and on a standby it cannot be temporary for the check: CREATE EXTENSION amcheck on the primary".to_owned())
        } else if session.read_only() {
            Some("and this connection is read-only by default: CREATE EXTENSION amcheck".to_owned())
        } else if session.is_superuser() {
            let tried = session.client().batch_execute(&format!("{sql}ROLLBACK"));
            if let Err(err) = &tried {
                interrupt.check()?;
                // If this fails as well, so will the next query.
                let _ = session.client().batch_execute("ROLLBACK");
                Some(format!(
                    "and it cannot be temporary for the check: {}",
                    ServerMessage::new(err)
                ))
            } else {
                None
            }
        } else {
            Some(format!(
                "and only a superuser can create it temporarily, which role {} is not: CREATE EXTENSION amcheck",
                crate::connect::quote_ident(session.settings().user())
            ))
        };
        let all = match why_not {
            None => Ok(()),
            Some(why) => Err(format!("the extension amcheck is not installed, {why}")),
        };
        Ok(Self {
            schema: "pg_temp".to_owned(),
            temporary: Some(sql),
            index: all.clone(),
            parent: all.clone(),
            heap: if major >= HEAP_SINCE { all } else { Err(too_old(major)) },
            unique: major >= UNIQUE_SINCE,
        })
    }
}

/// Whether an installed function is there and may be called.
fn usable(installed: &[Row], name: &str, role: &str, major: u32) -> Result<(), String> {
    let mut found = installed.iter().filter(|row| row.get(2) == Some(name)).peekable();
    if found.peek().is_none() {
        if name == "verify_heapam" && major < HEAP_SINCE {
            return Err(too_old(major));
        }
        let version = installed.first().map(|row| row.text(1)).unwrap_or_default();
        return Err(format!("amcheck {version} has no {name}: ALTER EXTENSION amcheck UPDATE"));
    }
    if found.all(|row| row.is_true(4)) {
        return Ok(());
    }
    let role = crate::connect::quote_ident(role);
    Err(format!("role {role} may not call {name} of amcheck: GRANT EXECUTE on it"))
}

fn too_old(major: u32) -> String {
    format!(
        "PostgreSQL {major} cannot check tables this way: amcheck has verify_heapam since {HEAP_SINCE}"
    )
}

/// Makes the functions as the extension's script does ("amcheck", in
/// "Additional Supplied Modules"). Event triggers are not for them.
fn statements(major: u32) -> String {
    let unique = if major >= UNIQUE_SINCE { ", boolean" } else { "" };
    let mut sql = "SET LOCAL session_replication_role = replica;\n".to_owned();
    for (name, arguments) in [
        ("bt_index_check", format!("regclass, boolean{unique}")),
        ("bt_index_parent_check", format!("regclass, boolean, boolean{unique}")),
    ] {
        sql += &format!(
            "CREATE FUNCTION pg_temp.{name}({arguments}) RETURNS void \
             AS '$libdir/amcheck', '{name}' LANGUAGE c STRICT;\n"
        );
    }
    if major >= HEAP_SINCE {
        sql += "CREATE FUNCTION pg_temp.verify_heapam(relation regclass, on_error_stop boolean, \
                check_toast boolean, skip text, startblock bigint, endblock bigint, \
                OUT blkno bigint, OUT offnum integer, OUT attnum integer, OUT msg text) \
                RETURNS SETOF record AS '$libdir/amcheck', 'verify_heapam' LANGUAGE c;\n";
    }
    sql
}
