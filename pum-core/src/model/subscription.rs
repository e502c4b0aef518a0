use super::macros::attributes;
use super::value::Secrets;

attributes! {
    /// A subscription: `pg_subscription`. Whether it is enabled does not count: a restored one is
    /// not.
    Subscription {
        /// The owning role.
        owner: String,
        /// Connection string without passwords.
        connection: String,
        /// Passwords and the like among the options. They are compared and never shown.
        secrets: Secrets,
        /// Replication slot.
        slot_name: Option<String>,
        /// What it subscribes to.
        publications: Vec<String>,
        /// `synchronous_commit`.
        synchronous_commit: String,
        /// `binary`.
        binary: bool,
        /// `streaming`.
        streaming: String,
        /// `two_phase`.
        two_phase: bool,
        /// `disable_on_error`.
        disable_on_error: bool,
        /// `password_required`.
        password_required: bool,
        /// `run_as_owner`.
        run_as_owner: bool,
        /// `origin`.
        origin: String,
        /// `failover`.
        failover: bool,
        /// `COMMENT ON SUBSCRIPTION`.
        comment: Option<String>,
    }
}
