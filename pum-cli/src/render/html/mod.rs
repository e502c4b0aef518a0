//! Pages for a browser: one file each, with nothing beside it and nothing from the network.
//!
//! What a page shows comes from databases and may be hostile. `maud` escapes every text; besides,
//! the page forbids the browser all scripts and styles but its own, by their hashes, and all
//! requests.

pub(crate) mod growth;
pub(crate) mod heat_map;
pub(crate) mod histogram;
pub(crate) mod schema_map;
pub(crate) mod sql_block;
pub(crate) mod swimlanes;
pub(crate) mod tiles;
mod time_axis;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = concat!(include_str!("style.css"), include_str!("pictures.css"));
const SCRIPT: &str = concat!(include_str!("script.js"), include_str!("pictures.js"));

/// The frame that all pages share.
///
/// What is to be found by the page's search field is an element of class `item` in a
/// `details.group`; the field itself is [`search`].
pub(crate) struct Page {
    /// The title of the browser's tab.
    pub(crate) title: String,
    /// The first line.
    pub(crate) verdict: String,
    /// Whether the verdict is a good one.
    pub(crate) good: bool,
    /// The text below the result.
    pub(crate) body: Markup,
}

impl Page {
    pub(crate) fn render(self) -> String {
        let policy = format!(
            "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; \
             form-action 'none'",
            hash(STYLE),
            hash(SCRIPT)
        );
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    meta name="generator" content=(concat!("pum ", env!("CARGO_PKG_VERSION")));
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1.good[self.good].bad[!self.good] { (self.verdict) }
                    }
                    main { (self.body) }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        let mut text = page.into_string();
        text.push('\n');
        text
    }
}

/// A field that searches the page, and buttons that fold and unfold it. `choices` stand beside it.
/// Without scripts they are not there, and the page shows all.
pub(crate) fn search(choices: &Markup) -> Markup {
    html! {
        form.controls hidden {
            input #search type="search" placeholder="Search (press /)" aria-label="Search"
                autocomplete="off" spellcheck="false";
            (choices)
            button #unfold type="button" { "Unfold all" }
            button #fold type="button" { "Fold all" }
            output #found {}
        }
    }
}

/// A heading of this level, 2 or 3.
pub(crate) fn heading(level: u8, text: &str) -> Markup {
    html! { @if level == 2 { h2 { (text) } } @else { h3.part { (text) } } }
}

/// A text with places where a line may end: behind the dots and underscores of names.
pub(crate) fn breakable(text: &str) -> Markup {
    html! {
        @for part in text.split_inclusive(['.', '_']) {
            (part) @if part.ends_with(['.', '_']) { wbr; }
        }
    }
}

/// A text as HTML that shows it.
pub(crate) fn escaped(text: &str) -> String {
    html! { (text) }.into_string()
}

fn hash(content: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(content)))
}
