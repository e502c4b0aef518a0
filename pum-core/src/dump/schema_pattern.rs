use super::DumpError;
use crate::pattern::Pattern;

/// A glob for schemas.
pub(super) fn schema_pattern(glob: &str) -> Result<Pattern, DumpError> {
    Pattern::glob(glob).ok_or_else(|| DumpError::Pattern { pattern: glob.to_owned() })
}
