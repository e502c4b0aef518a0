//! What happened in a TLS handshake.

use std::sync::atomic::{AtomicBool, Ordering};

/// What happened in a handshake.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The server agreed to TLS and a handshake was begun.
    pub(super) begun: AtomicBool,
    /// The server asked for a certificate and one was sent.
    pub(super) certificate_sent: AtomicBool,
}

impl Seen {
    pub(super) fn certificate_was_sent(&self) {
        self.certificate_sent.store(true, Ordering::SeqCst);
    }
}
