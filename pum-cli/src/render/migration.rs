//! Statements from one schema to another, as a script.

use std::fmt::Write as _;

use pum_core::humanize::count;
use pum_core::plan::{Answer, ConversionSpec, Migration, Minimized, MissingCast, Proof, Step};
use pum_core::source::Opened;

use super::undecided::undecided;
use crate::text::{printable, shell_word};

/// What is shown or written.
pub(crate) struct Script<'a> {
    pub(crate) migration: &'a Migration,
    /// The steps that are written as comments.
    pub(crate) losing: &'a [&'a Step],
    /// None if it was not tried.
    pub(crate) proof: Option<&'a Proof>,
    pub(crate) sides: [&'a Opened; 2],
    /// Rows of a copy that stand in the way.
    pub(crate) answers: &'a [Answer],
}

impl Script<'_> {
    /// Why it is not what was asked for.
    pub(crate) fn problem(&self) -> Option<String> {
        let plan = &self.migration.plan;
        if !plan.refused.is_empty() {
            let refused: Vec<String> = plan
                .refused
                .iter()
                .map(|it| {
                    let using = shell_word(&ConversionSpec::placeholder(&it.identity));
                    let using = format!(" (--using {using})");
                    let using = if it.needs_conversion { &*using } else { "" };
                    printable(&format!("{}: {}{using}", it.identity, it.reason))
                })
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
            Some(Proof::NoCast { columns, reason }) => {
                return Some(without_casts(columns, reason));
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
        let renamed = self.losing.iter().find_map(|step| {
            let mut suggested = self.migration.suggested.iter();
            suggested.find(|suggested| suggested.dropped == step.identity)
        });
        let renamed = renamed.map(|suggested| {
            format!(
                "; {} looks renamed: --rename {}",
                printable(&suggested.dropped.to_string()),
                shell_word(&printable(&suggested.spec.to_string()))
            )
        });
        Some(format!(
            "{} would be lost, such as {} ({}); what may be lost is allowed by --allow-loss{}",
            match self.losing.len() {
                1 => "data".to_owned(),
                number => format!("data of {}", count(number, "object")),
            },
            first.loss.unwrap_or_default(),
            printable(&first.identity.to_string()),
            renamed.unwrap_or_default()
        ))
    }

    pub(crate) fn to_sql(&self) -> String {
        let Migration { plan, from, to, .. } = self.migration;
        let [left, right] = self.sides;
        let mut text = String::new();
        if let Some(problem) = self.problem() {
            let _ = writeln!(text, "-- INCOMPLETE: {}", one_line(&problem));
        }
        let _ = writeln!(text, "-- from: {}, fingerprint {from}", printable(left.label()));
        let _ = writeln!(text, "-- to: {}, fingerprint {to}", printable(right.label()));
        for role in &self.migration.missing_roles {
            let role = printable(&quoted(role));
            let left = printable(left.label());
            let _ =
                writeln!(text, "-- the server of {left} has no role {role}: CREATE ROLE {role};");
        }
        for extension in &self.migration.missing_extensions {
            let extension = printable(&quoted(extension));
            let left = printable(left.label());
            let _ = writeln!(
                text,
                "-- the server of {left} has no extension {extension}: install it first"
            );
        }
        for undecided in undecided(&self.migration.comparison) {
            let _ = writeln!(text, "-- undecided: {}", one_line(&undecided));
        }
        for line in self.migration.measured.lines() {
            let _ = writeln!(text, "-- {}", printable(&line));
        }
        if let Some(line) = self.migration.measured.counted_later(self.answers) {
            let _ = writeln!(text, "-- {line}");
        }
        for line in self.answers.iter().flat_map(Answer::in_the_way) {
            let _ = writeln!(text, "{}", printable(&line));
        }
        for line in self.migration.minimized.iter().flat_map(Minimized::lines) {
            let _ = writeln!(text, "-- {}", printable(&line));
        }
        for rename in &plan.renames {
            let spec = printable(&rename.spec.to_string());
            let seen = self.migration.seen.iter().find(|seen| seen.spec == rename.spec);
            if let Some(seen) = seen {
                let _ = writeln!(
                    text,
                    "-- renamed: {spec} (seen: {})",
                    printable(&seen.evidence.to_string())
                );
            }
        }
        for left_out in &plan.left_out {
            let _ = writeln!(text, "-- left out: {}", printable(left_out));
        }
        for step in plan.losses() {
            if let Some(loss) = step.loss {
                let _ =
                    writeln!(text, "-- lost: {loss} ({})", printable(&step.identity.to_string()));
            }
        }
        for suggested in &self.migration.suggested {
            let _ = writeln!(
                text,
                "-- renamed? {} looks like {}: --rename {}",
                printable(&suggested.created.to_string()),
                printable(&suggested.dropped.to_string()),
                shell_word(&printable(&suggested.spec.to_string()))
            );
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
        text + &plan.to_sql_without(|step| self.is_left_out(step))
    }

    /// Whether a step is written as a comment.
    pub(crate) fn is_left_out(&self, step: &Step) -> bool {
        step.loss.is_some() && self.losing.iter().any(|losing| std::ptr::eq(*losing, step))
    }
}

/// What is to be said of columns that get types to which there is no cast.
fn without_casts(columns: &[MissingCast], reason: &str) -> String {
    let changes: Vec<String> = columns
        .iter()
        .map(|MissingCast { column, from, to, .. }| {
            printable(&format!("{column} gets another type, {to} instead of {from}"))
        })
        .collect();
    let ways: Vec<String> = columns
        .iter()
        .map(|missing| {
            let using = ConversionSpec::placeholder(&missing.column);
            format!("--using {}", shell_word(&printable(&using)))
        })
        .collect();
    format!(
        "{}, and there is no cast: say how {} values are converted by {} ({})",
        changes.join("; "),
        if columns.len() == 1 { "its" } else { "their" },
        ways.join(" "),
        printable(reason)
    )
}

fn one_line(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(" ")
}

/// A name in double quotes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
