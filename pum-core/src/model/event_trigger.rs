use super::letters::FiringMode;
use super::macros::attributes;

attributes! {
    /// An event trigger: `pg_event_trigger`.
    EventTrigger {
        /// The owning role.
        owner: String,
        /// `ddl_command_start` and the like.
        event: String,
        /// `WHEN TAG IN (…)`.
        tags: Vec<String>,
        /// The function it calls.
        function: String,
        /// `origin`, `disabled`, `replica` or `always`.
        enabled: FiringMode,
        /// `COMMENT ON EVENT TRIGGER`.
        comment: Option<String>,
    }
}
