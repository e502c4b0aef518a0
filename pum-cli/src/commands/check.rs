use pum_core::compare::{
    CompareError, CompareOptions, Comparison, SchemaMap, SchemaMapError, SchemaMapping,
    compare_sources,
};
use pum_core::connect::redact;
use pum_core::exit;
use pum_core::humanize::count;
use pum_core::plan::{PlanRequest, plan_sources};
use pum_core::source::{Opened, Source, Toolchain, open_both};

use super::check_reports::{self, reporting_errors, write_files};
use super::manager_config::NO_REFERENCE;
use super::open_page::open_page;
use crate::accepted::{AcceptedFile, AcceptedSummary};
use crate::args::{Acceptance, Check, ReportFormat, Reports};
use crate::console::{self, Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::limits;
use crate::render;
use crate::render::check::suggested::{self, Suggested};
use crate::render::check::{self, Compared, Locations, mapped, text};
use crate::render::failed::{Failed, Unmade};
use crate::render::style::Styles;
use crate::text::{printable, short_name};

pub(crate) fn run(context: &Context, args: &Check) -> Result<u8, CliError> {
    if args.list_elements {
        print(&render::text::elements())?;
        return Ok(exit::SUCCESS);
    }
    let output = &args.reports.output;
    reporting_errors(context, output, |err| failed(args, err), || compare(context, args))
}

/// Writes an error in the forms that were asked for.
pub(crate) fn report_error(args: &Check, err: &CliError) {
    check_reports::report_error(&args.reports.output, &failed(args, err));
}

fn failed(args: &Check, err: &CliError) -> Failed {
    let [left, right] = given(args).map(|name| printable(&redact(name.unwrap_or_default())));
    Failed { what: Unmade::Comparison { left, right }, error: err.with_hints() }
}

/// What is compared, as it was given; what is not has no name.
fn given(args: &Check) -> [Option<&str>; 2] {
    let first = args.pg_service1.as_deref().or(args.pg_service.as_deref());
    let second = args.pg_service2.as_deref();
    match (first, args.left.as_deref(), args.right.as_deref()) {
        // What one positional argument means depends on the options beside it.
        (Some(first), Some(only), None) => [Some(first), second.or(Some(only))],
        (None, Some(only), None) if second.is_none() && args.map_schema.is_empty() => {
            [None, Some(only)]
        }
        (first, left, right) => [left.or(first), right.or(second)],
    }
}

/// What is compared: as given, or else production and the reference of the configuration.
fn names(context: &Context, args: &Check) -> Result<[String; 2], CliError> {
    let too_many = args.left.is_some()
        && (args.pg_service1.is_some() || args.pg_service.is_some())
        && (args.right.is_some() || args.pg_service2.is_some());
    if too_many || args.right.is_some() && args.pg_service2.is_some() {
        return Err(CliError::ConflictingOptions {
            what: "more than two sources are named: each is an argument or an option",
        });
    }
    let [left, right] = given(args);
    if left.is_none() && context.config.production.is_empty() {
        return Err(CliError::Missing {
            what: "the first of the two sources",
            flag: "A B",
            key: "production",
        });
    }
    let left = context.database(left)?.to_owned();
    let has_map = !args.map_schema.is_empty() || !context.config.map_schema.is_empty();
    let reference = &context.config.reference;
    let configured = reference.source.as_ref().or(reference.database.as_ref());
    let right = match (right, configured) {
        (Some(right), _) => right.to_owned(),
        (None, _) if has_map => left.clone(),
        (None, Some(reference)) if reference != NO_REFERENCE => reference.clone(),
        (None, _) => {
            return Err(CliError::Missing {
                what: "the second source",
                flag: "B",
                key: "source in [reference]",
            });
        }
    };
    Ok([left, right])
}

/// Short names of the sources: of a connection string its database, and where that is the same, its host.
pub(super) fn short_names(sources: [&Source; 2], labels: [&str; 2]) -> [String; 2] {
    let named = |with_host: bool| {
        [0, 1].map(|side| match (sources[side], labels[side]) {
            (Source::Database(settings), _) => short_name(settings, with_host),
            (_, label) => label.to_owned(),
        })
    };
    let differ = |[left, right]: &[String; 2]| left != right;
    if labels[0] == labels[1] || differ(&named(false)) {
        return named(false);
    }
    Some(named(true)).filter(differ).unwrap_or_else(|| labels.map(str::to_owned))
}

fn compare(context: &Context, args: &Check) -> Result<u8, CliError> {
    let mut accepted =
        context.accepted(args.acceptance.accepted_file.as_deref(), args.acceptance.accept)?;
    let [left, right] = names(context, args)?;
    let table = args.table.as_deref().or(context.config.upgrades_table.as_deref());
    let mut options = CompareOptions::default();
    options.filters = context.filters(&args.filter)?;
    options.upgrades_table = table.map(str::parse).transpose()?;
    options.allow_unknown = args.allow_unknown;
    options.lock_timeout = args.lock_timeout;
    options.schema_map = schema_map(context, &args.map_schema)?;
    let is_mapped = !options.schema_map.is_empty();
    let as_page = has_page(&args.reports);
    options.overview = as_page;
    let sources = [context.source(&left)?, context.source(&right)?];
    let open_options = context.open_options(&args.sources, table.is_some())?;
    let toolchain = context.toolchain();
    let mut console = Console::new(&context.interrupt, false);
    let opened = open_both(
        [&sources[0], &sources[1]],
        &open_options,
        &toolchain,
        &mut context.reporting_to(&mut console),
    );
    drop(console);
    let [mut left, mut right] = opened?;
    let quiet = &mut pum_core::Context::silent(&context.interrupt);
    let mut comparison = compare_sources(&mut left, &mut right, &options, Some(&toolchain), quiet)?;
    let mut filters = options.filters.clone();
    left.left_out().apply_to(&mut filters)?;
    right.left_out().apply_to(&mut filters)?;
    let short = short_names([&sources[0], &sources[1]], [left.label(), right.label()]);
    let names = mapped::sides([&short[0], &short[1]], &comparison.schemas);
    let sides = [&*names[0], &*names[1]];
    let summary = accept(&args.acceptance, &mut accepted, &mut comparison, sides)?;
    let directory = std::env::current_dir().unwrap_or_default();
    let suggestions = if as_page && !comparison.differences.is_empty() {
        suggestions(context, [&mut left, &mut right], &options, &toolchain)?
    } else {
        Ok(Vec::new())
    };
    let places = Locations::new(&comparison, [&left, &right], &directory);
    let mut limits = limits::of_options(&args.filter, &context.config);
    if is_mapped {
        let from =
            if args.map_schema.is_empty() { "map_schema in pum.toml" } else { "--map-schema" };
        limits.extend(mapped::limits(&comparison.schemas, from));
    }
    let counts = |element: &str| options.filters.counts(element);
    limits.extend([&left, &right].into_iter().filter_map(|it| limits::of_source(it, counts)));
    let compared = Compared::new(&comparison, sides[0], sides[1])
        .with_accepted(summary.as_ref())
        .with_places(places)
        .with_suggestions(suggestions)
        .with_limits(limits)
        .with_unused_globs(limits::unused_globs(&comparison, &args.filter, &context.config))
        .leaving_out(filters.excluded_kinds().chain(mapped::kinds_left_out(&comparison.schemas)));
    let compared = compared.failing_on(&args.reports.fail_on);
    show(context, &compared, &args.reports)?;
    Ok(if compared.failing() == 0 { exit::SUCCESS } else { exit::DIFFERENT })
}

/// The schemas that are compared with schemas of other names: as given, or else as configured.
fn schema_map(context: &Context, given: &[SchemaMapping]) -> Result<SchemaMap, CliError> {
    if !given.is_empty() {
        return Ok(SchemaMap::new(given.iter().cloned()));
    }
    let entries = context.config.map_schema.iter().map(|text| text.parse::<SchemaMapping>());
    let path = || context.config.path.clone().unwrap_or_default();
    let wrong = |err: SchemaMapError| CliError::Config {
        path: path(),
        message: format!("map_schema: {err}"),
    };
    entries.collect::<Result<SchemaMap, _>>().map_err(wrong)
}

/// Whether one of the reports is a page.
fn has_page(args: &Reports) -> bool {
    let output = &args.output;
    let printed = output.output_file.is_none() && output.format == ReportFormat::Html;
    printed || args.open || output.files().iter().any(|file| file.format == ReportFormat::Html)
}

/// What would make the left side like the right one, or why that cannot be said. The comparison stands
/// whatever comes of it.
fn suggestions(
    context: &Context,
    [left, right]: [&mut Opened; 2],
    options: &CompareOptions,
    toolchain: &Toolchain,
) -> Result<Result<Vec<Suggested>, String>, CliError> {
    let mut request = PlanRequest::default();
    request.compare = options.clone();
    let quiet = &mut pum_core::Context::silent(&context.interrupt);
    let found = plan_sources(left, right, &request, Some(toolchain), quiet);
    context.interrupt.check().map_err(CompareError::from)?;
    Ok(match found {
        Ok(migration) => Ok(suggested::of_plan(&migration)),
        Err(err) => Err(printable(&err.to_string())),
    })
}

/// Hides what is accepted, and what is to be accepted now.
fn accept(
    args: &Acceptance,
    file: &mut AcceptedFile,
    comparison: &mut Comparison,
    sides: [&str; 2],
) -> Result<Option<AcceptedSummary>, CliError> {
    let Comparison { differences, contents, .. } = comparison;
    let found = differences.clone();
    let mut summary = file.hide(differences, contents);
    let gone = summary.as_ref().map(AcceptedSummary::gone).unwrap_or_default();
    if args.forget_gone && !gone.is_empty() {
        file.forget(gone)?;
        let entries = if gone.len() == 1 { "entry" } else { "entries" };
        say(&format!("took {} {entries} out of {}", gone.len(), file.shown()));
        differences.clone_from(&found);
        summary = file.hide(differences, contents);
    }
    if let Some(reason) = args.reason.as_deref().filter(|_| args.accept) {
        let names = file.accept(differences, contents, sides, reason)?;
        say(&match names.len() {
            0 => "nothing to accept".to_owned(),
            number => format!("accepted {} in {}", count(number, "difference"), file.shown()),
        });
        for name in &names {
            say(&format!("  {}", printable(name)));
        }
        *differences = found;
        summary = file.hide(differences, contents);
    }
    Ok(summary)
}

/// Standard output first, so that the result is shown even if a file cannot be written.
fn show(context: &Context, compared: &Compared<'_>, args: &Reports) -> Result<(), CliError> {
    let level = args.verbose_level;
    let paint = Styles::new(console::is_output_colored());
    let width = console::columns();
    let printed = print(&match (&args.output.output_file, args.output.format) {
        (Some(_), _) => text::report(compared, 0, paint, width),
        (None, ReportFormat::Text) => text::report(compared, level, paint, width),
        (None, format) => check::render(compared, format, level),
    });
    write_files(&args.output, |format| check::render(compared, format, level))?;
    if args.open {
        let files = args.output.files();
        let page = files.iter().find(|file| file.format == ReportFormat::Html);
        open_page(&context.browser(), page.map(|file| &*file.path), || {
            check::render(compared, ReportFormat::Html, level)
        });
    }
    printed
}
