//! A plan as a delta, and what is said at its head.

use super::minimized::Minimized;
use super::pending_deltas::{AfterDeltas, ProvenOn};
use super::questions::Answer;
use super::sources::Migration;
use super::step::Step;
use super::variables::without_variables;
use crate::delta::{DeltaSection, NewDelta, Version};

impl AfterDeltas {
    /// The plan as a delta of this name and version, with a header that says what it is from and to,
    /// and how it is proven. What rows stand in the way is to be decided before it is applied.
    pub fn new_delta(&self, name: &str, version: Version, answers: &[Answer]) -> NewDelta {
        let plan = &self.migration.plan;
        let mut sections = plan.to_delta(self.variable_form);
        let down = self.down.as_ref().map(|down| down.plan.to_delta(self.variable_form));
        // What undoes a part is beside it: there are as many parts as need undoing.
        let parts = down.as_ref().map_or(0, Vec::len).max(sections.len());
        let written = sections.len();
        sections.resize_with(parts, DeltaSection::default);
        let count = sections.len();
        for (at, section) in sections.iter_mut().enumerate() {
            let comments =
                if at == 0 { header(self, count, answers) } else { vec![part(at, count)] };
            let comments = comments.iter().map(|line| without_variables(line, self.variable_form));
            section.comments = comments.collect();
            if at >= written {
                section.comments.push(NOTHING.to_owned());
            }
        }
        if let Some(first) = sections.first_mut() {
            let mut lines: Vec<String> = answers.iter().flat_map(Answer::lines).collect();
            if !lines.is_empty() && !plan.renames.is_empty() {
                lines.push(AFTER_RENAMES.to_owned());
            }
            let lines =
                lines.into_iter().map(|line| without_variables(&line, self.variable_form) + "\n");
            let questions: String = lines.collect();
            if !questions.is_empty() {
                first.sql = format!("{questions}\n{}", first.sql);
            }
        }
        let mut delta = NewDelta::new(name, version, sections);
        if let (Some(down), Some(sections)) = (&self.down, down) {
            delta.down = sections;
            for (at, section) in delta.down.iter_mut().enumerate() {
                let comments = if at == 0 { self.down_header(down) } else { Vec::new() };
                let comments = comments.iter();
                let comments = comments.map(|line| without_variables(line, self.variable_form));
                section.comments = comments.collect();
            }
        }
        delta
    }

    /// The head of the script that undoes the delta.
    fn down_header(&self, down: &Migration) -> Vec<String> {
        let [production, _] = self.labels();
        let mut lines = vec![
            format!("back to: {production} at {}", self.target_version),
            "proof: run by pum after the delta, on a copy of the schema, without rows: what was \
             before it is there again"
                .to_owned(),
        ];
        lines.extend(losses(down, "lost"));
        lines.extend(losses(&self.migration, "not restored"));
        lines
    }
}

/// What is said of the queries that find rows where something is renamed.
const AFTER_RENAMES: &str = "-- (the names in these queries are those after the renames below)";

/// What a part says that is only there for the script that undoes it.
const NOTHING: &str = "nothing: the delta is undone in more parts than it has";

fn part(at: usize, count: usize) -> String {
    format!("part {} of {count}", at + 1)
}

/// The lines.
fn header(after: &AfterDeltas, parts: usize, answers: &[Answer]) -> Vec<String> {
    let AfterDeltas { migration, current_version, from, .. } = after;
    let [production, reference] = after.labels();
    let plan = &migration.plan;
    let mut lines = Vec::new();
    if parts > 1 {
        lines.push(part(0, parts));
    }
    lines.push(format!("from: {production} at {current_version}, fingerprint {from}"));
    if !after.applied.is_empty() {
        let names = after.applied.iter().filter_map(|path| path.file_name());
        let names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        let from = &migration.from;
        lines.push(format!("after: {}, fingerprint {from}", names.join(", ")));
    }
    lines.push(format!("to: {reference}, fingerprint {}", migration.to));
    for rename in &plan.renames {
        let seen = migration.seen.iter().find(|seen| seen.spec == rename.spec);
        let why = seen.map_or_else(String::new, |seen| format!(" (seen: {})", seen.evidence));
        lines.push(format!("renamed: {}{why}", rename.spec));
    }
    lines.extend(losses(migration, "lost"));
    for left_out in &plan.left_out {
        lines.push(format!("left out: {left_out}"));
    }
    lines.extend(migration.measured.lines());
    lines.extend(migration.measured.counted_later(answers).map(str::to_owned));
    lines.extend(migration.minimized.iter().flat_map(Minimized::lines));
    for role in &migration.missing_roles {
        lines.push(format!("needs: the role {role}, which the server does not have"));
    }
    for extension in &migration.missing_extensions {
        lines.push(format!("needs: the extension {extension}, which the server does not have"));
    }
    for variable in &plan.variables {
        lines.push(format!("needs: the variable {} ({})", variable.name, variable.identity));
    }
    let copy = match after.proven_on {
        ProvenOn::Schema => "a copy of the schema, without rows,",
        ProvenOn::Rehearsal { has_all_rows: true } => {
            "the copy on which the deltas before it were rehearsed, with all its rows,"
        }
        ProvenOn::Rehearsal { has_all_rows: false } => {
            "the copy on which the deltas before it were rehearsed, without all rows,"
        }
    };
    lines.push(format!(
        "proof: run by pum on {copy} on PostgreSQL {}: no differences left, nothing more to do",
        major(&after.server_version)
    ));
    lines
}

/// What the statements destroy, a line each.
fn losses(migration: &Migration, word: &str) -> Vec<String> {
    let losses = migration.plan.losses();
    let line = |step: &Step| Some(format!("{word}: {} ({})", step.loss?, step.identity));
    losses.filter_map(line).collect()
}

/// The major version of a server.
fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}
