use super::letters::FiringMode;
use super::macros::attributes;
use super::value::Sql;

attributes! {
    /// A trigger: `pg_trigger`. Internal ones are not listed, and the copies that
    /// partitions get only if they are enabled or disabled otherwise than the parent's.
    Trigger {
        /// As `pg_get_triggerdef` prints it.
        definition: Sql,
        /// `origin` (the normal state), `disabled`, `replica` or `always`.
        enabled: FiringMode,
        /// `DEPENDS ON EXTENSION`.
        extensions: Vec<String>,
        /// `COMMENT ON TRIGGER`.
        comment: Option<String>,
    }
}
