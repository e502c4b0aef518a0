//! How large tables were and are.

use maud::{Markup, html};
use pum_core::humanize::{grouped, size};

use super::breakable;

/// A table before and after.
pub(crate) struct Growth {
    pub(crate) table: String,
    /// Its size, in bytes; nothing if it is new.
    pub(crate) before: Option<u64>,
    /// Nothing if it is gone.
    pub(crate) after: Option<u64>,
}

impl Growth {
    /// Whether there is something to show.
    pub(crate) fn is_some(&self) -> bool {
        self.change() != 0 || self.before.is_none() || self.after.is_none()
    }

    fn change(&self) -> i128 {
        i128::from(self.after.unwrap_or_default()) - i128::from(self.before.unwrap_or_default())
    }

    /// `+1.2 MB`, `-4 kB`
    pub(crate) fn signed(change: i128) -> String {
        let bytes = u64::try_from(change.unsigned_abs()).unwrap_or(u64::MAX);
        match change {
            0 => "no change".to_owned(),
            more if more > 0 => format!("+{}", size(bytes)),
            _ => format!("\u{2212}{}", size(bytes)),
        }
    }
}

/// Those that changed most come first, no more than `most`.
pub(crate) fn growth(mut tables: Vec<Growth>, most: usize) -> Markup {
    tables.retain(Growth::is_some);
    tables.sort_by(|a, b| {
        b.change()
            .unsigned_abs()
            .cmp(&a.change().unsigned_abs())
            .then_with(|| a.table.cmp(&b.table))
    });
    let largest =
        tables.iter().flat_map(|one| [one.before, one.after]).flatten().max().unwrap_or(1);
    html! {
        table.data.bars {
            thead {
                tr {
                    th { "Table" }
                    th { "Before (upper bar) and after" }
                    th.number { "Change" }
                }
            }
            tbody { @for one in tables.iter().take(most) { (row(one, largest)) } }
        }
        @if tables.len() > most {
            p.faint { "and " (grouped(tables.len() - most)) " more tables, which changed less" }
        }
    }
}

fn row(one: &Growth, largest: u64) -> Markup {
    let text = |bytes: Option<u64>, none: &str| bytes.map_or_else(|| none.to_owned(), size);
    html! {
        tr {
            td.name { code { (breakable(&one.table)) } }
            td.picture {
                svg width="100%" height="20" aria-hidden="true" {
                    rect.before y="2" height="7" rx="1" width=(share(one.before, largest)) {}
                    rect.after y="11" height="7" rx="1" width=(share(one.after, largest)) {}
                }
                span.count { (text(one.before, "new")) " \u{2192} " (text(one.after, "gone")) }
            }
            td.number { (Growth::signed(one.change())) }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a picture")]
fn share(bytes: Option<u64>, largest: u64) -> String {
    match bytes {
        None | Some(0) => "0".to_owned(),
        Some(bytes) => {
            format!("{:.2}%", (bytes as f64 / largest.max(1) as f64 * 100.0).max(0.5))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_most_comes_first_and_what_did_not_is_left_out() {
        let one = |table: &str, before, after| Growth { table: table.to_owned(), before, after };
        let tables = vec![
            one("same", Some(8192), Some(8192)),
            one("larger", Some(8192), Some(16_384)),
            one("gone", Some(90_000), None),
            one("new", None, Some(0)),
        ];
        let page = growth(tables, 10).into_string();
        let at = |text: &str| page.find(&format!("<code>{text}<")).unwrap();
        assert!(at("gone") < at("larger") && at("larger") < at("new"), "{page}");
        assert!(!page.contains("same"), "{page}");
        assert!(page.contains("90.0 kB \u{2192} gone"), "{page}");
        assert!(page.contains("<td class=\"number\">\u{2212}90.0 kB"), "{page}");
        assert!(page.contains("<td class=\"number\">+8.2 kB"), "{page}");
    }
}
