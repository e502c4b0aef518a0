use super::letters::LocaleProvider;
use super::macros::attributes;

attributes! {
    /// A collation: `pg_collation`. Versions of the library behind it are not compared.
    Collation {
        /// The owning role.
        owner: String,
        /// `libc`, `icu`, `builtin` or `default`.
        provider: LocaleProvider,
        /// `LC_COLLATE`.
        lc_collate: Option<String>,
        /// `LC_CTYPE`.
        lc_ctype: Option<String>,
        /// `LOCALE` of ICU and built-in collations.
        locale: Option<String>,
        /// `RULES`.
        rules: Option<String>,
        /// `DETERMINISTIC`.
        deterministic: bool,
        /// `COMMENT ON COLLATION`.
        comment: Option<String>,
    }
}
