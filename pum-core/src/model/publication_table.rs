use super::Sql;

super::macros::attributes! {
    /// A table of a publication: `pg_publication_rel`.
    PublicationTable {
        /// The columns that are published, if not all.
        columns: Vec<String>,
        /// `WHERE (…)`.
        condition: Option<Sql>,
    }
}
