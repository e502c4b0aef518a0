//! `require_auth`: which ways to log in are acceptable.
//!
//! The driver answers whatever the server asks for. So the stream between them is watched: a
//! request for a method that is not acceptable never reaches the driver, and no password is sent.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use postgres::tls::{ChannelBinding, TlsStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::error::ConnectError;

/// The methods that libpq knows by name.
const METHODS: [&str; 6] = ["password", "md5", "gss", "sspi", "scram-sha-256", "oauth"];

/// The possible forms of a log-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AuthRules {
    allowed: Vec<&'static str>,
    /// Whether the server must ask for anything at all.
    must_ask: bool,
}

impl AuthRules {
    /// Reads a value of `require_auth`: methods, or methods that are excluded by a `!`.
    pub(super) fn read(text: &str) -> Result<Self, ConnectError> {
        let invalid = |reason: String| ConnectError::invalid("require_auth", reason);
        let negated = text.starts_with('!');
        let mut named = Vec::new();
        let mut none_named = false;
        for word in text.split(',') {
            let method = word.strip_prefix('!').unwrap_or(word);
            if word.starts_with('!') != negated {
                return Err(invalid("methods with and without \"!\" cannot be mixed".to_owned()));
            }
            let known = METHODS.iter().find(|known| **known == method);
            let twice = match known {
                Some(known) if !named.contains(known) => {
                    named.push(*known);
                    false
                }
                Some(_) => true,
                None if method == "none" => std::mem::replace(&mut none_named, true),
                None => {
                    return Err(invalid(format!(
                        "\"{method}\" is not one of {}, none",
                        METHODS.join(", ")
                    )));
                }
            };
            if twice {
                return Err(invalid(format!("\"{word}\" appears twice")));
            }
        }
        let allowed = METHODS.into_iter().filter(|method| named.contains(method) != negated);
        Ok(Self { allowed: allowed.collect(), must_ask: none_named == negated })
    }

    /// Whether the rules hold without any watching, for all that the driver can do.
    pub(super) fn are_always_met(&self) -> bool {
        let all = ["password", "md5", "scram-sha-256"];
        !self.must_ask && all.iter().all(|method| self.allowed.contains(method))
    }

    /// Whether the server may not ask for a password: then the driver need not know any.
    pub(super) fn forbid_password(&self) -> bool {
        !self.must_ask && self.allowed.is_empty()
    }
}

/// A stream to a server, watched until the log-in is done.
pub(super) struct AuthObserver<S> {
    inner: S,
    login: Option<AuthState>,
}

impl<S> AuthObserver<S> {
    pub(super) fn new(inner: S, rules: Option<AuthRules>) -> Self {
        let login =
            rules.map(|rules| AuthState { rules, header: Vec::new(), skip: 0, asked: false });
        Self { inner, login }
    }
}

/// How far the log-in has come.
struct AuthState {
    rules: AuthRules,
    /// The first bytes of a message: its type, its length and, for a request, its kind.
    header: Vec<u8>,
    /// How many bytes of the message are still to come.
    skip: usize,
    asked: bool,
}

impl AuthState {
    /// Looks at what the server sent. The answer is whether the log-in is done.
    fn see(&mut self, mut bytes: &[u8]) -> Result<bool, String> {
        while let Some((first, rest)) = bytes.split_first() {
            if self.skip > 0 {
                let skipped = self.skip.min(bytes.len());
                self.skip -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            self.header.push(*first);
            bytes = rest;
            let request = self.header[0] == b'R';
            if self.header.len() < if request { 9 } else { 5 } {
                continue;
            }
            let number = |at: usize| {
                self.header[at..]
                    .iter()
                    .take(4)
                    .fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte))
            };
            self.skip = (number(1) + 1).saturating_sub(self.header.len());
            let kind = request.then(|| number(5));
            self.header.clear();
            match kind {
                Some(0) if self.rules.must_ask && !self.asked => {
                    return Err("the server requires no authentication at all".to_owned());
                }
                Some(0) => return Ok(true),
                Some(kind) => self.check(kind)?,
                None => {}
            }
        }
        Ok(false)
    }

    fn check(&mut self, kind: usize) -> Result<(), String> {
        let method = match kind {
            3 => "password",
            5 => "md5",
            7 | 8 => "gss",
            9 => "sspi",
            // The driver knows no other SASL mechanism.
            10..=12 => "scram-sha-256",
            _ => "an unknown method",
        };
        self.asked = true;
        if self.rules.allowed.contains(&method) {
            return Ok(());
        }
        Err(format!("the server asks for \"{method}\""))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for AuthObserver<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        let Some(login) = &mut self.login else { return Poll::Ready(Ok(())) };
        match login.see(&buffer.filled()[before..]) {
            Ok(true) => self.login = None,
            Ok(false) => {}
            Err(reason) => {
                buffer.set_filled(before);
                let message = format!("{reason}, which require_auth does not allow");
                return Poll::Ready(Err(io::Error::other(message)));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for AuthObserver<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

impl<S: TlsStream + Unpin> TlsStream for AuthObserver<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.inner.channel_binding()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> AuthRules {
        AuthRules::read(text).unwrap()
    }

    #[test]
    fn values() {
        assert!(rules("!gss").are_always_met() && rules("!gss,!sspi").are_always_met());
        assert!(!rules("!md5").are_always_met() && !rules("!none").are_always_met());
        assert!(rules("none").forbid_password() && !rules("none,md5").forbid_password());
        assert_eq!(rules("md5,none"), AuthRules { allowed: vec!["md5"], must_ask: false });
        assert_eq!(rules("md5"), AuthRules { allowed: vec!["md5"], must_ask: true });
        for (text, part) in [
            ("md5,!gss", "mixed"),
            ("!gss,md5", "mixed"),
            ("md5,md5", "twice"),
            ("!none,!none", "twice"),
            ("scram", "\"scram\" is not one of password"),
            ("md5,", "\"\" is not one of"),
        ] {
            let message = AuthRules::read(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    /// The course of a log-in, no matter how its bytes are split.
    fn outcome(text: &str, bytes: &[u8]) -> Result<bool, String> {
        let outcomes: Vec<_> = (1..=bytes.len())
            .map(|size| {
                let mut login =
                    AuthState { rules: rules(text), header: Vec::new(), skip: 0, asked: false };
                let mut result = Ok(false);
                for part in bytes.chunks(size) {
                    result = login.see(part);
                    if result != Ok(false) {
                        break;
                    }
                }
                result
            })
            .collect();
        assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]), "{outcomes:?}");
        outcomes[0].clone()
    }

    #[test]
    fn log_ins() {
        const OK: &[u8] = b"R\0\0\0\x08\0\0\0\0";
        const CLEAR: &[u8] = b"R\0\0\0\x08\0\0\0\x03";
        const MD5: &[u8] = b"R\0\0\0\x0c\0\0\0\x05R\0\0\0";
        const NOTICE: &[u8] = b"N\0\0\0\x0dR\0\0\0\x08\0\0\0\x03";
        let scram =
            [b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0", &b"R\0\0\0\x09\0\0\0\x0cx"[..]].concat();
        assert_eq!(outcome("none", OK), Ok(true));
        assert!(outcome("md5", OK).unwrap_err().contains("no authentication"));
        assert_eq!(outcome("password", &[CLEAR, OK].concat()), Ok(true));
        assert!(outcome("md5,scram-sha-256", CLEAR).unwrap_err().contains("\"password\""));
        assert!(outcome("!password", CLEAR).is_err());
        assert_eq!(outcome("md5", &[NOTICE, MD5, OK].concat()), Ok(true));
        assert_eq!(outcome("scram-sha-256", &[&scram[..], OK].concat()), Ok(true));
        assert!(outcome("md5", &scram).is_err());
        assert!(outcome("none", MD5).is_err());
    }
}
