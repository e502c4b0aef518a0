use std::path::{Path, PathBuf};

use pum_core::connect::Session;
use pum_core::delta::{DeltaError, DeltaName, DeltaSet, Header, Script, Variables};
use pum_core::exit;
use pum_core::lint::{DatabaseFacts, LintOptions, LintRule, Linter};
use pum_core::source::{Layout, Migration, Source, SourceError};
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
    let subjects = Subjects::read(context, args).inspect_err(|err| {
        let linted = Linted { findings: &[], scripts: &[], errors: &[describe(err)] };
        // That it cannot be written is no matter beside the error, which is said anyway.
        let _ = in_ci(&linted, args.format).map(|text| print(&text));
    })?;
    let Subjects { scripts, downs, variables, options, label } = subjects;
    // What is pending runs in one go; of a directory each database has had another part.
    let mut linter = Linter::new(&options);
    let (mut findings, mut unreadable) = (Vec::new(), Vec::new());
    for Subject { script, transaction } in &scripts {
        // What would be refused in a transaction is to be found, and no error here.
        let looked = script.split(&variables).and_then(|split| {
            let mut header = Header::read(script)?;
            header.no_transaction = transaction.map_or(header.no_transaction, |it| !it);
            if label.is_none() {
                linter.forget_created();
            }
            findings.append(&mut linter.lint(&split, &header));
            Ok(())
        });
        unreadable.extend(looked.err());
    }
    // What undoes a delta loses what that made: how much is said when it is run.
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
    let all = scripts.iter().map(|it| &it.script).chain(&downs);
    let all: Vec<PathBuf> = all.map(|script| script.path().to_owned()).collect();
    let linted = Linted { findings: &findings, scripts: &all, errors: &errors };
    let paint = Styles::new(console::is_output_colored());
    let text = in_ci(&linted, args.format).or_else(|| match args.format {
        _ if !unreadable.is_empty() => None,
        LintFormat::Json => Some(render::json::lint_report(&findings, count, label.as_deref())),
        _ => Some(render::lint::text(&findings, count, paint)),
    });
    text.map_or(Ok(()), |text| print(&text))?;
    if !unreadable.is_empty() {
        return Err(DeltaError::Several { errors: unreadable }.into());
    }
    let fails = findings.iter().any(|finding| lint_fails(&args.fail_on, finding));
    Ok(if fails { exit::DIFFERENT } else { exit::SUCCESS })
}

/// In a form of CI systems, in which errors are results; who reads text or JSON gets an error as such.
fn in_ci(linted: &Linted<'_>, format: LintFormat) -> Option<String> {
    match format {
        LintFormat::Github => Some(linted.github()),
        LintFormat::Markdown => Some(linted.markdown()),
        LintFormat::Sarif => Some(linted.sarif()),
        LintFormat::Junit => Some(linted.junit()),
        LintFormat::Text | LintFormat::Json => None,
    }
}

/// What is looked at.
struct Subjects {
    /// In order.
    scripts: Vec<Subject>,
    /// The scripts that undo deltas.
    downs: Vec<Script>,
    variables: Variables,
    options: LintOptions,
    /// The database on which the scripts are pending.
    label: Option<String>,
}

/// A script that is run.
struct Subject {
    script: Script,
    /// Whether the program that it is written for runs it in one transaction; `None`: its header says it.
    transaction: Option<bool>,
}

impl Subjects {
    fn read(context: &Context, args: &Lint) -> Result<Self, CliError> {
        let wrong = |what| CliError::ConflictingOptions { what };
        let sources = args.subjects.iter().map(|text| context.source(text));
        let sources: Vec<Source> = sources.collect::<Result<_, _>>()?;
        let paths: Vec<&Path> = sources.iter().filter_map(Source::path).collect();
        if args.layout.is_some() && paths.is_empty() {
            return Err(wrong("--layout is for directories of migrations that are named"));
        }
        match (&*args.subjects, &*paths) {
            ([], _) => Self::of_deltas(context, args, args.pg_service.as_deref()),
            ([_], []) if args.pg_service.is_some() => {
                Err(wrong("a database is named twice: once is enough"))
            }
            ([database], []) => Self::of_deltas(context, args, Some(database)),
            (all, some) if all.len() != some.len() => {
                Err(wrong("one database, or files and directories of SQL: not both"))
            }
            _ if args.pending => {
                Err(wrong("--pending is for deltas, and not for files that are named"))
            }
            _ => Self::of_files(context, args, &sources),
        }
    }

    /// The deltas of the directories, or those of them that are pending on a database.
    fn of_deltas(context: &Context, args: &Lint, named: Option<&str>) -> Result<Self, CliError> {
        let mut deltas = context.deltas(&args.deltas)?;
        let mut options = context.lint_options(args.lock_timeout);
        let mut label = None;
        let database = match named {
            None if args.pending => Some(context.database(None)?),
            named => named,
        };
        if let Some(database) = database {
            let mut session = context.open(database)?;
            label = Some(keep_pending(context, args, &mut session, &mut deltas)?);
            options.facts = Some(DatabaseFacts::read(&mut session)?);
        }
        let mut subjects = Self::of_set(&deltas, context.variables(&args.var)?, options);
        if label.is_some() {
            subjects.downs.clear();
        }
        Ok(Self { label, ..subjects })
    }

    fn of_set(deltas: &DeltaSet, mut variables: Variables, options: LintOptions) -> Self {
        if let Some(form) = deltas.variable_form(&variables) {
            variables.set_form(form);
        }
        // Around no delta nothing is run.
        let scripts = if deltas.deltas.is_empty() { None } else { Some(deltas.scripts()) };
        let subject = |script: &Script| Subject { script: script.clone(), transaction: None };
        Self {
            scripts: scripts.into_iter().flatten().map(subject).collect(),
            downs: deltas.deltas.iter().filter_map(|delta| delta.down.clone()).collect(),
            variables,
            options,
            label: None,
        }
    }

    /// Files of SQL, and directories of migrations in the layout of any program.
    fn of_files(context: &Context, args: &Lint, sources: &[Source]) -> Result<Self, CliError> {
        let variables = context.variables(&args.var)?;
        let mut options = context.lint_options(args.lock_timeout);
        if let Some(database) = &args.pg_service {
            options.facts = Some(DatabaseFacts::read(&mut context.open(database)?)?);
        }
        let mut found = Vec::new();
        for source in sources {
            match source {
                Source::Directory(path) => {
                    let layout = args.layout.map_or_else(|| Layout::detect(path), Ok)?;
                    if layout == Layout::Pum {
                        let set = DeltaSet::read(&[path])?;
                        return match sources {
                            [_] => Ok(Self::of_set(&set, variables, options)),
                            _ => Err(CliError::ConflictingOptions {
                                what: "a directory of deltas is named beside others: name directories of \
                                       deltas with --dir",
                            }),
                        };
                    }
                    found.extend(layout.migrations(path, &variables)?);
                }
                Source::Script(path) | Source::PlainDump(path) => {
                    found.push(Migration::read(path)?);
                }
                other => {
                    let path = other.path().unwrap_or(Path::new("")).to_owned();
                    let reason = "it has no statements".to_owned();
                    return Err(SourceError::NotASource { path, reason }.into());
                }
            }
        }
        // Their program runs them as they are.
        options.ignored.insert(LintRule::TransactionControl);
        let subject =
            |it: Migration| Subject { script: it.script, transaction: Some(it.transaction) };
        let scripts = found.into_iter().map(subject).collect();
        Ok(Self {
            scripts,
            downs: Vec::new(),
            variables: Variables::default(),
            options,
            label: None,
        })
    }
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
