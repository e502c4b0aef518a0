//! Looks at all that pum works with, and tells what will go wrong. Writes nothing.

use pum_core::connect::{Settings, password_file, service_files};
use pum_core::delta::DeltaSet;
use pum_core::doctor::{DoctorOptions, DoctorPart, DoctorReport, Problem, examine};
use pum_core::scratch::would_start;
use pum_core::upgrade::{TableName, examine_python};
use pum_core::{Hint, exit};

use crate::args::{Doctor, Format};
use crate::console::print;
use crate::context::{Context, tell_passed_over};
use crate::error::CliError;
use crate::render::doctor::{self as render, Looked, Machine};
use crate::render::json::doctor as doctor_json;

/// How many seconds a server has to answer, unless its connection says so.
const PATIENCE: &str = "10";

pub(crate) fn run(context: &Context, args: &Doctor) -> Result<u8, CliError> {
    let mut machine = machine(context);
    let deltas = deltas(context, args, &mut machine);
    let table = table(context, args, deltas.as_ref(), &mut machine);
    let targets = targets(context, args, &machine);
    let installations = context.installations();
    let overrides = context.overrides();
    let with = DoctorOptions {
        installations: &installations,
        overrides: &overrides,
        table: table.as_ref(),
        deltas: deltas.as_ref(),
        rules: context.history_rules(None),
    };
    // A server that does not answer keeps no other waiting.
    let looked: Vec<Looked> = std::thread::scope(|scope| {
        let with = &with;
        let looks: Vec<_> = targets
            .into_iter()
            .map(|(name, part)| scope.spawn(move || examine_database(context, &name, part, with)))
            .collect();
        let joined = looks.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|look| look.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    context.interrupt.check().map_err(pum_core::connect::ConnectError::from)?;
    print(&match args.format {
        Format::Text => render::text(&machine, &looked),
        Format::Json => doctor_json(&machine, &looked),
    })?;
    let fine = render::problems(&machine, &looked) == 0;
    Ok(if fine { exit::SUCCESS } else { exit::DIFFERENT })
}

/// The setup of this machine.
fn machine(context: &Context) -> Machine {
    let mut problems = Vec::new();
    let service_files = service_files(&context.environment);
    problems.extend(service_files.iter().filter_map(|file| {
        let problem = file.problem.as_ref()?;
        let what = format!("the service file {} {problem}", file.path.display());
        Some(Problem::new(what, "set PGSERVICEFILE to one that is there and may be read"))
    }));
    let password_file = password_file(&context.environment);
    problems.extend(password_file.iter().filter_map(|file| {
        let problem = file.problem.as_ref()?;
        let path = file.path.display();
        let what = format!("the password file {path} is ignored: it {problem}");
        Some(Problem::new(what, &format!("chmod 0600 {path}")))
    }));
    let installations = context.installations();
    let scratch = would_start(&context.scratch_options(&installations));
    let scratch = scratch.map_err(|err| problems.push(Problem::from_error(err)));
    Machine {
        configuration: context.config.path.clone(),
        service_files,
        password_file: password_file.map(|file| file.path),
        programs: installations.list().to_vec(),
        scratch: scratch.ok(),
        deltas: None,
        passed_over: Vec::new(),
        python: None,
        has_reference: context.config.reference.is_given(),
        problems,
    }
}

/// The deltas, if a directory is known.
fn deltas(context: &Context, args: &Doctor, machine: &mut Machine) -> Option<DeltaSet> {
    if args.deltas.dir.is_empty() && context.config.delta_dirs.is_empty() {
        return None;
    }
    match context.deltas(&args.deltas) {
        Ok(deltas) => {
            machine.deltas = Some(deltas.deltas.len());
            tell_passed_over(&deltas);
            machine.passed_over = deltas.passed_over().to_vec();
            machine.python = examine_python(context.config.python_exe.as_deref(), &deltas);
            let problems = machine.python.iter().flat_map(|python| &python.problems);
            let problems = problems.map(|problem| {
                let what = format!("the deltas in Python cannot be run: {problem}");
                Problem::with_hint(what, Hint::NameProgram { program: "python3" })
            });
            machine.problems.extend(problems);
            Some(deltas)
        }
        Err(err) => {
            machine.deltas = Some(0);
            machine.problems.push(err.into_problem());
            None
        }
    }
}

/// The upgrades table, if one is known: where there are deltas, there must be one.
fn table(
    context: &Context,
    args: &Doctor,
    deltas: Option<&DeltaSet>,
    machine: &mut Machine,
) -> Option<TableName> {
    let given = args.deltas.table.as_deref();
    let known = given.or(context.config.upgrades_table.as_deref()).is_some();
    let table = match deltas {
        Some(deltas) if known || deltas.project.is_some() => context.table_of(given, deltas),
        Some(_) => context.table(given),
        None if known || machine.deltas.is_some() => context.table(given),
        None => return None,
    };
    table.map_err(|err| machine.problems.push(err.into_problem())).ok()
}

/// The databases to look at, each once, and what it is for.
fn targets(context: &Context, args: &Doctor, machine: &Machine) -> Vec<(String, DoctorPart)> {
    let config = &context.config;
    let is_service = |name: &str| {
        machine.service_files.iter().any(|file| file.services.iter().any(|known| known == name))
    };
    // A glob stands for the services that it fits.
    let expanded = |name: &String| {
        let found = context.databases(std::slice::from_ref(name)).unwrap_or_default();
        let labels: Vec<String> = found.iter().map(|one| one.label().to_owned()).collect();
        let fits = !labels.is_empty() && labels.iter().all(|label| is_service(label));
        if fits { labels } else { vec![name.clone()] }
    };
    let mut configured: Vec<(String, DoctorPart)> = Vec::new();
    let productions = config.production.iter().flat_map(expanded);
    configured.extend(productions.map(|name| (name, DoctorPart::Production)));
    configured.extend(config.test.iter().map(|name| (name.clone(), DoctorPart::Test)));
    let reference = config.reference.database.iter();
    configured.extend(reference.map(|name| (name.clone(), DoctorPart::Reference)));
    let part = |name: &str| {
        let known = configured.iter().find(|(configured, _)| configured == name);
        known.map_or(DoctorPart::Unknown, |(_, part)| *part)
    };
    let mut names: Vec<&String> = args.databases.iter().collect();
    if args.all_services {
        names.extend(machine.service_files.iter().flat_map(|file| &file.services));
    }
    if names.is_empty() {
        names.extend(configured.iter().map(|(name, _)| name));
    }
    let mut targets: Vec<(String, DoctorPart)> = Vec::new();
    for name in names {
        if !targets.iter().any(|(known, _)| known == name) {
            targets.push((name.clone(), part(name)));
        }
    }
    targets
}

fn examine_database(
    context: &Context,
    name: &str,
    part: DoctorPart,
    with: &DoctorOptions<'_>,
) -> Looked {
    let settings = context.settings(name).and_then(patient);
    let (label, examination) = match settings {
        Ok(settings) => {
            (settings.label().to_owned(), examine(&settings, part, with, &context.interrupt))
        }
        // A connection string that cannot be read may hold a password anywhere.
        Err(err) => {
            let plain = name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
            let label = if plain { name } else { "a connection" };
            let problems = vec![err.into_problem()];
            let mut report = DoctorReport::default();
            report.problems = problems;
            (label.to_owned(), report)
        }
    };
    Looked { label, part, examination }
}

fn patient(settings: Settings) -> Result<Settings, CliError> {
    Ok(match settings.get("connect_timeout") {
        Some(_) => settings,
        None => settings.with("connect_timeout", PATIENCE)?,
    })
}
