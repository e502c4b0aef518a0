//! What stands for `tls.rs` in a build without the feature `tls`: there is no [`Maker`], so that
//! nothing can be made.

use std::convert::Infallible;
use std::future::Ready;
use std::io;
use std::sync::Arc;

use postgres::Socket;
use postgres::tls::{MakeTlsConnect, NoTlsStream, TlsConnect};

use super::options::ConnectionOptions;
use super::seen::Seen;
use super::settings::Settings;

/// Whether this build has TLS.
pub(super) const BUILT_IN: bool = false;

/// Makes the TLS of connections.
#[derive(Clone)]
pub(super) enum Maker {}

/// There is none. Settings that demand it were refused before.
pub(super) fn maker(_: &Settings, _: &ConnectionOptions, _: &Arc<Seen>) -> Result<Maker, String> {
    Err("this program was built without TLS".to_owned())
}

/// No certificate is looked at.
pub(super) fn is_certifiable(_: &str) -> bool {
    true
}

impl MakeTlsConnect<Socket> for Maker {
    type Stream = NoTlsStream;
    type TlsConnect = Self;
    type Error = Infallible;

    fn make_tls_connect(&mut self, _: &str) -> Result<Self, Infallible> {
        match *self {}
    }
}

impl TlsConnect<Socket> for Maker {
    type Stream = NoTlsStream;
    type Error = io::Error;
    type Future = Ready<io::Result<NoTlsStream>>;

    fn connect(self, _: Socket) -> Self::Future {
        match self {}
    }
}
