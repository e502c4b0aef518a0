//! Two schemas compared: what differs is found, once, where it is; what is the same is not.

#![allow(missing_docs)]

mod base_server;
mod canonical;
mod changes;
mod definitions;
mod delta_command;
mod delta_json;
mod diff_command;
mod down;
mod filters;
mod kept_data;
mod killed;
mod linted;
mod majors;
mod managed_partitions;
mod measured;
mod migrations;
mod minimal;
mod online;
mod order;
mod pending;
mod reading;
mod renames;
mod restored;
mod retyped;
mod rows;
mod schema_map;
mod seen;
mod trouble;

use pum_core::catalog::{self, Scope};
use pum_core::diff::{Change, Difference};
use pum_core::plan::Side;
use pum_tests::{Database, open};

/// A database as a plan takes it.
fn side(database: &Database) -> Side {
    let (model, dependencies) =
        catalog::read_with_dependencies(&mut open(&database.settings), &Scope::default()).unwrap();
    Side { model, dependencies }
}

/// Differences as the lines of `fixtures/compare/changes/`.
fn lines(differences: &[Difference]) -> Vec<String> {
    let mut lines: Vec<String> = differences
        .iter()
        .map(|Difference { identity, change }| match change {
            Change::OnlyLeft => format!("- {identity}"),
            Change::OnlyRight => format!("+ {identity}"),
            Change::Attribute { name, .. } => format!("{identity}.{name}"),
        })
        .collect();
    lines.sort();
    lines
}
