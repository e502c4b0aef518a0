//! Colours for a terminal.

use anstyle::{AnsiColor, Style};

/// Whether text is coloured, and in which colours. What a colour says is said in words as well.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Styles(bool);

impl Styles {
    /// No colours.
    pub(crate) const OFF: Self = Self(false);

    pub(crate) fn new(on: bool) -> Self {
        Self(on)
    }

    /// A verdict that all is well.
    pub(crate) fn good(self, text: &str) -> String {
        self.apply(AnsiColor::Green.on_default().bold(), text)
    }

    /// A verdict that something is not.
    pub(crate) fn bad(self, text: &str) -> String {
        self.apply(AnsiColor::Red.on_default().bold(), text)
    }

    /// A heading.
    pub(crate) fn strong(self, text: &str) -> String {
        self.apply(Style::new().bold(), text)
    }

    /// Objects on the left side only.
    pub(crate) fn left(self, text: &str) -> String {
        self.apply(AnsiColor::Red.on_default(), text)
    }

    /// Objects on the right side only.
    pub(crate) fn right(self, text: &str) -> String {
        self.apply(AnsiColor::Green.on_default(), text)
    }

    /// Objects on both sides, with different values.
    pub(crate) fn changed(self, text: &str) -> String {
        self.apply(AnsiColor::Yellow.on_default(), text)
    }

    /// Line by line, so that each is complete by itself.
    fn apply(self, style: Style, text: &str) -> String {
        if !self.0 {
            return text.to_owned();
        }
        let styled = text.split('\n').map(|line| format!("{style}{line}{style:#}"));
        styled.collect::<Vec<_>>().join("\n")
    }
}
