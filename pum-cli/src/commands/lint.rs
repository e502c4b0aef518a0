use std::path::PathBuf;

use pum_core::connect::Session;
use pum_core::delta::{DeltaError, DeltaName, DeltaSet, Header, Script};
use pum_core::exit;
use pum_core::lint::{DatabaseFacts, LintRule, Linter};
use pum_core::upgrade::{History, Status};

use crate::args::{Lint, LintFormat, lint_fails};
use crate::console::{self, print};
use crate::context::Context;
use crate::error::CliError;
use crate::render;
use crate::render::lint_ci::Linted;
use crate::render::style::Styles;
use crate::text::describe;

pub(crate) fn run(context: &Context, args: &Lint) -> Result<u8, CliError> {
    if args.list_rules {
        print(&match args.format {
            LintFormat::Json => render::json::rules(),
            _ => render::lint::rules(),
        })?;
        return Ok(exit::SUCCESS);
    }
    let mut deltas = context.deltas(&args.deltas)?;
    let mut variables = context.variables(&args.var)?;
    if let Some(form) = deltas.variable_form(&variables) {
        variables.set_form(form);
    }
    let mut label = None;
    let mut options = context.lint_options(args.lock_timeout);
    let named = args.database.as_deref().or(args.pg_service.as_deref());
    let database = match named {
        None if args.pending => Some(context.database(None)?),
        named => named,
    };
    if let Some(database) = database {
        let mut session = context.open(database)?;
        label = Some(keep_pending(context, args, &mut session, &mut deltas)?);
        options.facts = Some(DatabaseFacts::read(&mut session)?);
    }
    // What is pending runs in one go; of a directory each database has had another part.
    let mut linter = Linter::new(&options);
    let (mut findings, mut unreadable) = (Vec::new(), Vec::new());
    let scripts = scripts(&deltas);
    for script in &scripts {
        // What would be refused in a transaction is to be found, and no error here.
        let looked = script.split(&variables).and_then(|split| {
            let header = Header::read(script)?;
            if label.is_none() {
                linter.forget_created();
            }
            findings.append(&mut linter.lint(&split, &header));
            Ok(())
        });
        unreadable.extend(looked.err());
    }
    // What undoes a delta loses what that made: how much is said when it is run.
    let downs: Vec<&Script> = match label {
        None => deltas.deltas.iter().filter_map(|delta| delta.down.as_ref()).collect(),
        Some(_) => Vec::new(),
    };
    let mut of_downs = options.clone();
    of_downs.ignored.extend([LintRule::DropColumn, LintRule::DropTable]);
    for script in &downs {
        let looked = script.split(&variables).and_then(|split| {
            findings.append(&mut Linter::new(&of_downs).lint(&split, &Header::read(script)?));
            Ok(())
        });
        unreadable.extend(looked.err());
    }
    let count = scripts.len() + downs.len();
    let errors: Vec<String> = unreadable.iter().map(|err| describe(err)).collect();
    let all = scripts.iter().chain(&downs).map(|script| script.path().to_owned());
    let all: Vec<PathBuf> = all.collect();
    let linted = Linted { findings: &findings, scripts: &all, errors: &errors };
    let paint = Styles::new(console::is_output_colored());
    // Who reads text or JSON gets an error as such.
    let text = match args.format {
        LintFormat::Github => Some(linted.github()),
        LintFormat::Markdown => Some(linted.markdown()),
        LintFormat::Sarif => Some(linted.sarif()),
        LintFormat::Junit => Some(linted.junit()),
        LintFormat::Text | LintFormat::Json if !unreadable.is_empty() => None,
        LintFormat::Text => Some(render::lint::text(&findings, count, paint)),
        LintFormat::Json => Some(render::json::lint_report(&findings, count, label.as_deref())),
    };
    text.map_or(Ok(()), |text| print(&text))?;
    if !unreadable.is_empty() {
        return Err(DeltaError::Several { errors: unreadable }.into());
    }
    let fails = findings.iter().any(|finding| lint_fails(&args.fail_on, finding));
    Ok(if fails { exit::DIFFERENT } else { exit::SUCCESS })
}

/// Leaves out of the directory what is not pending, and tells the database's name.
fn keep_pending(
    context: &Context,
    args: &Lint,
    session: &mut Session,
    deltas: &mut DeltaSet,
) -> Result<String, CliError> {
    let table = context.table_of(args.deltas.table.as_deref(), deltas)?;
    let label = session.settings().label().to_owned();
    let history = History::expect(session, &table)?;
    let status = Status::new(deltas, &history, context.history_rules(None));
    let pending: Vec<&DeltaName> = status
        .deltas
        .iter()
        .filter(|delta| delta.state.is_pending())
        .map(|delta| &delta.name)
        .collect();
    deltas.deltas.retain(|delta| pending.contains(&&delta.name));
    Ok(label)
}

/// The scripts that would be run, in order; around no delta there is none.
fn scripts(deltas: &DeltaSet) -> Vec<&Script> {
    if deltas.deltas.is_empty() {
        return Vec::new();
    }
    deltas.scripts().collect()
}
