//! What matters most, on top of a page: a few tiles with a number each.

use maud::{Markup, html};

use super::breakable;

/// A number with what it is.
pub(crate) struct Tile {
    /// What it is: `Readers wait`.
    pub(crate) label: &'static str,
    /// The number, or a word.
    pub(crate) value: String,
    /// Where, of what, compared with what.
    pub(crate) detail: String,
    pub(crate) tone: Tone,
}

/// How it is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Good,
    /// To be looked at.
    Notice,
    Bad,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "tile",
            Self::Good => "tile good",
            Self::Notice => "tile notice",
            Self::Bad => "tile bad",
        }
    }
}

pub(crate) fn tiles(tiles: &[Tile]) -> Markup {
    html! {
        dl.tiles {
            @for one in tiles {
                div class=(one.tone.class()) {
                    dt { (one.label) }
                    dd.value { (one.value) }
                    @if !one.detail.is_empty() { dd.detail { (breakable(&one.detail)) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_shows_what_it_is_given_and_nothing_else() {
        let tile = |tone, detail: &str| Tile {
            label: "Data lost",
            value: "<b>2</b> columns".to_owned(),
            detail: detail.to_owned(),
            tone,
        };
        let page = tiles(&[tile(Tone::Bad, "a & b"), tile(Tone::Good, "")]).into_string();
        assert_eq!(
            page,
            "<dl class=\"tiles\"><div class=\"tile bad\"><dt>Data lost</dt><dd class=\"value\">\
             &lt;b&gt;2&lt;/b&gt; columns</dd><dd class=\"detail\">a &amp; b</dd></div>\
             <div class=\"tile good\"><dt>Data lost</dt><dd class=\"value\">&lt;b&gt;2&lt;/b&gt; \
             columns</dd></div></dl>"
        );
    }
}
