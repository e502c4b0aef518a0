//! `plan FROM TO [RENAME…]`: the statements from one schema to another, proven on a scratch server.

use std::error::Error;

use pum_core::Context;
use pum_core::plan::{PlanRequest, Proof, plan_sources};
use pum_core::source::{OpenOptions, Source, Toolchain, open_both};

/// The script; an error if a change has no statement, data would be lost, or the proof fails.
///
/// # Errors
///
/// If a source cannot be read, or the script is not what was asked for.
pub fn script(
    from: &Source,
    to: &Source,
    renames: &[&str],
    toolchain: &Toolchain,
) -> Result<String, Box<dyn Error>> {
    let mut context = Context::default();
    let [mut from, mut to] =
        open_both([from, to], &OpenOptions::default(), toolchain, &mut context)?;
    let mut request = PlanRequest::default();
    request.renames = renames.iter().map(|rename| rename.parse()).collect::<Result<_, _>>()?;
    let migration = plan_sources(&mut from, &mut to, &request, Some(toolchain), &mut context)?;
    if let Some(refusal) = migration.plan.refused.first() {
        return Err(format!("{}: {}", refusal.identity, refusal.reason).into());
    }
    if let Some(step) = migration.plan.losses().next() {
        let may_be_renamed =
            migration.suggested.iter().find(|suggested| suggested.dropped == step.identity);
        let suggested = may_be_renamed.map(|it| format!(" (or is it {}?)", it.spec));
        let loss = step.loss.unwrap_or_default();
        return Err(format!("{}: {loss}{}", step.identity, suggested.unwrap_or_default()).into());
    }
    match migration.prove([&mut from, &mut to], &request, toolchain, &mut context)? {
        Proof::Proven { .. } => Ok(migration.plan.to_sql()),
        other => Err(format!("not proven: {other:?}").into()),
    }
}

#[allow(clippy::print_stdout)]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, renames @ ..] = &arguments[..] else {
        return Err("usage: plan FROM TO [RENAME...]".into());
    };
    let renames: Vec<&str> = renames.iter().map(|rename| &**rename).collect();
    let (from, to) = (from.as_str().try_into()?, to.as_str().try_into()?);
    print!("{}", script(&from, &to, &renames, &Toolchain::find())?);
    Ok(())
}
