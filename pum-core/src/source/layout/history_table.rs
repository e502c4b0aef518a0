//! The tables in which programs record what they applied.

use super::name::Layout;

impl Layout {
    /// The history tables of the programs that name files like this.
    pub(in crate::source) fn tables(self) -> &'static [&'static str] {
        match self {
            Self::Pum => &["pum_migrations"],
            Self::Diesel => &["__diesel_schema_migrations"],
            Self::Sqlx => &["_sqlx_migrations"],
            Self::Refinery => &["refinery_schema_history"],
            // Here the names of files may be those of another program as well.
            Self::GolangMigrate => &["schema_migrations", "_sqlx_migrations"],
            Self::Flyway => &["flyway_schema_history", "schema_version", "refinery_schema_history"],
            Self::Goose => &["goose_db_version"],
            Self::Dbmate => &["schema_migrations"],
            Self::Numbered => &["_sqlx_migrations", "schema_migrations", "schema_version"],
        }
    }

    /// What makes such a table, for scripts that read it or write to it.
    pub(in crate::source) fn makes(self, table: &str) -> Option<&'static str> {
        match (table, self) {
            ("__diesel_schema_migrations", _) => Some(
                "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, \
                 run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP)",
            ),
            ("_sqlx_migrations", _) => Some(
                "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, \
                 description text NOT NULL, installed_on timestamptz NOT NULL DEFAULT now(), \
                 success boolean NOT NULL, checksum bytea NOT NULL, \
                 execution_time bigint NOT NULL)",
            ),
            ("refinery_schema_history", _) => Some(
                "CREATE TABLE refinery_schema_history (version integer PRIMARY KEY, \
                 name varchar(255), applied_on varchar(255), checksum varchar(255))",
            ),
            ("flyway_schema_history", _) => Some(
                "CREATE TABLE flyway_schema_history (installed_rank integer PRIMARY KEY, \
                 version varchar(50), description varchar(200) NOT NULL, \
                 type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum integer, \
                 installed_by varchar(100) NOT NULL, \
                 installed_on timestamp NOT NULL DEFAULT now(), \
                 execution_time integer NOT NULL, success boolean NOT NULL)",
            ),
            ("goose_db_version", _) => Some(
                "CREATE TABLE goose_db_version (id serial PRIMARY KEY, \
                 version_id bigint NOT NULL, is_applied boolean NOT NULL, \
                 tstamp timestamp DEFAULT now())",
            ),
            ("schema_migrations", Self::GolangMigrate) => Some(
                "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, \
                 dirty boolean NOT NULL)",
            ),
            ("schema_migrations", Self::Dbmate) => {
                Some("CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)")
            }
            // Of these there are several kinds.
            _ => None,
        }
    }
}
