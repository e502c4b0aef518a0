//! How many there are of each sort in each place: the more, the darker.

use maud::{Markup, html};
use pum_core::humanize::grouped;

/// Shades, from few to many.
const SHADES: usize = 5;

/// No fewer than these are the darkest.
const LEAST_DARK: usize = 10;

/// A cell: so many, the first of which is there on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) number: usize,
    pub(crate) link: String,
}

/// A column: what a script filters by, and what people read.
pub(crate) struct Column {
    pub(crate) value: String,
    pub(crate) title: String,
}

/// A row of cells, one for each column; `None` where there is nothing.
pub(crate) struct Row {
    pub(crate) name: String,
    /// What is said where the name is empty.
    pub(crate) title: String,
    pub(crate) cells: Vec<Option<Cell>>,
}

pub(crate) fn heat_map(what: &str, columns: &[Column], rows: &[Row]) -> Markup {
    let numbers = || rows.iter().flat_map(|row| row.cells.iter().flatten()).map(|cell| cell.number);
    // Of few all are light.
    let most = numbers().max().unwrap_or(1).max(LEAST_DARK);
    let all = |row: &Row| row.cells.iter().flatten().map(|cell| cell.number).sum::<usize>();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(what) {
            table.heat.upright[columns.len() > 7] {
                thead {
                    tr {
                        td {}
                        @for column in columns { th scope="col" { span { (column.title) } } }
                        th.sum scope="col" { span { "all" } }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" { (row.title) }
                            @for (cell, column) in row.cells.iter().zip(columns) {
                                (filled(cell.as_ref(), row, column, most))
                            }
                            td.sum { (grouped(all(row))) }
                        }
                    }
                }
            }
        }
    }
}

fn filled(cell: Option<&Cell>, row: &Row, column: &Column, most: usize) -> Markup {
    html! {
        @match cell {
            Some(Cell { number, link }) => td class=(format!("heat-{}", shade(*number, most))) {
                a href=(link) data-kind=(column.value) data-schema=(row.name)
                    aria-label=(format!("{} {} in {}", grouped(*number), column.title, row.title))
                    data-label=(column.title) { (grouped(*number)) }
            },
            None => td {},
        }
    }
}

/// 1 to [`SHADES`]: each is for some times as many as the one before it.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a picture"
)]
fn shade(number: usize, most: usize) -> usize {
    let part = ((number + 1) as f64).ln() / ((most + 1) as f64).ln();
    ((part * SHADES as f64).ceil() as usize).clamp(1, SHADES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_is_the_darkest_and_one_is_seen() {
        let shades: Vec<usize> = [1, 3, 30, 400, 3000].map(|number| shade(number, 3000)).into();
        assert_eq!(shades, [1, 1, 3, 4, 5]);
        assert_eq!(shade(1, 1), 5);
    }

    #[test]
    fn a_cell_leads_to_its_first() {
        let columns = ["tables", "columns"]
            .map(|one| Column { value: one.to_owned(), title: one.to_owned() });
        let cell = Cell { number: 12, link: "#d-1".to_owned() };
        let row = Row { name: "<a>".into(), title: "<a>".into(), cells: vec![None, Some(cell)] };
        let page = heat_map("Differences", &columns, &[row]).into_string();
        let link = "<a href=\"#d-1\" data-kind=\"columns\" data-schema=\"&lt;a&gt;\" \
                    aria-label=\"12 columns in &lt;a&gt;\" data-label=\"columns\">12</a>";
        assert!(page.contains(link), "{page}");
        assert!(page.contains("<td class=\"sum\">12</td>"), "{page}");
    }
}
