use super::letters::LocaleProvider;
use super::macros::attributes;
use super::privileges::Privileges;

attributes! {
    /// Database-level properties: `pg_database`, `pg_db_role_setting`.
    Database {
        /// The owning role.
        owner: String,
        /// Character set.
        encoding: String,
        /// `libc`, `icu` or `builtin`.
        locale_provider: LocaleProvider,
        /// `LC_COLLATE`.
        lc_collate: String,
        /// `LC_CTYPE`.
        lc_ctype: String,
        /// Locale of ICU and the built-in provider.
        locale: Option<String>,
        /// `ICU_RULES`.
        icu_rules: Option<String>,
        /// `ALTER DATABASE … SET`.
        settings: Vec<String>,
        /// `ALTER ROLE … IN DATABASE … SET`.
        role_settings: Vec<String>,
        /// `CONNECTION LIMIT`.
        connection_limit: Option<i64>,
        /// `COMMENT ON DATABASE`.
        comment: Option<String>,
        /// Granted privileges.
        privileges: Privileges,
    }
}
