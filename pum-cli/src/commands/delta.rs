use std::path::PathBuf;
use std::time::Duration;

use pum_core::delta::{DeltaDirectory, DeltaSet, NewDelta, NextVersion, Version};
use pum_core::exit;
use pum_core::plan::{
    AfterDeltas, Answer, MeasureOn, MeasuredWays, Migration, PendingDeltas, PlanRequest, ask,
    measure_ways, plan_after_deltas,
};
use pum_core::source::{Opened, Source, Toolchain, open_both};
use pum_core::upgrade::{History, PlanOptions, TableName};

use super::check::short_names;
use super::planning;
use crate::args::{Delta, DeltaCommand, DeltaNew, DeltaProve, Format, Planning, Sources};
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::render::json::{self, NewDeltaOutcome};
use crate::render::migration::Script;
use crate::text::{printable, shown};

pub(crate) fn run(context: &Context, args: &Delta) -> Result<u8, CliError> {
    match &args.command {
        DeltaCommand::New(args) => new(context, args),
        DeltaCommand::Prove(args) => prove(context, args),
    }
}

fn new(context: &Context, args: &DeltaNew) -> Result<u8, CliError> {
    let directory = DeltaDirectory::read(context.delta_dirs(&args.deltas)?)?;
    let next = next_version(args.version.as_deref(), args.minor, args.major)?;
    match (&args.pg_service, &args.to) {
        (database, Some(to)) => {
            let database = context.database(database.as_deref())?;
            let table = context.table_of(args.deltas.table.as_deref(), directory.deltas())?;
            let given = (database, to.as_str(), &args.sources);
            new_from_plan(args, &directory, &next, &Work::new(context, given, table)?)
        }
        (database, None) => {
            let current = match database {
                Some(database) => current_version(context, args, database, &directory)?,
                None => None,
            };
            let version = directory.next_version(current.as_ref(), &next)?;
            let staged = directory.stage(&NewDelta::empty(&*args.name, version.clone()))?;
            let written = staged.write()?;
            tell_written(&written);
            let outcome = NewDeltaOutcome {
                after: None,
                version: Some(version.to_string()),
                answers: &[],
                written: &written,
                problem: None,
                is_proven: None,
            };
            report(args, &outcome)?;
            Ok(exit::SUCCESS)
        }
    }
}

fn new_from_plan(
    args: &DeltaNew,
    directory: &DeltaDirectory,
    next: &NextVersion,
    work: &Work<'_>,
) -> Result<u8, CliError> {
    // What is wrong with the name or the directory is said before any work is done.
    let first = directory.next_version(None, next)?;
    drop(directory.stage(&NewDelta::empty(&*args.name, first))?);
    let mut sides = work.open()?;
    let mut request = planning::request(work.context, &args.filter, &args.planning, None)?;
    if let (Some(copy), Some(within)) = (&args.on, args.measure_for) {
        request.ways = work.measure((copy, within), &mut sides, directory.deltas(), &request)?;
    }
    let after = work.plan_after(&mut sides, directory.deltas(), &request, args.down)?;
    let labels = sides.each_ref().map(|side| side.label().to_owned());
    let mut outcome = NewDeltaOutcome {
        after: Some((&after, labels.each_ref().map(|label| &**label))),
        version: None,
        answers: &[],
        written: &[],
        problem: None,
        is_proven: None,
    };
    if after.migration.plan.is_empty() && after.migration.plan.left_out.is_empty() {
        let when = if after.applied.is_empty() { "" } else { "after the pending deltas " };
        say(&format!("there is nothing to write: {when}the schemas are the same"));
        report(args, &outcome)?;
        return Ok(exit::SUCCESS);
    }
    outcome.problem = problem_of(&after.migration, &sides, &args.planning)?;
    if let Some(problem) = &outcome.problem {
        report(args, &outcome)?;
        return Ok(refuse(problem));
    }
    let version = directory.next_version(Some(&after.current_version), next)?;
    let answers = match &args.on {
        Some(copy) => work.ask(copy, &mut sides, &after)?,
        None => Vec::new(),
    };
    outcome.answers = &answers;
    let staged = directory.stage(&after.new_delta(&args.name, version.clone(), &answers))?;
    let pending = PendingDeltas::new(staged.deltas(), &work.table, &work.options, &request);
    let quiet = &mut pum_core::Context::silent(&work.context.interrupt);
    let proof =
        after.prove(sides.each_mut(), (directory.deltas(), pending), &work.toolchain, quiet)?;
    outcome.is_proven = Some(proof.is_none());
    if let Some(left) = proof {
        let what = "the delta does not lead to the other schema, which is a fault of pum";
        let problem = format!("{what}: {left}");
        outcome.problem = Some(problem.clone());
        report(args, &outcome)?;
        return Ok(refuse(&problem));
    }
    let written = staged.write()?;
    tell_written(&written);
    if let Some(line) = after.migration.measured.counted_later(&answers) {
        say(line);
    }
    for answer in &answers {
        say(&format!("to be decided: {} {}", answer.count, printable(&answer.question.what)));
    }
    outcome.version = Some(version.to_string());
    outcome.written = &written;
    report(args, &outcome)?;
    Ok(exit::SUCCESS)
}

/// Prints it for programs, if that is wanted.
fn report(args: &DeltaNew, outcome: &NewDeltaOutcome<'_>) -> Result<(), CliError> {
    match args.format {
        Format::Text => Ok(()),
        Format::Json => print(&json::delta_new(outcome)),
    }
}

fn prove(context: &Context, args: &DeltaProve) -> Result<u8, CliError> {
    let (deltas, table) = context.deltas_and_table(&args.deltas)?;
    let database = args.database.as_deref().or(args.pg_service.as_deref());
    let given = (context.database(database)?, args.to.as_str(), &args.sources);
    let work = Work::new(context, given, table)?;
    let mut sides = work.open()?;
    let request = planning::request(context, &args.filter, &Planning::default(), None)?;
    let after = work.plan_after(&mut sides, &deltas, &request, false)?;
    let names = names(&after.applied);
    let run =
        if names.is_empty() { "nothing is pending".to_owned() } else { format!("after {names}") };
    let [left, right] = work.names(&sides);
    let script = Script {
        migration: &after.migration,
        losing: &[],
        proof: None,
        sides: sides.each_ref(),
        answers: &[],
    };
    if args.format == Format::Json {
        print(&json::delta_prove(&after, &script))?;
    }
    let Some(problem) = after.left_over() else {
        say(&format!("proven on PostgreSQL {}: {left}, {run}, is {right}", after.server_version));
        return Ok(exit::SUCCESS);
    };
    if args.format == Format::Text {
        print(&script.to_sql())?;
    }
    say(&format!("{left}, {run}, is not {right}: {}", printable(&problem)));
    Ok(exit::DIFFERENT)
}

/// The scripts that were run, by their names.
fn names(applied: &[PathBuf]) -> String {
    let names = applied.iter().filter_map(|path| path.file_name());
    let names: Vec<String> = names.map(|name| printable(&name.to_string_lossy())).collect();
    names.join(", ")
}

/// Why nothing is to be written: something is refused, or lost and not allowed to be.
pub(super) fn problem_of(
    migration: &Migration,
    [left, right]: &[Opened; 2],
    planning: &Planning,
) -> Result<Option<String>, CliError> {
    let losing = planning::losing(migration, planning.allow_loss.as_deref())?;
    let script =
        Script { migration, losing: &losing, proof: None, sides: [left, right], answers: &[] };
    Ok(script.problem())
}

pub(super) fn refuse(problem: &str) -> u8 {
    say(&format!("error: {}; nothing was written", printable(problem)));
    exit::ERROR
}

fn tell_written(paths: &[PathBuf]) {
    for path in paths {
        say(&format!("wrote {}", printable(&shown(path))));
    }
}

/// Which version a delta gets.
pub(super) fn next_version(
    exactly: Option<&str>,
    minor: bool,
    major: bool,
) -> Result<NextVersion, CliError> {
    Ok(match exactly {
        Some(version) => NextVersion::Exactly(version.parse()?),
        None if major => NextVersion::Major,
        None if minor => NextVersion::Minor,
        None => NextVersion::Patch,
    })
}

fn current_version(
    context: &Context,
    args: &DeltaNew,
    database: &str,
    directory: &DeltaDirectory,
) -> Result<Option<Version>, CliError> {
    let table = context.table_of(args.deltas.table.as_deref(), directory.deltas())?;
    let history = History::expect(&mut context.open(database)?, &table)?;
    Ok(history.current_version().cloned())
}

/// A database, a reference, and how both are read.
pub(super) struct Work<'a> {
    context: &'a Context,
    database: Source,
    reference: Source,
    sources: &'a Sources,
    table: TableName,
    options: PlanOptions,
    toolchain: Toolchain,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        context: &'a Context,
        (database, reference, sources): (&str, &str, &'a Sources),
        table: TableName,
    ) -> Result<Self, CliError> {
        let mut options = PlanOptions::default();
        options.variables = context.variables(&sources.var)?;
        if let Some(form) = context.config.variable_form {
            options.variables.set_form(form.into());
        }
        options.python.clone_from(&context.config.python_exe);
        options.rules = context.history_rules(None);
        options.allow_undecided = true;
        Ok(Self {
            context,
            database: Source::Database(context.settings(database)?),
            reference: context.source(reference)?,
            sources,
            table,
            options,
            toolchain: context.toolchain(),
        })
    }

    pub(super) fn open(&self) -> Result<[Opened; 2], CliError> {
        let mut open_options = self.context.open_options(self.sources, true)?;
        open_options.watch_names = true;
        let mut console = Console::new(&self.context.interrupt, false);
        let sides = [&self.database, &self.reference];
        let opened = open_both(
            sides,
            &open_options,
            &self.toolchain,
            &mut self.context.reporting_to(&mut console),
        );
        drop(console);
        Ok(opened?)
    }

    /// What lines for people call them.
    pub(super) fn names(&self, [left, right]: &[Opened; 2]) -> [String; 2] {
        let sources = [&self.database, &self.reference];
        short_names(sources, [left.label(), right.label()]).map(|name| printable(&name))
    }

    /// What was measured of the ways on a copy with rows.
    fn measure(
        &self,
        (copy, within): (&str, Duration),
        sides: &mut [Opened; 2],
        deltas: &DeltaSet,
        request: &PlanRequest,
    ) -> Result<MeasuredWays, CliError> {
        drop(planning::open_copy(self.context, copy, sides)?);
        let settings = self.context.settings(copy)?;
        let pending = PendingDeltas::new(deltas, &self.table, &self.options, request);
        let quiet = &mut pum_core::Context::silent(&self.context.interrupt);
        let on = MeasureOn::new(&settings, within);
        let found = measure_ways(sides.each_mut(), pending, on, &self.toolchain, quiet)?;
        planning::say_measured(&found);
        Ok(found)
    }

    /// What a copy with rows says of what stands in the way.
    fn ask(
        &self,
        copy: &str,
        sides: &mut [Opened; 2],
        after: &AfterDeltas,
    ) -> Result<Vec<Answer>, CliError> {
        let mut copy = planning::open_copy(self.context, copy, sides)?;
        let Migration { plan, questions, .. } = &after.migration;
        Ok(ask(&mut copy, plan, questions)?)
    }

    /// What is missing after the pending deltas.
    pub(super) fn plan_after(
        &self,
        sides: &mut [Opened; 2],
        deltas: &DeltaSet,
        request: &PlanRequest,
        with_down: bool,
    ) -> Result<AfterDeltas, CliError> {
        let pending = PendingDeltas::new(deltas, &self.table, &self.options, request);
        let pending = pending.with_down(with_down);
        let quiet = &mut pum_core::Context::silent(&self.context.interrupt);
        Ok(plan_after_deltas(sides.each_mut(), pending, &self.toolchain, quiet)?)
    }
}
