use std::sync::OnceLock;

use super::{Options, ScratchError, Server};
use crate::Interrupt;

/// A scratch server that is started when it is first needed.
#[derive(Debug)]
pub struct OnDemand {
    options: Options,
    server: OnceLock<Server>,
}

impl OnDemand {
    /// Starts nothing yet.
    pub fn new(options: Options) -> Self {
        Self { options, server: OnceLock::new() }
    }

    /// The server; the first call starts it.
    pub fn get(&self, interrupt: &Interrupt) -> Result<&Server, ScratchError> {
        if let Some(server) = self.server.get() {
            return Ok(server);
        }
        let server = Server::start(&self.options, interrupt)?;
        // Should two threads have started one each, the second is dropped, and so ended.
        Ok(self.server.get_or_init(|| server))
    }
}
