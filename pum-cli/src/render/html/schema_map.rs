//! Tables and the foreign keys between them, as a picture: each schema by itself, tables to the right of
//! those that they refer to.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use pum_core::humanize::count;

use super::swimlanes::{Meaning, legend};

/// The measures of the picture, in CSS pixels.
const WIDTH: usize = 196;
const HEIGHT: usize = 38;
const GAP_X: usize = 36;
const GAP_Y: usize = 10;
const MARGIN: usize = 6;

/// Longer names are in smaller letters.
const LONG_NAME: usize = 24;

/// No more columns than these: a page is not wider.
const MOST_COLUMNS: usize = 5;

/// In larger schemas what did not change is apart.
const MOST_TABLES: usize = 40;

/// More foreign keys to other schemas are folded.
const FEW_KEYS: usize = 4;

/// A table of the map.
pub(crate) struct MapTable {
    pub(crate) schema: String,
    pub(crate) name: String,
    /// `12 columns`, `3 differences`
    pub(crate) note: String,
    /// How it is coloured; nothing if nothing changed.
    pub(crate) change: Option<&'static str>,
    /// Where its differences are on the page.
    pub(crate) link: Option<String>,
}

/// A foreign key from one table to another one, by their places in the list.
#[derive(Clone, Copy)]
pub(crate) struct MapKey {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// How it is coloured.
    pub(crate) change: Option<&'static str>,
}

/// The tables, which are sorted by schema.
pub(crate) fn schema_map(tables: &[MapTable], keys: &[MapKey], meanings: &[Meaning]) -> Markup {
    let mut schemas: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, table) in tables.iter().enumerate() {
        schemas.entry(&table.schema).or_default().push(at);
    }
    // Of a large model the first schemas are open, and the rest of the page is near.
    let mut room = MOST_TABLES;
    let mut folds = Vec::new();
    for (name, members) in &schemas {
        let changed: Vec<usize> =
            members.iter().copied().filter(|at| tables[*at].change.is_some()).collect();
        let open = !changed.is_empty() && changed.len() <= room;
        if open {
            room -= changed.len();
        }
        folds.push(schema((name, members), &changed, open, tables, keys));
    }
    html! {
        (legend(meanings))
        @for fold in &folds { (fold) }
    }
}

fn schema(
    (name, members): (&str, &[usize]),
    changed: &[usize],
    open: bool,
    tables: &[MapTable],
    keys: &[MapKey],
) -> Markup {
    let told = match changed.len() {
        0 => "no differences".to_owned(),
        number if number == members.len() => "all with differences".to_owned(),
        number => format!("{number} with differences"),
    };
    let near = near(changed, members, keys);
    html! {
        details.map open[open] {
            summary { b { (name) } " " span.faint { (count(members.len(), "table")) ", " (told) } }
            @if members.len() <= MOST_TABLES || near.is_empty() || near.len() == members.len() {
                (picture(name, members, tables, keys))
            } @else {
                p.faint { "Tables with differences, and those that a foreign key connects with them:" }
                (picture(name, &near, tables, keys))
                details.more {
                    summary { "All " (count(members.len(), "table")) }
                    (picture(name, members, tables, keys))
                }
            }
            (to_other_schemas(members, tables, keys))
        }
    }
}

/// What changed, with what it refers to and what refers to it, in the same schema.
fn near(changed: &[usize], members: &[usize], keys: &[MapKey]) -> Vec<usize> {
    let of: BTreeSet<usize> = members.iter().copied().collect();
    let mut near: BTreeSet<usize> = changed.iter().copied().collect();
    for key in keys {
        for (one, other) in [(key.from, key.to), (key.to, key.from)] {
            if changed.binary_search(&one).is_ok() && of.contains(&other) {
                near.insert(other);
            }
        }
    }
    near.into_iter().collect()
}

fn to_other_schemas(members: &[usize], tables: &[MapTable], keys: &[MapKey]) -> Markup {
    let is_of = |at: usize| members.binary_search(&at).is_ok();
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for key in keys.iter().filter(|key| is_of(key.from) && !is_of(key.to)) {
        let to = format!("{}.{}", tables[key.to].schema, tables[key.to].name);
        out.entry(to).or_default().push(tables[key.from].name.clone());
    }
    let list = html! {
        @for (at, (to, from)) in out.iter().enumerate() {
            @if at > 0 { "; " }
            code { (from.join(", ")) } " \u{2192} " code { (to) }
        }
    };
    html! {
        @if out.len() > FEW_KEYS {
            details.more {
                summary { "Foreign keys to " (count(out.len(), "table")) " of other schemas" }
                p.faint { (list) }
            }
        } @else if !out.is_empty() {
            p.faint { "Foreign keys to other schemas: " (list) }
        }
    }
}

/// Where a table is: column and row.
type Place = (usize, usize);

fn picture(name: &str, shown: &[usize], tables: &[MapTable], keys: &[MapKey]) -> Markup {
    let is_shown = |at: usize| shown.binary_search(&at).is_ok();
    let inner: Vec<MapKey> =
        keys.iter().filter(|key| is_shown(key.from) && is_shown(key.to)).copied().collect();
    let places = layout(shown, &inner);
    let columns = places.values().map(|place| place.0 + 1).max().unwrap_or(1);
    let rows = places.values().map(|place| place.1 + 1).max().unwrap_or(1);
    let width = 2 * MARGIN + columns * (WIDTH + GAP_X) - GAP_X + GAP_X / 2;
    let height = 2 * MARGIN + rows * (HEIGHT + GAP_Y) - GAP_Y;
    html! {
        div.scroll tabindex="0" role="region" aria-label=(format!("Tables of {name}")) {
            svg.schema-map width=(width) height=(height) role="group"
                aria-label=(format!("Tables of {name} and their foreign keys")) {
                @for key in &inner { (line(*key, &places)) }
                @for at in shown { @if let Some(place) = places.get(at) { (table(&tables[*at], *place)) } }
            }
        }
    }
}

/// Tables that refer to others are in a later column than these; the ones without foreign keys are below.
/// The same tables and keys are always in the same places.
fn layout(shown: &[usize], keys: &[MapKey]) -> BTreeMap<usize, Place> {
    let mut targets: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    let mut connected: BTreeSet<usize> = BTreeSet::new();
    for key in keys.iter().filter(|key| key.from != key.to) {
        targets.entry(key.from).or_default().insert(key.to);
        connected.extend([key.from, key.to]);
    }
    let mut levels: BTreeMap<usize, usize> = BTreeMap::new();
    for at in &connected {
        level(*at, &targets, &mut levels, &mut Vec::new());
    }
    let mut places = BTreeMap::new();
    let mut rows = 0;
    for column in 0..MOST_COLUMNS {
        let mut own: Vec<usize> =
            connected.iter().copied().filter(|at| levels[at] == column).collect();
        // Near to what it refers to.
        let wish = |at: &usize, places: &BTreeMap<usize, Place>| {
            let rows: Vec<usize> = targets
                .get(at)
                .into_iter()
                .flatten()
                .filter_map(|to| Some(places.get(to)?.1))
                .collect();
            (rows.iter().sum::<usize>() * 100).checked_div(rows.len()).unwrap_or(0)
        };
        own.sort_by_key(|at| (wish(at, &places), *at));
        let mut next = 0;
        let number = own.len();
        for (index, at) in own.into_iter().enumerate() {
            // Not above the place that is wished for, as long as that makes the picture no higher.
            let highest = rows.max(number).saturating_sub(number - index);
            let row = (wish(&at, &places) / 100).clamp(next, next.max(highest));
            places.insert(at, (column, row));
            next = row + 1;
        }
        rows = rows.max(next);
    }
    let alone = shown.iter().copied().filter(|at| !connected.contains(at));
    for (index, at) in alone.enumerate() {
        places.insert(at, (index % MOST_COLUMNS, rows + index / MOST_COLUMNS));
    }
    places
}

/// How many tables a table refers to, one after the other; a circle ends where it began.
fn level(
    at: usize,
    targets: &BTreeMap<usize, BTreeSet<usize>>,
    levels: &mut BTreeMap<usize, usize>,
    on_way: &mut Vec<usize>,
) -> usize {
    if let Some(known) = levels.get(&at) {
        return *known;
    }
    on_way.push(at);
    let mut found = 0;
    for to in targets.get(&at).into_iter().flatten() {
        // A chain that is longer than the picture is wide has its rest in the last column.
        if !on_way.contains(to) && on_way.len() < 200 {
            found = found.max(level(*to, targets, levels, on_way) + 1);
        }
    }
    on_way.pop();
    let found = found.min(MOST_COLUMNS - 1);
    levels.insert(at, found);
    found
}

fn corner((column, row): Place) -> (usize, usize) {
    (MARGIN + column * (WIDTH + GAP_X), MARGIN + row * (HEIGHT + GAP_Y))
}

fn table(table: &MapTable, place: Place) -> Markup {
    let (x, y) = corner(place);
    let class = table.change.unwrap_or("same");
    let inner = html! {
        title { (table.schema) "." (table.name) ": " (table.note) }
        rect.box.(class) x=(x) y=(y) width=(WIDTH) height=(HEIGHT) rx="5" {}
        // What is too long is cut by the inner picture.
        svg x=(x + 8) y=(y) width=(WIDTH - 14) height=(HEIGHT) {
            text.table-name.long[table.name.chars().count() > LONG_NAME] x="0" y="16" { (table.name) }
            text.note x="0" y="31" { (table.note) }
        }
    };
    html! {
        @match &table.link {
            Some(link) => a.node href=(link) {
                (inner)
            },
            None => g.node { (inner) },
        }
    }
}

/// From the left side of the table that refers to the right side of the other one.
fn line(key: MapKey, places: &BTreeMap<usize, Place>) -> Markup {
    let (Some(from), Some(to)) = (places.get(&key.from), places.get(&key.to)) else {
        return html! {};
    };
    let ((from_x, from_y), (to_x, to_y)) = (corner(*from), corner(*to));
    let middle = HEIGHT / 2;
    let class = key.change.unwrap_or("same");
    let (end_x, end_y) = (to_x + WIDTH, to_y + middle);
    let path = if from.0 > to.0 {
        let bend = GAP_X / 2;
        let (start_x, start_y) = (from_x, from_y + middle);
        format!(
            "M{start_x} {start_y}C{} {start_y} {} {end_y} {end_x} {end_y}",
            start_x - bend,
            end_x + bend
        )
    } else {
        // Both in one column, or the table itself: around on the right.
        let (start_x, start_y) = (from_x + WIDTH, from_y + middle - 8);
        let bend = start_x.max(end_x) + GAP_X / 2;
        format!("M{start_x} {start_y}C{bend} {start_y} {bend} {end_y} {end_x} {end_y}")
    };
    let arrow = format!("M{end_x} {end_y}l7 -4v8z");
    html! {
        path.key.(class) d=(path) {}
        path.arrow.(class) d=(arrow) {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(from: usize, to: usize) -> MapKey {
        MapKey { from, to, change: None }
    }

    #[test]
    fn a_table_is_to_the_right_of_what_it_refers_to() {
        // 2 -> 1 -> 0, 3 -> 0, 4 is alone, 5 and 6 refer to each other, 0 to itself.
        let keys = [key(2, 1), key(1, 0), key(3, 0), key(5, 6), key(6, 5), key(0, 0)];
        let places = layout(&[0, 1, 2, 3, 4, 5, 6], &keys);
        let column = |at: usize| places[&at].0;
        assert_eq!([0, 1, 2, 3].map(column), [0, 1, 2, 1]);
        assert_ne!(column(5), column(6));
        let rows_of_others = [0, 1, 2, 3, 5, 6].map(|at| places[&at].1);
        assert!(rows_of_others.iter().all(|row| *row < places[&4].1), "{places:?}");
    }

    #[test]
    fn no_two_tables_are_in_one_place() {
        // A star, a chain longer than the picture is wide, and some that are alone.
        let mut keys: Vec<MapKey> = (1..120).map(|from| key(from, 0)).collect();
        keys.extend((121..200).map(|from| key(from, from - 1)));
        let shown: Vec<usize> = (0..300).collect();
        let places = layout(&shown, &keys);
        assert_eq!(places.len(), 300);
        assert_eq!(places.values().collect::<BTreeSet<_>>().len(), 300);
        assert!(places.values().all(|place| place.0 < MOST_COLUMNS));
    }

    #[test]
    fn names_are_text_and_changes_are_links() {
        let table = |name: &str, change, link: Option<&str>| MapTable {
            schema: "app".to_owned(),
            name: name.to_owned(),
            note: "1 column".to_owned(),
            change,
            link: link.map(str::to_owned),
        };
        let tables =
            [table("</svg><script>", Some("changed"), Some("#g-1")), table("plain", None, None)];
        let page = schema_map(&tables, &[key(1, 0)], &[]).into_string();
        assert!(
            page.contains("&lt;/svg&gt;&lt;script&gt;") && !page.contains("<script>"),
            "{page}"
        );
        assert!(page.contains("<a class=\"node\" href=\"#g-1\""), "{page}");
        assert_eq!(page.matches("class=\"key same\"").count(), 1, "{page}");
    }
}
