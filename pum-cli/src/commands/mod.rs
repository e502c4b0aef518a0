//! One file per command. Each returns the exit code.

pub(crate) mod app;
pub(crate) mod approval;
mod backup;
pub(crate) mod baseline;
pub(crate) mod check;
mod check_reports;
pub(crate) mod clone;
mod closing_delta;
mod cluster;
pub(crate) mod db;
pub(crate) mod delta;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod downgrade;
pub(crate) mod dump;
pub(crate) mod fleet;
pub(crate) mod info;
pub(crate) mod init;
pub(crate) mod install;
pub(crate) mod lint;
mod manager_config;
mod open_page;
mod planning;
pub(crate) mod repair;
pub(crate) mod restore;
pub(crate) mod role;
mod run_reports;
pub(crate) mod runs;
pub(crate) mod shell;
pub(crate) mod snapshot;
pub(crate) mod test_and_upgrade;
pub(crate) mod uninstall;
pub(crate) mod upgrade;
mod upgrade_to;
pub(crate) mod verify;

/// The default number of concurrent connections: one for each processor, but more than
/// a few are rather in each other's way.
pub(crate) fn usual_jobs() -> usize {
    const MOST: usize = 4;
    std::thread::available_parallelism().map_or(1, usize::from).min(MOST)
}
