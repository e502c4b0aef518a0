//! What there is to see of a comparison before its differences.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use maud::{Markup, html};
use pum_core::compare::{Overview, Presence};
use pum_core::diff::Difference;
use pum_core::humanize::count;
use pum_core::model::Kind;

use super::item::link;
use crate::render::check::compared::Compared;
use crate::render::html::heading;
use crate::render::html::heat_map::{Cell, Column, Row, heat_map};
use crate::render::html::schema_map::{MapKey, MapTable, schema_map};
use crate::render::html::swimlanes::Meaning;
use crate::text::printable;

/// A map of fewer tables shows nothing that is not seen without it.
const LEAST_TABLES: usize = 2;

/// What a schema is called, and what is in none.
pub(super) fn title_of(schema: &str) -> String {
    if schema.is_empty() { "(in no schema)".to_owned() } else { printable(schema) }
}

/// When what was compared, and what was not.
pub(super) fn facts(compared: &Compared<'_>) -> Markup {
    let comparison = compared.comparison;
    let versions = comparison.overview.as_ref().map(|it| [it.left_version, it.right_version]);
    let objects = [comparison.left_objects, comparison.right_objects];
    let kinds: Vec<&str> = compared.left_out.iter().map(|kind| kind.element()).collect();
    html! {
        dl.facts {
            dt { "Compared" }
            dd { (compared.at.strftime("%Y-%m-%d %H:%M:%S %Z").to_string()) }
            @for (at, side) in [&compared.left, &compared.right].into_iter().enumerate() {
                dt { (side) }
                dd {
                    @if let Some(versions) = versions { "PostgreSQL " (versions[at].to_string()) ", " }
                    (count(objects[at], "object"))
                }
            }
            @if let Some(limits) = compared.not_compared() {
                dt { "Limits" }
                dd { (limits) }
            } @else if !kinds.is_empty() {
                dt { "Not compared" }
                dd { (kinds.join(", ").replace('_', " ")) }
            }
        }
    }
}

/// How many differences of which kind are in which schema.
pub(super) fn heat_map_of(compared: &Compared<'_>, level: u8) -> Markup {
    type Cells = BTreeMap<Kind, Cell>;
    let mut rows: BTreeMap<&str, Cells> = BTreeMap::new();
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    for difference in compared.differences() {
        let identity = &difference.identity;
        let cells = rows.entry(&identity.schema).or_default();
        let first = || Cell { number: 0, link: format!("#{}", link(difference)) };
        cells.entry(identity.kind).or_insert_with(first).number += 1;
        *kinds.entry(identity.kind).or_default() += 1;
    }
    let columns: Vec<Column> = kinds
        .keys()
        .map(|kind| Column {
            value: kind.element().to_owned(),
            title: kind.element().replace('_', " "),
        })
        .collect();
    let rows: Vec<Row> = rows
        .into_iter()
        .map(|(schema, mut cells)| Row {
            name: printable(schema),
            title: title_of(schema),
            cells: kinds.keys().map(|kind| cells.remove(kind)).collect(),
        })
        .collect();
    let total = compared.differences().len();
    html! {
        @if total > 1 {
            (heading(level, "Where they are"))
            p.faint { "How many differences there are of each kind in each schema; the stronger the colour, the more." }
            (heat_map("Differences by schema and kind", &columns, &rows))
        }
    }
}

/// The tables with their foreign keys; those with differences are lit up.
pub(super) fn map_of(compared: &Compared<'_>, level: u8) -> Markup {
    let comparison = compared.comparison;
    let Some(overview) = &comparison.overview else { return html! {} };
    if overview.tables.len() < LEAST_TABLES {
        return html! {};
    }
    let tables = tables(compared, overview);
    let is_of_many = comparison.schemas.len() > 1;
    let change = |presence| match presence {
        Presence::Both => None,
        Presence::Left => Some("left"),
        Presence::Right => Some("right"),
    };
    let keys: Vec<MapKey> = overview
        .foreign_keys
        .iter()
        .map(|key| MapKey { from: key.from, to: key.to, change: change(key.presence) })
        .collect();
    let (tables, keys) = if is_of_many { around_changes(tables, &keys) } else { (tables, keys) };
    if tables.is_empty() {
        return html! {};
    }
    let meanings = [
        ("left", format!("only in {}", compared.left)),
        ("right", format!("only in {}", compared.right)),
        ("changed", "with differences".to_owned()),
        ("same", "the same".to_owned()),
    ];
    let meanings = meanings.map(|(class, text)| Meaning { class, text });
    html! {
        (heading(level, "Map of the tables"))
        p.faint {
            "An arrow is a foreign key. Choose a coloured table to see what differs."
            @if comparison.schemas.iter().any(|schema| schema.left != schema.right) {
                " Tables have the names of " (compared.left) ", also those that only "
                (compared.right) " has."
            }
            @if is_of_many {
                " Only tables with differences are shown, and those that a foreign key connects with them."
            }
        }
        (schema_map(&tables, &keys, &meanings))
    }
}

/// The tables that changed, with what a foreign key connects with them: of many schemas of one model what is
/// the same is drawn in none.
fn around_changes(tables: Vec<MapTable>, keys: &[MapKey]) -> (Vec<MapTable>, Vec<MapKey>) {
    let mut kept: BTreeSet<usize> =
        (0..tables.len()).filter(|at| tables[*at].change.is_some()).collect();
    let changed = kept.clone();
    for key in keys {
        if changed.contains(&key.from) || changed.contains(&key.to) {
            kept.extend([key.from, key.to]);
        }
    }
    let places: HashMap<usize, usize> =
        kept.iter().enumerate().map(|(place, at)| (*at, place)).collect();
    let keys = keys.iter().filter_map(|key| {
        let (from, to) = (*places.get(&key.from)?, *places.get(&key.to)?);
        Some(MapKey { from, to, ..*key })
    });
    let keys = keys.collect();
    let shown = tables.into_iter().enumerate().filter(|(at, _)| kept.contains(at));
    (shown.map(|(_, table)| table).collect(), keys)
}

fn tables(compared: &Compared<'_>, overview: &Overview) -> Vec<MapTable> {
    let mut found: HashMap<(&str, &str), (usize, String)> = HashMap::new();
    let mut whole_schemas: HashMap<&str, String> = HashMap::new();
    for group in compared.groups() {
        let Some(first) = group.differences.first() else { continue };
        let to = format!("#{}", group.link().unwrap_or_default());
        if first.identity.kind == Kind::Schema {
            whole_schemas.insert(&first.identity.name, to.clone());
        }
        let entry = found.entry(first.identity.group()).or_insert((0, to));
        entry.0 += group.differences.len();
    }
    let table = |table: &pum_core::compare::OverviewTable| {
        let columns = count(table.columns, "column");
        let differs = found.get(&(&*table.schema, &*table.name));
        // Of a schema that one side has alone the tables are no differences of their own.
        let link = differs.map(|(_, to)| to).or_else(|| whole_schemas.get(&*table.schema));
        let (change, note) = match (table.presence, differs) {
            (Presence::Left, _) => (Some("left"), format!("only in {}", compared.left)),
            (Presence::Right, _) => (Some("right"), format!("only in {}", compared.right)),
            (Presence::Both, Some((number, _))) => (Some("changed"), count(*number, "difference")),
            (Presence::Both, None) => (None, columns),
        };
        // What rules hide is no difference.
        let change = change.filter(|_| link.is_some());
        MapTable {
            schema: printable(&table.schema),
            name: printable(&table.name),
            note,
            change,
            link: link.cloned(),
        }
    };
    overview.tables.iter().map(table).collect()
}

/// Filters besides the search field, with how many differences each has.
pub(super) fn choices(compared: &Compared<'_>) -> Markup {
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut schemas: BTreeMap<&str, usize> = BTreeMap::new();
    for difference in compared.differences() {
        *kinds.entry(difference.identity.kind).or_default() += 1;
        *schemas.entry(&difference.identity.schema).or_default() += 1;
    }
    let sides = [
        ("left", format!("only in {}", compared.left)),
        ("right", format!("only in {}", compared.right)),
        ("changed", "other values".to_owned()),
    ];
    let number = |value: &str| {
        let of = |one: &&Difference| super::item::change(one) == value;
        compared.differences().iter().filter(of).count()
    };
    html! {
        select data-filter="kind" aria-label="Kind of object" {
            option value="" { "all kinds" }
            @for (kind, number) in &kinds {
                option value=(kind.element()) { (kind.name()) " (" (number) ")" }
            }
        }
        @if schemas.len() > 1 {
            select data-filter="schema" aria-label="Schema" {
                option value="" { "all schemas" }
                @for (schema, number) in &schemas {
                    // Not the empty text, which is no filter.
                    option value={ "s:" (printable(schema)) } { (title_of(schema)) " (" (number) ")" }
                }
            }
        }
        @for (value, text) in sides.iter().filter(|(value, _)| number(value) > 0) {
            label {
                input type="checkbox" data-filter="change" value=(value) checked;
                " " (text) " (" (number(value)) ")"
            }
        }
    }
}
