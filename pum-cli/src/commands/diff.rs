use std::fmt::Write as _;

use pum_core::compare::CompareOptions;
use pum_core::diff::Glob;
use pum_core::exit;
use pum_core::humanize::count;
use pum_core::plan::{Migration, Proof, Step, plan_sources, prove};
use pum_core::source::{Opened, open_both};

use crate::args::Diff;
use crate::console::{Console, print, say};
use crate::context::Context;
use crate::error::CliError;
use crate::text::printable;

pub(crate) fn run(context: &Context, args: &Diff) -> Result<u8, CliError> {
    let table = args.table.as_deref().or(context.config.upgrades_table.as_deref());
    let mut options = CompareOptions::default();
    options.filters = context.filters(&args.filter)?;
    options.upgrades_table = table.map(str::parse).transpose()?;
    let (left, right) = (context.source(&args.left)?, context.source(&args.right)?);
    let open_options = context.open_options(&args.sources, table.is_some())?;
    let toolchain = context.toolchain();
    let mut console = Console::new(false);
    let opened = open_both(
        [&left, &right],
        &open_options,
        &toolchain,
        &mut context.reporting_to(&mut console),
    );
    drop(console);
    let [mut left, mut right] = opened?;
    let quiet = &mut pum_core::Context::silent(&context.interrupt);
    let migration = plan_sources(&mut left, &mut right, &options, Some(&toolchain), quiet)?;
    if migration.plan.is_empty() && migration.plan.left_out.is_empty() {
        say("there is nothing to do: the schemas are the same");
        return Ok(exit::SUCCESS);
    }
    let losing = losing(&migration, args.allow_loss.as_deref())?;
    let proof = if args.no_proof || !migration.plan.refused.is_empty() {
        None
    } else {
        Some(prove(&migration.plan, (&mut left, &mut right), &options, &toolchain, quiet))
    };
    let script = Script { migration: &migration, losing: &losing, proof: proof.as_ref() };
    let problem = script.problem();
    let text = script.text([&left, &right]);
    match &args.output_file {
        Some(path) if problem.is_none() || args.partial => {
            std::fs::write(path, &text)
                .map_err(|cause| CliError::Write { path: path.clone(), cause })?;
            say(&format!("wrote {}", path.display()));
        }
        Some(path) => {
            print(&text)?;
            say(&format!("{} was not written (see --partial)", path.display()));
        }
        None => print(&text)?,
    }
    match problem {
        Some(problem) => {
            say(&format!("error: {problem}"));
            Ok(exit::ERROR)
        }
        None => Ok(exit::DIFFERENT),
    }
}

/// The steps that destroy what they may not.
fn losing<'m>(
    migration: &'m Migration,
    allowed: Option<&[String]>,
) -> Result<Vec<&'m Step>, CliError> {
    let globs: Vec<Glob> = match allowed {
        None => Vec::new(),
        Some([]) => return Ok(Vec::new()),
        Some(globs) => globs.iter().map(|glob| Glob::new(glob)).collect::<Result<_, _>>()?,
    };
    let is_allowed =
        |step: &&Step| globs.iter().any(|glob| glob.matches(&step.identity.qualified_name()));
    Ok(migration.plan.losses().filter(|step| !is_allowed(step)).collect())
}

/// What is shown or written.
struct Script<'a> {
    migration: &'a Migration,
    /// The steps that are written as comments.
    losing: &'a [&'a Step],
    proof: Option<&'a Proof>,
}

impl Script<'_> {
    /// Why it is not what was asked for.
    fn problem(&self) -> Option<String> {
        let plan = &self.migration.plan;
        if !plan.refused.is_empty() {
            let refused: Vec<String> = plan
                .refused
                .iter()
                .map(|it| printable(&format!("{}: {}", it.identity, it.reason)))
                .collect();
            return Some(format!(
                "{} cannot be made by statements: {}",
                count(refused.len(), "change"),
                refused.join("; ")
            ));
        }
        match self.proof {
            Some(Proof::Failed { reason }) => {
                return Some(format!(
                    "the statements do not lead to the other schema, which is a fault of pum: {}",
                    printable(reason)
                ));
            }
            Some(Proof::Missing { reason }) => {
                return Some(format!(
                    "the statements could not be proven: {}; --no-proof shows them unproven",
                    printable(reason)
                ));
            }
            _ => {}
        }
        let first = self.losing.first()?;
        Some(format!(
            "{} would be lost, such as {} ({}); what may be lost is allowed by --allow-loss",
            match self.losing.len() {
                1 => "data".to_owned(),
                number => format!("data of {}", count(number, "object")),
            },
            first.loss.unwrap_or_default(),
            printable(&first.identity.to_string())
        ))
    }

    fn text(&self, [left, right]: [&Opened; 2]) -> String {
        let Migration { plan, .. } = self.migration;
        let mut text = String::new();
        if let Some(problem) = self.problem() {
            let _ = writeln!(text, "-- INCOMPLETE: {}", one_line(&problem));
        }
        let _ = writeln!(text, "-- from: {}", printable(left.label()));
        let _ = writeln!(text, "-- to: {}", printable(right.label()));
        for left_out in &plan.left_out {
            let _ = writeln!(text, "-- left out: {}", printable(left_out));
        }
        for step in plan.losses() {
            if let Some(loss) = step.loss {
                let _ =
                    writeln!(text, "-- lost: {loss} ({})", printable(&step.identity.to_string()));
            }
        }
        for variable in &plan.variables {
            let _ = writeln!(
                text,
                "-- needs: psql -v {}=... ({})",
                variable.name,
                printable(&variable.identity.to_string())
            );
        }
        match self.proof {
            Some(Proof::Proven { version, is_built }) => {
                let built = if *is_built {
                    ", on a schema that pum's own statements made of the snapshot"
                } else {
                    ""
                };
                let _ = writeln!(
                    text,
                    "-- proven on PostgreSQL {version}{built}: applied, no differences left, nothing \
                     more to do"
                );
            }
            _ => text.push_str("-- not proven\n"),
        }
        text.push('\n');
        let losing: Vec<_> = self.losing.iter().map(|step| (step.action, &step.identity)).collect();
        text + &plan.to_sql_without(|step| losing.contains(&(step.action, &step.identity)))
    }
}

fn one_line(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(" ")
}
