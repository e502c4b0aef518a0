use super::Sql;

super::macros::attributes! {
    /// A trigger: `pg_trigger`. Internal ones and the copies that partitions get are not listed.
    Trigger {
        /// As `pg_get_triggerdef` prints it.
        definition: Sql,
        /// `origin` (the normal state), `disabled`, `replica` or `always`.
        enabled: String,
        /// `COMMENT ON TRIGGER`.
        comment: Option<String>,
    }
}
