use super::macros::attributes;
use super::value::Secrets;

attributes! {
    /// A user mapping of a foreign server: `pg_user_mapping`.
    UserMapping {
        /// `OPTIONS (…)` without passwords.
        options: Vec<String>,
        /// Passwords and the like among the options. They are compared and never shown.
        secrets: Secrets,
    }
}
