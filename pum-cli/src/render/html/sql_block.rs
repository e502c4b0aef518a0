//! SQL that can be copied.

use maud::{Markup, html};

use crate::text::printable_lines;

/// A block of SQL with a button that copies it; without scripts there is no button.
pub(crate) fn sql_block(sql: &str) -> Markup {
    html! {
        div.sql {
            button.copy type="button" { "Copy" }
            pre tabindex="0" { (printable_lines(sql.trim_end())) }
        }
    }
}
