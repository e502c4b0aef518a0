use super::macros::attributes;
use super::value::Sql;

attributes! {
    /// An extended statistics object: `pg_statistic_ext`.
    Statistics {
        /// The owning role.
        owner: String,
        /// The table it is about.
        table: String,
        /// As `pg_get_statisticsobjdef` prints it.
        definition: Sql,
        /// `SET STATISTICS`.
        statistics_target: Option<i64>,
        /// `COMMENT ON STATISTICS`.
        comment: Option<String>,
    }
}
