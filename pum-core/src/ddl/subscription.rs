//! Subscriptions.

use super::not_written::not_written;

not_written! {
    Subscription {
        owner,
        connection,
        secrets,
        slot_name,
        publications,
        synchronous_commit,
        binary,
        streaming,
        two_phase,
        disable_on_error,
        password_required,
        run_as_owner,
        origin,
        failover,
        comment,
    }
}
