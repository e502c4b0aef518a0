/// A message of a script while it runs: `\echo`, `\qecho` or `\warn`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScriptMessage {
    /// The position of the statement that it precedes.
    pub before: usize,
    /// Its text.
    pub text: String,
    /// Whether it is a warning (`\warn`).
    pub warning: bool,
}

/// A problem in a script that pum handles but its author should fix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptWarning {
    /// The script opens and ends a transaction around itself.
    #[error(
        "line {line}: BEGIN and COMMIT around the script are removed: pum manages the transaction"
    )]
    EnclosingTransaction {
        /// Line of the `BEGIN`.
        line: usize,
    },
}
