use super::macros::attributes;
use super::value::Sql;

attributes! {
    /// A table of a publication: `pg_publication_rel`.
    PublicationTable {
        /// The columns that are published, if not all.
        columns: Vec<String>,
        /// `WHERE (…)`.
        condition: Option<Sql>,
    }
}
