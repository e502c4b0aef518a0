//! The search for a server that is what the settings ask for.

use std::net::IpAddr;
use std::sync::Arc;

use super::attempt::{self, Encryption, Opened, Stopped};
use super::connector::Connector;
use super::error::{Attempt, ConnectError, FailureKind};
use super::failure;
use super::hosts::Endpoint;
use super::notices::NoticeHandler;
use super::options::{CertificateMode, ConnectionOptions, SslMode, Target};
use super::settings::{Password, Settings};
use crate::Interrupt;

/// A server that is what was asked for.
pub(super) struct Selected {
    pub(super) opened: Opened,
    pub(super) endpoint: Endpoint,
    pub(super) password: Password,
    pub(super) tls: Option<Connector>,
}

/// What to try after a failed attempt, as in libpq.
enum Next {
    Address,
    Host,
    Nothing,
}

/// The search for a server.
pub(super) struct HostSelection<'a> {
    settings: &'a Settings,
    options: ConnectionOptions,
    interrupt: &'a Interrupt,
    tls: Option<Result<Connector, String>>,
    attempts: Vec<Attempt>,
    notices: NoticeHandler,
}

impl<'a> HostSelection<'a> {
    pub(super) fn new(
        settings: &'a Settings,
        interrupt: &'a Interrupt,
        notices: NoticeHandler,
    ) -> Result<Self, ConnectError> {
        settings.expect_openable()?;
        let options = settings.options()?;
        Ok(Self { settings, options, interrupt, tls: None, attempts: Vec::new(), notices })
    }

    /// Tries all hosts, in all the ways the settings allow.
    pub(super) fn run(&mut self) -> Result<Selected, ConnectError> {
        let mut endpoints = self.settings.endpoints()?;
        if self.options.random_order {
            shuffle(&mut endpoints);
        }
        // `prefer-standby` accepts any server in a second round.
        let rounds: &[Target] = match self.options.target {
            Target::PreferStandby => &[Target::Standby, Target::Any],
            ref other => std::slice::from_ref(other),
        };
        let rounds = rounds.to_vec();
        for target in rounds {
            for endpoint in &endpoints {
                match self.try_host(endpoint, target)? {
                    Ok(found) => return Ok(found),
                    Err(Next::Nothing) => return Err(self.failed()),
                    Err(Next::Host | Next::Address) => {}
                }
            }
        }
        Err(self.failed())
    }

    fn failed(&mut self) -> ConnectError {
        if let (Some(last), Some(why)) = (self.attempts.last_mut(), self.settings.no_service()) {
            let others =
                last.hint.take().map_or_else(String::new, |hint| format!("{hint}\nhint: "));
            last.hint = Some(format!("{others}it was taken for the name of a database: {why}"));
        }
        ConnectError::Failed {
            label: self.settings.label().to_owned(),
            attempts: std::mem::take(&mut self.attempts),
        }
    }

    fn try_host(
        &mut self,
        endpoint: &Endpoint,
        target: Target,
    ) -> Result<Result<Selected, Next>, ConnectError> {
        let password = self.settings.password_for(endpoint);
        let addresses = match (&endpoint.host, endpoint.address) {
            _ if endpoint.socket_directory().is_some() => vec![None],
            (_, Some(address)) => vec![Some(address)],
            (host, None) => match self.look_up(host.clone().unwrap_or_default(), endpoint)? {
                Some(addresses) => addresses.into_iter().map(Some).collect(),
                None => return Ok(Err(Next::Host)),
            },
        };
        for address in addresses {
            let endpoint = Endpoint { address, ..endpoint.clone() };
            match self.try_address(&endpoint, &password, target)? {
                Ok(found) => return Ok(Ok(found)),
                Err(Next::Address) => {}
                Err(other) => return Ok(Err(other)),
            }
        }
        Ok(Err(Next::Host))
    }

    fn look_up(
        &mut self,
        host: String,
        endpoint: &Endpoint,
    ) -> Result<Option<Vec<IpAddr>>, ConnectError> {
        let port = endpoint.port;
        let found =
            attempt::wait_for(self.interrupt, None, move || attempt::addresses(&host, port));
        let reason = match found {
            Ok(Ok(mut addresses)) => {
                if self.options.random_order {
                    shuffle(&mut addresses);
                }
                return Ok(Some(addresses));
            }
            Ok(Err(reason)) => reason,
            Err(Stopped::Interrupted) => return Err(crate::Interrupted.into()),
            Err(Stopped::TimedOut | Stopped::Broken) => "the lookup failed unexpectedly".to_owned(),
        };
        self.attempts.push(Attempt {
            target: attempt::target(endpoint, None),
            kind: FailureKind::Lookup,
            message: format!("the host name cannot be resolved: {reason}"),
            sqlstate: None,
            hint: None,
        });
        Ok(None)
    }

    /// Tries the encryptions that `sslmode` allows, in its order.
    fn try_address(
        &mut self,
        endpoint: &Endpoint,
        password: &Password,
        target: Target,
    ) -> Result<Result<Selected, Next>, ConnectError> {
        let mode = if endpoint.socket_directory().is_some() {
            SslMode::Disable
        } else {
            self.options.ssl_mode
        };
        if mode == SslMode::VerifyFull && endpoint.host.is_none() {
            return Err(ConnectError::invalid(
                "host",
                "sslmode=verify-full needs the server's name",
            ));
        }
        let first = match mode {
            SslMode::Disable | SslMode::Allow => self.without_tls(endpoint),
            SslMode::Prefer => match self.tls() {
                Ok(tls) if self.options.login.is_some() => Encryption::Always(tls),
                Ok(tls) => Encryption::IfOffered(tls),
                Err(_) => self.without_tls(endpoint),
            },
            _ => match self.tls() {
                Ok(tls) => Encryption::Always(tls),
                Err(message) => return Ok(Err(self.no_tls(endpoint, message))),
            },
        };
        let result = self.try_encryption(endpoint, password, target, first.clone())?;
        let Err((Next::Nothing, kind)) = result else {
            return Ok(result.map_err(|(next, _)| next));
        };
        // As libpq does: the other way is tried after the server's refusal, and after a handshake
        // that failed, but not when it was this side that did not want to log in.
        let refused = kind == FailureKind::Authentication
            && self.attempts.last().is_some_and(|attempt| attempt.sqlstate.is_some());
        let second = match (mode, first.connector()) {
            (SslMode::Prefer, Some(tls)) => {
                let handshake = kind == FailureKind::Tls && !self.last_is_limitation();
                let again = handshake || refused && tls.handshake_begun();
                again.then(|| self.without_tls(endpoint))
            }
            (SslMode::Allow, _) if refused => self.tls().ok().map(Encryption::Always),
            _ => None,
        };
        let Some(second) = second else { return Ok(Err(Next::Nothing)) };
        let result = self.try_encryption(endpoint, password, target, second.clone())?;
        if let (Err(_), Encryption::Always(tls)) = (&result, second)
            && !tls.handshake_begun()
        {
            // The server has no TLS; what it said before is what matters.
            self.attempts.pop();
        }
        Ok(result.map_err(|(next, _)| next))
    }

    /// No TLS, but watched where the log-in has to be restricted. What cannot be watched was
    /// refused before.
    fn without_tls(&self, endpoint: &Endpoint) -> Encryption {
        match &self.options.login {
            Some(rules) if endpoint.socket_directory().is_none() => {
                Encryption::Watched(Connector::plain(rules.clone()))
            }
            _ => Encryption::None,
        }
    }

    fn last_is_limitation(&self) -> bool {
        self.attempts.last().is_some_and(|attempt| failure::is_limitation(&attempt.message))
    }

    /// The TLS configuration, read once.
    fn tls(&mut self) -> Result<Connector, String> {
        let tls = self.tls.get_or_insert_with(|| Connector::tls(self.settings, &self.options));
        tls.clone()
    }

    fn no_tls(&mut self, endpoint: &Endpoint, message: String) -> Next {
        let target = attempt::target(endpoint, None);
        let kind = FailureKind::Tls;
        self.attempts.push(Attempt { target, kind, message, sqlstate: None, hint: None });
        Next::Nothing
    }

    fn try_encryption(
        &mut self,
        endpoint: &Endpoint,
        password: &Password,
        target: Target,
        encryption: Encryption,
    ) -> Result<Result<Selected, (Next, FailureKind)>, ConnectError> {
        let mut config =
            attempt::driver_config(self.settings, &self.options, endpoint, password, &encryption);
        let notices = Arc::clone(&self.notices);
        config.notice_callback(move |notice| notices(&notice));
        let place = attempt::target(endpoint, Some(&encryption));
        let tls = encryption.connector().cloned();
        if let Some(tls) = &tls {
            tls.forget();
        }
        let timeout = self.options.connect_timeout;
        let result =
            attempt::wait_for(self.interrupt, timeout, move || attempt::open(&config, &encryption));
        let failed = match result {
            Ok(Ok(opened)) => match self.objection(&opened, tls.as_ref(), target) {
                None => {
                    let (endpoint, password) = (endpoint.clone(), password.clone());
                    return Ok(Ok(Selected { opened, endpoint, password, tls }));
                }
                Some((kind, message)) => {
                    Attempt { target: place, kind, message, sqlstate: None, hint: None }
                }
            },
            Ok(Err(error)) => failure::attempt(&error, place, self.settings, password),
            Err(Stopped::Interrupted) => return Err(crate::Interrupted.into()),
            Err(Stopped::Broken) => Attempt {
                target: place,
                kind: FailureKind::Unreachable,
                message: "the attempt failed unexpectedly".to_owned(),
                sqlstate: None,
                hint: None,
            },
            Err(Stopped::TimedOut) => Attempt {
                target: place,
                kind: FailureKind::Timeout,
                message: format!(
                    "no answer within {} seconds",
                    timeout.unwrap_or_default().as_secs()
                ),
                sqlstate: None,
                hint: Some("increase connect_timeout if the server is just slow".to_owned()),
            },
        };
        let kind = failed.kind;
        let next = match kind {
            FailureKind::Unreachable | FailureKind::Timeout => Next::Address,
            FailureKind::SessionAttributes => Next::Host,
            FailureKind::NotNow if failed.sqlstate.as_deref() == Some("57P03") => Next::Host,
            _ => Next::Nothing,
        };
        self.attempts.push(failed);
        Ok(Err((next, kind)))
    }

    /// The problem with an open session.
    fn objection(
        &self,
        opened: &Opened,
        tls: Option<&Connector>,
        target: Target,
    ) -> Option<(FailureKind, String)> {
        if self.options.ssl_certificate == CertificateMode::Require
            && !tls.is_some_and(Connector::certificate_sent)
        {
            let message =
                "sslcertmode=require, but the server did not request a client certificate";
            return Some((FailureKind::Authentication, message.to_owned()));
        }
        let (wanted, state) = match target {
            Target::ReadWrite if opened.read_only || opened.in_recovery => {
                ("read-write", "read-only")
            }
            Target::ReadOnly if !opened.read_only && !opened.in_recovery => {
                ("read-only", "read-write")
            }
            Target::Primary if opened.in_recovery => ("primary", "a standby"),
            Target::Standby if !opened.in_recovery => ("standby", "a primary"),
            _ => return None,
        };
        let message = format!("the server is {state}, but target_session_attrs requires {wanted}");
        Some((FailureKind::SessionAttributes, message))
    }
}

/// Puts the items into random order. It need not be unpredictable, only differ between runs.
fn shuffle<T>(items: &mut [T]) {
    use std::hash::{BuildHasher, RandomState};
    let random = RandomState::new();
    for last in (1..items.len()).rev() {
        let bound = last as u64 + 1;
        let chosen = usize::try_from(random.hash_one(last) % bound).unwrap_or(last);
        items.swap(last, chosen);
    }
}
