//! One difference.

use maud::{Markup, html};
use pum_core::diff::{Change, Difference};
use pum_core::humanize::{count, size};

use super::sides::values;
use crate::render::check::compared::{Compared, Told};
use crate::render::html::sql_block::sql_block;
use crate::text::printable;

/// The word for what sort of change it is, for filters.
pub(super) fn change(difference: &Difference) -> &'static str {
    match difference.change {
        Change::OnlyLeft => "left",
        Change::OnlyRight => "right",
        Change::Attribute { .. } => "changed",
    }
}

/// The anchor of a difference on the page.
pub(super) fn link(difference: &Difference) -> String {
    format!("d-{}", difference.fingerprint())
}

/// `is_first`: it is the first one of its object, which has what is said of the object.
pub(super) fn item(compared: &Compared<'_>, difference: &Difference, is_first: bool) -> Markup {
    let identity = &difference.identity;
    let name = match &identity.arguments {
        Some(arguments) => printable(&format!("{}({arguments})", identity.name)),
        None => printable(&identity.name),
    };
    let id = link(difference);
    let kind = identity.kind;
    html! {
        div.item id=(id) data-kind=(kind.element()) data-schema=(printable(&identity.schema))
            data-change=(change(difference)) {
            a.link href={ "#" (id) } title="Link to this difference"
                aria-label=(format!("Link to this difference: {} {name}", kind.name())) { "#" }
            @match compared.told(difference) {
                Told::OnlyIn { side, perhaps, alike } => {
                    h3 {
                        (kind.name()) " " code { (name) } ": "
                        span.only.(change(difference)) { "only in " b { (side) } }
                        (how_much(compared, difference))
                    }
                    @if let Some(other) = perhaps {
                        p.faint { "perhaps the same as " code { (other) } }
                    }
                    @if let Some(alike) = alike { p.faint { (alike) } }
                    (definition(compared, difference))
                }
                Told::Values { attribute, alike, .. } => {
                    h3 { (kind.name()) " " code { (name) } ": " (attribute) }
                    @if let Change::Attribute { left, right, .. } = &difference.change {
                        (values(compared, left, right))
                    }
                    @if let Some(alike) = alike { p.faint { (alike) } }
                }
            }
            @if is_first { (suggestion(compared, difference)) }
        }
    }
}

/// `, about 1,200 rows, 884.7 kB`
fn how_much(compared: &Compared<'_>, difference: &Difference) -> Markup {
    let known = compared.one_sided(&difference.identity);
    let known = known.filter(|known| known.rows.is_some() || known.bytes.is_some());
    html! {
        @if let Some(known) = known {
            span.faint {
                @if let Some(rows) = known.rows {
                    ", " @if rows > 0 { "about " } (count(rows, "row"))
                }
                @if let Some(bytes) = known.bytes { ", " (size(bytes)) }
            }
        }
    }
}

fn definition(compared: &Compared<'_>, difference: &Difference) -> Markup {
    let known = compared.one_sided(&difference.identity);
    html! {
        @if let Some(known) = known.filter(|known| !known.definition.is_empty()) {
            details.more {
                summary { "Definition" }
                (sql_block(&known.definition))
            }
        }
    }
}

fn suggestion(compared: &Compared<'_>, difference: &Difference) -> Markup {
    let suggested: Vec<_> = compared.suggested_for(&difference.identity).collect();
    let statements: Vec<&str> = suggested.iter().filter_map(|one| one.sql.as_deref()).collect();
    html! {
        @for origin in suggested.iter().filter_map(|one| one.origin.as_ref()) {
            p.faint { (origin) }
        }
        @if !statements.is_empty() {
            details.more.suggested {
                summary { "Suggested SQL" }
                (sql_block(&statements.join("\n")))
            }
        }
    }
}
