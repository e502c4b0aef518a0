use std::path::Path;
use std::sync::OnceLock;

use super::{ScratchError, ScratchServer, ServerOptions};
use crate::Interrupt;

/// A scratch server that is started when it is first needed.
#[derive(Debug)]
pub struct OnDemand {
    options: ServerOptions,
    server: OnceLock<ScratchServer>,
}

impl OnDemand {
    /// Starts nothing yet.
    pub fn new(options: ServerOptions) -> Self {
        Self { options, server: OnceLock::new() }
    }

    /// A server that runs already.
    pub fn started(options: ServerOptions, server: ScratchServer) -> Self {
        Self { options, server: OnceLock::from(server) }
    }

    /// The server, if it runs.
    pub(crate) fn started_one(&self) -> Option<&ScratchServer> {
        self.server.get()
    }

    /// Where the server has its data.
    pub fn base(&self) -> &Path {
        &self.options.base
    }

    /// The server; the first call starts it, of major version `major` or else the next newer one
    /// that is installed.
    ///
    /// # Errors
    ///
    /// As [`ScratchServer::start`](super::ScratchServer::start).
    pub fn get(&self, major: u32, interrupt: &Interrupt) -> Result<&ScratchServer, ScratchError> {
        if let Some(server) = self.server.get() {
            return Ok(server);
        }
        let options = ServerOptions { major: Some(major), ..self.options.clone() };
        let server = ScratchServer::start(&options, interrupt)?;
        // Should two threads have started one each, the second is dropped, and so ended.
        Ok(self.server.get_or_init(|| server))
    }
}
