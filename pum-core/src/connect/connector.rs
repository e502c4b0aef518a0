//! The driver's connector: with or without TLS, watched or not.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use postgres::Socket;
use postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::auth::{AuthObserver, AuthRules};
use super::options::ConnectionOptions;
use super::seen::Seen;
use super::settings::Settings;
use super::tls::{self, Maker};

type MadeConnect = <Maker as MakeTlsConnect<Socket>>::TlsConnect;
type MadeStream = <Maker as MakeTlsConnect<Socket>>::Stream;

/// Connects as the settings want it.
#[derive(Clone)]
pub(super) struct Connector {
    /// Without it, no TLS is spoken: then the driver only believes that it is.
    tls: Option<Maker>,
    rules: Option<AuthRules>,
    seen: Arc<Seen>,
}

impl Connector {
    /// With TLS; reads all files the settings name. The error says what is wrong with which file.
    pub(super) fn tls(settings: &Settings, options: &ConnectionOptions) -> Result<Self, String> {
        let seen = Arc::new(Seen::default());
        let maker = tls::maker(settings, options, &seen)?;
        Ok(Self { tls: Some(maker), rules: options.login.clone(), seen })
    }

    /// Without TLS, only watched. To be used with direct negotiation, so that the driver does not
    /// request TLS.
    pub(super) fn plain(rules: AuthRules) -> Self {
        Self { tls: None, rules: Some(rules), seen: Arc::default() }
    }

    /// Forgets what earlier handshakes did.
    pub(super) fn forget(&self) {
        self.seen.begun.store(false, Ordering::SeqCst);
        self.seen.certificate_sent.store(false, Ordering::SeqCst);
    }

    /// Whether the server agreed to TLS.
    pub(super) fn handshake_begun(&self) -> bool {
        self.seen.begun.load(Ordering::SeqCst)
    }

    /// Whether the server asked for a client certificate, and got one.
    pub(super) fn certificate_sent(&self) -> bool {
        self.seen.certificate_sent.load(Ordering::SeqCst)
    }
}

impl MakeTlsConnect<Socket> for Connector {
    type Stream = AuthObserver<Layer>;
    type TlsConnect = Handshake;
    type Error = Infallible;

    fn make_tls_connect(&mut self, host: &str) -> Result<Handshake, Infallible> {
        let made =
            self.tls.as_mut().map(|tls| MakeTlsConnect::<Socket>::make_tls_connect(tls, host));
        let tls = made.transpose()?;
        Ok(Handshake { tls, rules: self.rules.clone(), seen: Arc::clone(&self.seen) })
    }
}

/// One handshake, which remembers that it was begun.
pub(super) struct Handshake {
    tls: Option<MadeConnect>,
    rules: Option<AuthRules>,
    seen: Arc<Seen>,
}

impl TlsConnect<Socket> for Handshake {
    type Stream = AuthObserver<Layer>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<AuthObserver<Layer>>> + Send>>;

    fn connect(self, stream: Socket) -> Self::Future {
        Box::pin(async move {
            let layer = match self.tls {
                Some(tls) => {
                    self.seen.begun.store(true, Ordering::SeqCst);
                    Layer::Tls(Box::new(tls.connect(stream).await?))
                }
                None => Layer::Plain(stream),
            };
            Ok(AuthObserver::new(layer, self.rules))
        })
    }
}

/// A stream with or without TLS.
pub(super) enum Layer {
    Tls(Box<MadeStream>),
    Plain(Socket),
}

impl AsyncRead for Layer {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Layer {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

impl TlsStream for Layer {
    fn channel_binding(&self) -> ChannelBinding {
        match self {
            Self::Tls(stream) => stream.channel_binding(),
            Self::Plain(_) => ChannelBinding::none(),
        }
    }
}
