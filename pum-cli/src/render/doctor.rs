//! The report of `pum doctor`.

use std::path::PathBuf;

use pum_core::connect::ServiceFile;
use pum_core::doctor::{DoctorPart, DoctorReport, Problem, Rights, ServerReport};
use pum_core::humanize::{count, grouped};
use pum_core::installation::Installation;
use pum_core::upgrade::PythonReport;

use crate::hint;
use crate::text::{line, printable, shown};

/// The setup of this machine.
pub(crate) struct Machine {
    pub(crate) configuration: Option<PathBuf>,
    pub(crate) service_files: Vec<ServiceFile>,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) programs: Vec<Installation>,
    /// The major version of scratch servers, if they can be had.
    pub(crate) scratch: Option<u32>,
    /// How many deltas there are, if a directory is known.
    pub(crate) deltas: Option<usize>,
    /// What runs the deltas in Python, if there are some.
    pub(crate) python: Option<PythonReport>,
    /// Whether the configuration says with what an upgraded copy is compared.
    pub(crate) has_reference: bool,
    pub(crate) problems: Vec<Problem>,
}

/// A database that was looked at.
pub(crate) struct Looked {
    pub(crate) label: String,
    pub(crate) part: DoctorPart,
    pub(crate) examination: DoctorReport,
}

/// How many problems were found.
pub(crate) fn problems(machine: &Machine, looked: &[Looked]) -> usize {
    let databases: usize = looked.iter().map(|one| one.examination.problems.len()).sum();
    machine.problems.len() + databases
}

pub(crate) fn text(machine: &Machine, looked: &[Looked]) -> String {
    let mut out = String::new();
    let verdict = match problems(machine, looked) {
        0 if looked.is_empty() => "no problems found here; no database was checked".to_owned(),
        0 => format!("no problems found with {}", count(looked.len(), "database")),
        1 => "1 problem found".to_owned(),
        more => format!("{more} problems found"),
    };
    line(&mut out, &verdict);
    line(&mut out, "");
    line(&mut out, "this machine");
    for (what, value) in facts(machine) {
        line(&mut out, &format!("  {what:<14} {value}"));
    }
    tell(&mut out, &machine.problems);
    for one in looked {
        line(&mut out, "");
        let part = one.part.name().map_or_else(String::new, |part| format!(" ({part})"));
        line(&mut out, &format!("{}{part}", printable(&one.label)));
        if let Some(server) = &one.examination.server {
            for fact in seen(server) {
                line(&mut out, &format!("  {fact}"));
            }
        }
        if let Some(upgrades) = &one.examination.upgrades {
            let version = upgrades.version.as_deref().unwrap_or("(none)");
            let pending = match upgrades.pending {
                Some(0) => ", nothing pending".to_owned(),
                Some(number) => format!(", {} pending", count(number, "delta")),
                None => String::new(),
            };
            let table = printable(&upgrades.table);
            line(&mut out, &format!("  at version {version} ({table}){pending}"));
        }
        tell(&mut out, &one.examination.problems);
    }
    line(&mut out, "");
    line(&mut out, &format!("next: {}", next(machine, looked)));
    out
}

/// What to do now: what the next command would fail on, or the next command.
pub(crate) fn next(machine: &Machine, looked: &[Looked]) -> String {
    let named = |one: &Looked| crate::text::shell_word(&printable(&one.label));
    let is_production = |one: &&Looked| one.part == DoctorPart::Production;
    let only = || if let [one] = looked { Some(one) } else { None };
    let production = looked.iter().find(is_production).or_else(only);
    let upgrades = production.and_then(|one| one.examination.upgrades.as_ref());
    if problems(machine, looked) > 0 {
        return "correct the problems above, then run pum doctor again".to_owned();
    }
    if machine.configuration.is_none() {
        return match looked {
            [] => "pum init writes a pum.toml; or name a database: pum doctor A, or --all-services",
            _ => "pum init writes a pum.toml",
        }
        .to_owned();
    }
    let Some(production) = production else {
        return match looked {
            [] => "name a database: pum doctor A, or --all-services, or production in pum.toml",
            _ => "name the one that is upgraded: pum doctor A, or production in pum.toml",
        }
        .to_owned();
    };
    let name = named(production);
    match (machine.deltas, upgrades.and_then(|upgrades| upgrades.pending)) {
        (None | Some(0), _) => {
            format!("pum delta new NAME -p {name} writes the first delta: there is none")
        }
        (Some(_), _) if upgrades.is_none_or(|upgrades| upgrades.version.is_none()) => {
            format!("pum baseline -p {name} -b X.Y.Z: its upgrades table is missing")
        }
        (Some(_), Some(0)) => format!("nothing: {name} has all deltas"),
        (Some(_), _) if !machine.has_reference => {
            "a reference for pum test-and-upgrade: [reference] in pum.toml, -pc DATABASE, or \
             --reference none"
                .to_owned()
        }
        (Some(_), _) => {
            let named = match production.part {
                DoctorPart::Production => String::new(),
                _ => format!(" -pp {name}"),
            };
            format!("pum test-and-upgrade{named} --until approve")
        }
    }
}

fn facts(machine: &Machine) -> Vec<(&'static str, String)> {
    let none = || "none".to_owned();
    let mut facts = vec![(
        "configuration",
        machine
            .configuration
            .as_ref()
            .map_or_else(|| "none; pum init creates one".to_owned(), |path| shown(path)),
    )];
    for file in &machine.service_files {
        let services = printable(&file.services.join(", "));
        facts.push(("services", format!("{services} ({})", file.path.display())));
    }
    if machine.service_files.is_empty() {
        facts.push(("services", none()));
    }
    let passwords = machine.password_file.as_ref();
    facts.push(("password file", passwords.map_or_else(none, |path| path.display().to_string())));
    for one in &machine.programs {
        let version = format!("{}.{}", one.major(), one.minor());
        let has = ["pg_dump", "pg_restore", "initdb", "postgres"];
        let has: Vec<&str> = has.into_iter().filter(|name| one.program(name).is_some()).collect();
        let place = one.directory().display();
        facts.push(("programs", format!("{version} in {place} ({})", has.join(", "))));
    }
    if machine.programs.is_empty() {
        facts.push(("programs", none()));
    }
    let scratch = machine.scratch.map(|major| format!("of PostgreSQL {major}"));
    facts.push(("scratch server", scratch.unwrap_or_else(|| "not possible".to_owned())));
    let deltas = machine.deltas.map(|number| match number {
        0 => "none found".to_owned(),
        number => number.to_string(),
    });
    facts.push(("deltas", deltas.unwrap_or_else(|| "no directory configured".to_owned())));
    facts.extend(machine.python.as_ref().map(|report| ("python", python(report))));
    facts
}

/// `3.11.7 in /usr/bin/python3, psycopg2 2.9.9, no psycopg; runs 3 deltas and hooks`
fn python(report: &PythonReport) -> String {
    let program = report.executable.as_ref().unwrap_or(&report.program);
    let mut text = match &report.version {
        Some(version) => format!("{version} in {}", program.display()),
        None => format!("{} does not work", program.display()),
    };
    for (driver, version) in &report.drivers {
        match version {
            Some(version) => text += &format!(", {driver} {version}"),
            None => text += &format!(", no {driver}"),
        }
    }
    printable(&format!("{text}; for {}", count(report.programs, "program")))
}

fn seen(server: &ServerReport) -> Vec<String> {
    let standby = if server.standby { ", a standby or read-only" } else { "" };
    let tls = server.tls.as_deref().unwrap_or("without TLS");
    let mut seen = vec![format!(
        "PostgreSQL {}{standby}, database {}, {tls}",
        server.version,
        printable(&server.database)
    )];
    seen.push(format!("role {}: {}", printable(&server.role), rights(&server.rights)));
    seen.extend(server.pg_dump.as_ref().map(|version| format!("is dumped with pg_dump {version}")));
    seen
}

/// `no superuser, may read 3 of 4 tables and sequences, may create databases`
fn rights(rights: &Rights) -> String {
    if rights.superuser {
        return "superuser".to_owned();
    }
    let read = grouped(rights.relations - rights.unreadable);
    let create = if rights.creates_databases { "may" } else { "may not" };
    format!(
        "no superuser, may read {read} of {} tables and sequences and alter {}, {create} create \
         databases",
        grouped(rights.relations),
        grouped(rights.relations - rights.of_others)
    )
}

fn tell(out: &mut String, problems: &[Problem]) {
    for problem in problems {
        let what = problem.what.lines().map(printable).collect::<Vec<_>>().join("\n           ");
        line(out, &format!("  problem: {what}"));
        if let Some(way_out) = way_out(problem) {
            line(out, &format!("  fix: {}", printable(&way_out)));
        }
    }
}

/// What to do about a problem, if its text does not say it.
pub(super) fn way_out(problem: &Problem) -> Option<String> {
    let words = problem.hint.as_ref().and_then(hint::words);
    match (problem.way_out.is_empty(), words) {
        (true, words) => words,
        (false, None) => Some(problem.way_out.clone()),
        (false, Some(words)) => Some(format!("{}, or: {words}", problem.way_out)),
    }
}
