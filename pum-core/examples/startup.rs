//! `startup CONNINFO`: a program that upgrades its database when it starts, by deltas that are part
//! of it, on the connection that it has anyway.

use std::error::Error;

use postgres::{Client, NoTls};
use pum_core::delta::DeltaSet;
use pum_core::{MigrationReport, Migrator};

/// A program has them in files, as `embed_deltas!("deltas")`.
const DELTAS: [(&str, &str); 2] = [
    ("delta_1.0.0_pipes.sql", "create table pipes (id int primary key);\n"),
    ("delta_1.1.0_depth.sql", "alter table pipes add column depth int;\n"),
];

/// Upgrades the database. A new one is before the first delta.
///
/// # Errors
///
/// If the database cannot be reached, or what is done there fails.
pub fn upgrade(client: &mut Client) -> Result<MigrationReport, pum_core::Error> {
    Migrator::new(DeltaSet::embedded(DELTAS))
        .table("public.upgrades")
        .baseline_if_new("0.0.0")
        .run(client)
}

#[allow(clippy::print_stdout)]
fn main() -> Result<(), Box<dyn Error>> {
    let database = std::env::args().nth(1).ok_or("usage: startup CONNINFO")?;
    let mut client = Client::connect(&database, NoTls)?;
    let report = upgrade(&mut client)?;
    println!("the database is at {}; {} deltas were applied", report.version, report.applied.len());
    Ok(())
}
