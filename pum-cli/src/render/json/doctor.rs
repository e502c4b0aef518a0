//! The JSON report of `pum doctor`.

use std::collections::BTreeMap;

use pum_core::connect::ServiceFile;
use pum_core::doctor::{self, ServerReport, Upgrades};
use pum_core::installation::Installation;
use pum_core::upgrade::PythonReport;
use schemars::JsonSchema;
use serde::Serialize;

use super::report::{path, report};
use crate::render::doctor::{Looked, Machine, next, problems, way_out};

/// What was found on this machine and in the databases.
#[derive(Serialize, JsonSchema)]
pub(super) struct Doctor<'a> {
    /// How many problems there are.
    problems: usize,
    machine: MachineReport<'a>,
    databases: Vec<ExaminedDatabase<'a>>,
    /// What to do now: what the next command would fail on, or the next command.
    next: String,
}

#[derive(Serialize, JsonSchema)]
struct MachineReport<'a> {
    /// The configuration file; null if there is none.
    configuration: Option<String>,
    service_files: Vec<Services<'a>>,
    /// Null if there is none.
    password_file: Option<String>,
    /// The PostgreSQL installations.
    programs: Vec<Programs>,
    /// The major version of scratch servers; null where none can be started.
    scratch_server: Option<u32>,
    /// How many; null where no directory is configured.
    deltas: Option<usize>,
    /// What runs the deltas in Python; null where there are none.
    python: Option<Python<'a>>,
    problems: Vec<Problem<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Services<'a> {
    path: String,
    services: &'a [String],
}

#[derive(Serialize, JsonSchema)]
struct Programs {
    #[schemars(regex(pattern = "^[0-9]+\\.[0-9]+$"))]
    version: String,
    directory: String,
}

#[derive(Serialize, JsonSchema)]
struct Python<'a> {
    /// What was started.
    program: String,
    /// What it says it is; null if it does not work.
    executable: Option<String>,
    version: Option<&'a str>,
    /// Its modules for PostgreSQL, psycopg2 and psycopg: their versions, null for one that cannot be
    /// imported.
    drivers: BTreeMap<&'a str, Option<&'a str>>,
    /// How many deltas and hooks it runs.
    programs: usize,
}

#[derive(Serialize, JsonSchema)]
struct Problem<'a> {
    what: &'a str,
    /// Empty where the problem says it.
    way_out: String,
}

#[derive(Serialize, JsonSchema)]
struct ExaminedDatabase<'a> {
    /// The name that the user gave.
    database: &'a str,
    /// Null for one that is none of these.
    #[schemars(extend("enum" = serde_json::json!(["production", "test", "reference", null])))]
    part: Option<&'static str>,
    /// Null where it could not be reached.
    server: Option<Server<'a>>,
    upgrades: Option<UpgradesTable<'a>>,
    problems: Vec<Problem<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Server<'a> {
    version: &'a str,
    database: &'a str,
    role: &'a str,
    superuser: bool,
    creates_databases: bool,
    /// How many tables and sequences there are.
    relations: u64,
    /// How many of them the role may not read.
    unreadable: u64,
    /// How many of them belong to roles that it is no member of.
    of_others: u64,
    /// The version of TLS; null without.
    tls: Option<&'a str>,
    /// Whether it is a standby, or read-only.
    standby: bool,
    /// The version of the pg_dump that dumps it; null where there is none.
    pg_dump: Option<&'a str>,
}

#[derive(Serialize, JsonSchema)]
struct UpgradesTable<'a> {
    table: &'a str,
    /// Null before the baseline.
    version: Option<&'a str>,
    /// How many deltas; null where no directory is configured.
    pending: Option<usize>,
}

pub(crate) fn doctor(machine: &Machine, looked: &[Looked]) -> String {
    report(Doctor {
        problems: problems(machine, looked),
        machine: MachineReport::new(machine),
        databases: looked.iter().map(ExaminedDatabase::new).collect(),
        next: next(machine, looked),
    })
}

impl<'a> MachineReport<'a> {
    fn new(machine: &'a Machine) -> Self {
        Self {
            configuration: machine.configuration.as_deref().map(path),
            service_files: machine.service_files.iter().map(Services::new).collect(),
            password_file: machine.password_file.as_deref().map(path),
            programs: machine.programs.iter().map(Programs::new).collect(),
            scratch_server: machine.scratch,
            deltas: machine.deltas,
            python: machine.python.as_ref().map(Python::new),
            problems: machine.problems.iter().map(Problem::new).collect(),
        }
    }
}

impl<'a> Services<'a> {
    fn new(file: &'a ServiceFile) -> Self {
        Self { path: path(&file.path), services: &file.services }
    }
}

impl Programs {
    fn new(found: &Installation) -> Self {
        let version = format!("{}.{}", found.major(), found.minor());
        Self { version, directory: path(found.directory()) }
    }
}

impl<'a> Python<'a> {
    fn new(report: &'a PythonReport) -> Self {
        let drivers = report.drivers.iter();
        Self {
            program: path(&report.program),
            executable: report.executable.as_deref().map(path),
            version: report.version.as_deref(),
            drivers: drivers.map(|(name, version)| (name.as_str(), version.as_deref())).collect(),
            programs: report.programs,
        }
    }
}

impl<'a> Problem<'a> {
    fn new(problem: &'a doctor::Problem) -> Self {
        Self { what: &problem.what, way_out: way_out(problem).unwrap_or_default() }
    }
}

impl<'a> ExaminedDatabase<'a> {
    fn new(looked: &'a Looked) -> Self {
        let seen = &looked.examination;
        Self {
            database: &looked.label,
            part: looked.part.name(),
            server: seen.server.as_ref().map(Server::new),
            upgrades: seen.upgrades.as_ref().map(UpgradesTable::new),
            problems: seen.problems.iter().map(Problem::new).collect(),
        }
    }
}

impl<'a> Server<'a> {
    fn new(server: &'a ServerReport) -> Self {
        Self {
            version: &server.version,
            database: &server.database,
            role: &server.role,
            superuser: server.rights.superuser,
            creates_databases: server.rights.creates_databases,
            relations: server.rights.relations,
            unreadable: server.rights.unreadable,
            of_others: server.rights.of_others,
            tls: server.tls.as_deref(),
            standby: server.standby,
            pg_dump: server.pg_dump.as_deref(),
        }
    }
}

impl<'a> UpgradesTable<'a> {
    fn new(upgrades: &'a Upgrades) -> Self {
        Self {
            table: &upgrades.table,
            version: upgrades.version.as_deref(),
            pending: upgrades.pending,
        }
    }
}
