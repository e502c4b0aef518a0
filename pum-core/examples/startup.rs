//! `startup CONNINFO`: a program that upgrades its database when it starts, by deltas that are part
//! of it, on the connection that it has anyway.

use std::error::Error;

use postgres::{Client, NoTls};
use pum_core::Context;
use pum_core::connect::SessionOn;
use pum_core::delta::DeltaSet;
use pum_core::upgrade::{
    History, PlanOptions, RunOptions, TableName, Upgrade, UpgradePlan, set_baseline,
};

/// A build script can list a directory instead, see `pum_core::delta::embedding`.
const DELTAS: [(&str, &str); 2] = [
    ("delta_1.0.0_pipes.sql", "create table pipes (id int primary key);\n"),
    ("delta_1.1.0_depth.sql", "alter table pipes add column depth int;\n"),
];

/// Upgrades the database; gives the version that it is at then, and how many deltas were applied.
pub fn upgrade(client: &mut Client) -> Result<(String, usize), Box<dyn Error>> {
    let deltas = DeltaSet::embedded(DELTAS)?;
    let table: TableName = "public.upgrades".parse()?;
    let mut session = SessionOn::borrowed(client)?;
    if History::read(&mut session, &table)?.is_none() {
        // A new database: it is before the first delta.
        set_baseline(&mut session, &table, &"0.0.0".parse()?)?;
    }
    let plan = UpgradePlan::read(&mut session, &table, &deltas, &PlanOptions::default())?;
    // Several instances may start at once: one works, the others wait.
    let wait = std::time::Duration::from_secs(60);
    let mut options = RunOptions::default();
    options.run_lock_timeout = wait;
    let report = Upgrade::new(&plan).options(options).run(&mut session, &mut Context::default())?;
    let history = History::expect(&mut session, &table)?;
    let version = history.current_version().map(ToString::to_string).unwrap_or_default();
    Ok((version, report.applied.len()))
}

#[allow(clippy::print_stdout)]
fn main() -> Result<(), Box<dyn Error>> {
    let database = std::env::args().nth(1).ok_or("usage: startup CONNINFO")?;
    let mut client = Client::connect(&database, NoTls)?;
    let (version, applied) = upgrade(&mut client)?;
    println!("the database is at {version}; {applied} deltas were applied");
    Ok(())
}
