use super::FilterError;
use crate::pattern::Pattern;

/// A pattern for names in which `*` is any text and `?` any character; `\` takes the next character
/// literally.
///
/// ```
/// use pum_core::diff::Glob;
///
/// let glob = Glob::new("customer_*")?;
/// assert!(glob.matches("customer_1") && !glob.matches("customers"));
/// # Ok::<(), pum_core::diff::FilterError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Pattern);

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// If the pattern ends in a lone backslash.
    pub fn new(pattern: &str) -> Result<Self, FilterError> {
        let broken = || FilterError::Pattern { pattern: pattern.to_owned() };
        Pattern::glob(pattern).map(Self).ok_or_else(broken)
    }

    /// Whether the pattern matches all of a text.
    pub fn matches(&self, text: &str) -> bool {
        self.0.matches(text)
    }
}
