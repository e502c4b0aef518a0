//! `pum-diesel-app CONNINFO SNAPSHOT`: upgrades a database with Diesel at the program's start, the
//! deltas embedded; then compares it with the snapshot of what they should give.

use std::error::Error;

use diesel::{Connection, PgConnection};
use diesel_migrations::MigrationHarness;
use pum_core::{Context, Interrupt};
use pum_core::compare::CompareOptions;
use pum_core::connect::{Environment, Session, Settings};
use pum_core::delta::{DeltaSet, Variables};
use pum_core::diesel::{Migrations, compare_with_snapshot};
use pum_core::snapshot::Snapshot;

const DELTAS: [(&str, &str); 3] = [
    ("delta_1.9.0_pipes.sql", "create table pipes (id int primary key);\n"),
    ("delta_1.10.0_depth.sql", "alter table pipes add column depth int;\n"),
    (
        "delta_1.11.0_index.sql",
        "-- pum: no-transaction\ncreate index concurrently by_depth on pipes (depth);\n",
    ),
];

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(database), snapshot) = (arguments.next(), arguments.next()) else {
        return Err("CONNINFO [SNAPSHOT]".into());
    };
    let migrations = Migrations::new(DeltaSet::embedded(DELTAS)?, Variables::default());
    let mut connection = PgConnection::establish(&database)?;
    for version in connection.run_pending_migrations(migrations.clone())? {
        println!("applied {version}");
    }
    println!("pending: {}", connection.has_pending_migration(migrations)?);
    let Some(snapshot) = snapshot else { return Ok(()) };
    let snapshot = Snapshot::read(snapshot.as_ref())?;
    let interrupt = Interrupt::new();
    let mut session =
        Session::open(&Settings::resolve(&database, &Environment::default())?, &interrupt)?;
    // Diesel's own table is left out.
    let options = CompareOptions::default();
    let found = compare_with_snapshot(&mut session, &snapshot, &options, &mut Context::silent(&interrupt))?;
    for difference in &found.differences {
        println!("differs: {difference}");
    }
    Ok(())
}
